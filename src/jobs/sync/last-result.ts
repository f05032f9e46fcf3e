// How the last sync of a pair ended, as this machine remembers it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import { pairsFolder } from '../../sync/past-file.ts';
import type { Conflict } from './result.ts';
import { withPair } from './with-pair.ts';

export interface LastResult {
  readonly at: string;
  readonly here: string;
  readonly there: string;
  readonly status: number;
  /** Steps that were done. */
  readonly done: number;
  readonly conflicts: readonly Conflict[];
  readonly troubles: readonly {
    readonly path: string;
    readonly side: string | null;
    readonly reason: string;
  }[];
  readonly apart: readonly { readonly path: string; readonly why: string }[];
  /** Why it did not come to its end. */
  readonly failed: string | null;
  readonly stop: { readonly guard: string; readonly message: string } | null;
}

/** @throws {@link SnapshotError} `E_USAGE` when the two were never synced from this machine. */
export async function lastResult(here: string, there: string): Promise<LastResult> {
  return await withPair(here, there, async (_, file) => {
    const text = await file.text('result.json');
    if (text === undefined)
      throw new SnapshotError('E_USAGE', 'These two were never synced from this machine');
    try {
      return JSON.parse(text) as LastResult;
    } catch (cause) {
      throw new SnapshotError('E_DAMAGED', `"${join(file.folder, 'result.json')}" is damaged`, {
        cause,
        hint: 'The next sync writes it anew.',
      });
    }
  });
}

/** The same of all pairs that were ever synced from this machine, the newest first; what cannot be read is left out. */
export async function knownPairs(): Promise<readonly LastResult[]> {
  const folder = pairsFolder();
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    names.map(async (name) => await readFile(join(folder, name, 'result.json'), 'utf8').catch(() => '')),
  );
  const found = texts.flatMap((text): readonly LastResult[] => {
    try {
      return [JSON.parse(text) as LastResult];
    } catch {
      return [];
    }
  });
  return found.toSorted((a, b) => (a.at < b.at ? 1 : -1));
}
