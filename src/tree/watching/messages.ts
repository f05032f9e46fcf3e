// What the thread of a watcher and its owner say to each other.
import type { BytePath } from '../path.ts';

/** What the thread is started with. */
export interface WatchOrder {
  readonly root: string;
  /** Which folders are left out has to be asked. */
  readonly asks: boolean;
  /** One native watch for the whole tree, as on Windows and macOS, in place of one for each folder. */
  readonly isNative: boolean;
  readonly pollMs: number;
  readonly quietMs: number;
  readonly mostMs: number;
}

export type FromWatcher =
  | { readonly kind: 'ready'; readonly polled: Polled }
  | {
      readonly kind: 'changes';
      readonly folders: readonly BytePath[];
      readonly whole: string | undefined;
      readonly polled: Polled;
    }
  | { readonly kind: 'ask'; readonly folders: readonly BytePath[] };

/** The answer to `ask`: those that are left out. There is one question at a time. */
export interface ToWatcher {
  readonly leftOut: ReadonlySet<BytePath>;
}

/** Folders that cannot be watched, and why. */
export type Polled = ReadonlyMap<BytePath, string>;
