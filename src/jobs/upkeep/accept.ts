// Problems that somebody knows of: accepted, listed, and taken back.
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { printable, SnapshotError } from '../../base/errors.ts';
import { type Accepted, readAccepted, WHOLE, writeAccepted } from '../../series/accepted.ts';
import { readOwner } from '../../series/owner.ts';
import type { Series } from '../../series/series.ts';
import { type BytePath, display, fromText } from '../../tree/path.ts';

/**
 * Accepts problems of `text`, and of what lies below it.
 *
 * @param text - From the source on, or whole; `.` for the series as a whole.
 * @param source - That of the row; when no row makes the series, its last one counts.
 * @throws {@link SnapshotError} `E_USAGE` when it lies elsewhere.
 */
export async function accept(
  series: Series,
  text: string,
  reason: string,
  source: string | undefined,
  now: Date,
): Promise<Accepted> {
  const path = await pathOf(series, text, source);
  const before = await readAccepted(series);
  const accepted = { path, reason, since: now.toISOString() };
  await writeAccepted(series, [...before.filter((one) => one.path !== path), accepted]);
  return accepted;
}

/** Takes one back. @throws {@link SnapshotError} `E_USAGE` when it was not accepted. */
export async function takeBack(series: Series, text: string, source: string | undefined): Promise<Accepted> {
  const path = await pathOf(series, text, source);
  const before = await readAccepted(series);
  const found = before.find((one) => one.path === path);
  if (found === undefined) {
    const list = before.map((one) => `"${shownPath(one.path)}"`).join(', ');
    throw new SnapshotError('E_USAGE', `"${printable(text)}" is not accepted`, {
      hint: before.length === 0 ? 'Nothing is.' : `These are: ${list}.`,
    });
  }
  await writeAccepted(
    series,
    before.filter((one) => one !== found),
  );
  return found;
}

/** A path from the source on, for people. */
export function shownPath(path: BytePath): string {
  return path === WHOLE ? '.' : display(path);
}

async function pathOf(series: Series, text: string, source: string | undefined): Promise<BytePath> {
  const from = source ?? (await readOwner(series))?.source ?? '';
  // Of a series that a repair has written, nobody knows the source.
  const root = from === '' ? resolve('/') : from;
  const way = relative(root, resolve(root, text));
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw new SnapshotError(
      'E_USAGE',
      `"${printable(text)}" does not lie in the source "${printable(root)}"`,
      {
        hint: 'Paths start at the source.',
      },
    );
  }
  return asBytes(way.replaceAll(sep, '/'));
}

/** Names that are no text are shown with `\xe9` for such a byte, and may be given so. */
function asBytes(text: string): BytePath {
  const bytes = fromText(text).replaceAll(/\\x([89a-f][\da-f])/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
  return bytes as BytePath;
}
