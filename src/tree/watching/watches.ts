// What the ways to watch a tree have in common.
import type { BytePath } from '../path.ts';
import type { Polled } from './messages.ts';

/** All watches of one tree. None of its methods is called while another one is at work. */
export interface Watches {
  /** Watches all folders anew. What happened before is forgotten, so that everything has to be looked at afterwards. */
  open(): Promise<void>;
  /** Watches folders that are new since, and lets go of those that are not there any more. */
  follow(): Promise<void>;
  /** Looks at folders that cannot be watched. @returns Whether there are any. */
  poll(): Promise<boolean>;
  /** Folders in which something may have changed since the last call; complete after {@link follow}. */
  take(): readonly BytePath[];
  /** Folders that cannot be watched, and why. */
  polled(): Polled;
  close(): void;
}

/** Who is told what watches hear. */
export interface Listener {
  /** Something happened. @param asksToFollow - It may have been a folder that came or went. */
  stirred(asksToFollow: boolean): void;
  /** Something happened that nobody can say the place of. */
  lost(reason: string): void;
  /** Those of `folders` that are not to be watched. */
  leftOut(folders: readonly BytePath[]): Promise<ReadonlySet<BytePath>>;
}
