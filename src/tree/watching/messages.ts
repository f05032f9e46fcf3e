// What the thread that watches trees and its owner say to each other.
import type { BytePath } from '../path.ts';

/** A tree to watch, and how. */
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

/** What is said of one tree. */
export type FromWatcher =
  | { readonly kind: 'ready'; readonly polled: Polled }
  | {
      readonly kind: 'changes';
      readonly folders: readonly BytePath[];
      readonly whole: string | undefined;
      readonly polled: Polled;
    }
  | { readonly kind: 'ask'; readonly folders: readonly BytePath[] }
  /** It is not watched any more. */
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'stopped' };

export type ToWatcher =
  | { readonly kind: 'watch'; readonly order: WatchOrder }
  /** The answer to `ask`: those that are left out. There is one question at a time. */
  | { readonly kind: 'leftOut'; readonly leftOut: ReadonlySet<BytePath> }
  | { readonly kind: 'stop' };

/** Which of the trees of the thread is meant. */
export type OfTree<T> = T & { readonly id: number };

/** Folders that cannot be watched, and why. */
export type Polled = ReadonlyMap<BytePath, string>;
