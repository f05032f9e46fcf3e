// accepted.json: problems that somebody knows of. Its form is in docs/format.md.
import { DamagedError } from '../base/errors.ts';
import { type BytePath, fromText } from '../tree/path.ts';
import { folderWithin } from '../tree/within.ts';
import { Fields } from './index/fields.ts';
import { pathOf, pathProperty } from './index/index-line.ts';
import { removeIfAllowed } from '../store/remove-if-allowed.ts';
import type { Series } from './series.ts';
import { ACCEPTED_FILE } from './names.ts';

/** That the source as a whole is gone, or no row makes the series any more. */
export const WHOLE: BytePath = fromText('');

/** A problem that is known: of a path, and of what lies below it. */
export interface Accepted {
  /** From the source on; {@link WHOLE} stands for itself alone, and nothing below. */
  readonly path: BytePath;
  /** Why it is no trouble; may be empty. */
  readonly reason: string;
  /** When it was accepted. */
  readonly since: string;
}

/**
 * What is accepted in `series`, in the order in which it was.
 *
 * @throws {@link SnapshotError} `E_DAMAGED` when accepted.json does not say what it should; `E_STORE`.
 */
export async function readAccepted(series: Series): Promise<readonly Accepted[]> {
  const bytes = await series.store.read(series.key(ACCEPTED_FILE));
  if (bytes === undefined) return [];
  const where = series.place(ACCEPTED_FILE);
  try {
    const fields = Fields.parse(bytes.toString('utf8'), where);
    if (fields.count('version') !== 1) fields.wrong('version');
    return fields.objects('accepted').map((one) => ({
      path: pathOf(one, 'path') ?? one.wrong('path'),
      reason: one.text('reason'),
      since: one.text('since'),
    }));
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    const hint = 'Delete it, and accept again what is in it.';
    throw error.withHint(hint);
  }
}

/** Replaces what is accepted in `series`, whole or not at all; nothing needs no file, unless it may not be removed. @throws {@link SnapshotError} `E_STORE`, `E_SPACE`. */
export async function writeAccepted(series: Series, accepted: readonly Accepted[]): Promise<void> {
  const key = series.key(ACCEPTED_FILE);
  if (accepted.length === 0 && (await removeIfAllowed(series.store, key))) return;
  const list = accepted.map(({ path, reason, since }) => ({ ...pathProperty(path), reason, since }));
  await series.store.put(
    key,
    Buffer.from(`${JSON.stringify({ version: 1, accepted: list }, undefined, 2)}\n`),
  );
}

/** Whether a problem at `path` is one of them. */
export function isAccepted(accepted: readonly Accepted[], path: BytePath): boolean {
  if (path === WHOLE) return accepted.some((one) => one.path === WHOLE);
  const folders = new Set(accepted.map((one) => one.path).filter((one) => one !== WHOLE));
  return folderWithin(path, folders) !== undefined;
}
