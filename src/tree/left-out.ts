// What a scan leaves out of a source.

/** What is left out whatever it is called. */
export interface Limits {
  /** Files with more bytes than this; undefined: none. */
  readonly largerThan: number | undefined;
  /** Of a folder that holds a file with one of these names, all but that file. */
  readonly markers: readonly string[];
  /** Of a folder on another file system, what it holds. */
  readonly otherFileSystems: boolean;
}

export interface LeftOut extends Limits {
  /** In gitignore syntax, relative to the source. */
  readonly patterns: readonly string[];
}

/** Nothing but what `patterns` say. */
export function matching(patterns: readonly string[]): LeftOut {
  return { patterns, largerThan: undefined, markers: [], otherFileSystems: false };
}
