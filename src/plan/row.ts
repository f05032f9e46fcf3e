import type { Settings } from './columns.ts';
import type { Keep } from './keep.ts';

/** One source and one destination, checked and complete. Of a line with several destinations, each is one: see `together.ts`. */
export interface Row extends Omit<Settings, 'keep'> {
  /** Line in the plan, from 1. Rows from one glob share it. */
  readonly line: number;
  /** Absolute. A file or a folder, or nothing: whether it exists is found out by the run. Of a sync, it may be an address. */
  readonly source: string;
  /** Absolute, or an address. Of a sync, it is the other side itself. */
  readonly destination: string;
  readonly keep: Keep;
  /** The series: a folder of this name in the destination. Portable to every system. */
  readonly name: string;
  /** What it is called for people: a glob that matches nothing, which has no name of its own. */
  readonly label?: string | undefined;
  /** Whom it is encrypted for, each as age writes it: `age1...`; nobody: it is not encrypted. */
  readonly encrypt: readonly string[];
  /** Globs in gitignore syntax, relative to the source. */
  readonly exclude: readonly string[];
  /** Absolute; empty: none. */
  readonly 'exclude-from': string;
  /** Lines of that file, as in a `.snapshotignore`. */
  readonly excludeLines: readonly string[];
}

/** A plan without a problem. */
export interface Plan {
  /** Absolute. */
  readonly file: string;
  /** In the order of the file; those with `active: false` included. */
  readonly rows: readonly Row[];
}
