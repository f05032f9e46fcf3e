// The column `exclude-from`: a file of patterns, in the form of a `.snapshotignore`.
import { readFile } from 'node:fs/promises';
import { reasonOf, systemCode } from '../base/errors.ts';
import { patternText } from '../tree/pattern-text.ts';
import { InvalidValue, quoted } from './problem.ts';

/** A file of patterns that was read. */
export interface ExcludeFile {
  /** Absolute; empty: none. */
  readonly file: string;
  readonly lines: readonly string[];
}

export const NO_FILE: ExcludeFile = { file: '', lines: [] };

/**
 * The lines of `file`.
 *
 * @throws {@link InvalidValue} when it cannot be read: without it, what is meant to be left out would be backed up.
 */
export async function readExcludes(file: string): Promise<readonly string[]> {
  try {
    const text = patternText(await readFile(file));
    return text.replace(/^\uFEFF/, '').split(/\r?\n/);
  } catch (error) {
    const why = systemCode(error) === undefined && error instanceof Error ? error.message : reasonOf(error);
    throw new InvalidValue(
      `cannot read the patterns in ${quoted(file)}: ${why}`,
      'name a file with one pattern to a line, or leave the cell empty',
    );
  }
}
