// The lines of a journal, as docs/serve.md has them.
import { type BytePath, fromBytes, fromText, toBytes, toText } from '../../tree/path.ts';
import type { Held } from './holdings.ts';

/** A change of a library. */
export type Change =
  | { readonly do: 'put'; readonly held: Held }
  | { readonly do: 'remove'; readonly path: BytePath; readonly n: number };

/** The first line. @param forgotten - The last number of which removals may be missing. */
export function headLine(forgotten: number): string {
  return `${JSON.stringify({ journal: 1, forgotten })}\n`;
}

/** One line, with its end. */
export function lineOf(change: Change): string {
  if (change.do === 'remove')
    return `${JSON.stringify({ n: change.n, do: 'remove', ...pathFields(change.path) })}\n`;
  const { path, n, size, mtimeMs, inode, blake3, sha256, by, atMs } = change.held;
  const fields = {
    n,
    do: 'put',
    ...pathFields(path),
    size,
    mtime: mtimeMs,
    inode,
    blake3,
    sha256,
    by,
    at: atMs,
  };
  return `${JSON.stringify(fields)}\n`;
}

/** A path in JSON: as text where it is text. */
export function pathFields(path: BytePath): { readonly path: string } | { readonly path64: string } {
  const text = toText(path);
  return text === undefined ? { path64: toBytes(path).toString('base64') } : { path: text };
}

/** What a line says; undefined when it is none, as after a power cut. */
export function parseLine(line: string): Change | { readonly forgotten: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    journal,
    forgotten,
    n,
    do: what,
    path,
    path64,
    size,
    mtime,
    inode,
    blake3,
    sha256,
    by: token,
    at: uploaded,
  } = value as Readonly<Record<string, unknown>>;
  if (journal === 1 && isCount(forgotten)) return { forgotten };
  const at =
    typeof path === 'string'
      ? fromText(path)
      : typeof path64 === 'string'
        ? fromBytes(Buffer.from(path64, 'base64'))
        : undefined;
  if (!isCount(n) || at === undefined) return undefined;
  if (what === 'remove') return { do: 'remove', path: at, n };
  if (what !== 'put' || !isCount(size) || typeof mtime !== 'number' || typeof inode !== 'number')
    return undefined;
  if (!isHash(blake3) || !(sha256 === undefined || isHash(sha256))) return undefined;
  // Of journals from before these were kept, and of files that nobody has uploaded, they are not there.
  const by = typeof token === 'string' ? token : undefined;
  const atMs = isCount(uploaded) ? uploaded : undefined;
  return { do: 'put', held: { path: at, size, mtimeMs: mtime, inode, blake3, sha256, by, atMs, n } };
}

/** Whether `value` is a whole number that can be a size, or a number of a change. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether `value` has the digits of a hash of 256 bits. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
