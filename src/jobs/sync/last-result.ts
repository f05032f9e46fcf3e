// How the last sync of a pair ended, as this machine remembers it.
import { SnapshotError } from '../../base/errors.ts';
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
    return JSON.parse(text) as LastResult;
  });
}
