// What differs in the text of files, as `patch` takes it.
import { OMIT_HEADERS, formatPatch, structuredPatch } from 'diff';
import { type BytePath, display } from '../../tree/path.ts';
import type { Side } from './branches.ts';
import type { Difference } from './difference.ts';
import { readTexts, type TextSide } from './texts.ts';

/** Larger files are not told line by line. */
const MOST_BYTES = 1_000_000;
/** So much of both sides is in memory at once. */
const BATCH_BYTES = 32_000_000;
/** Two texts that have nothing in common would take minutes. */
const TIMEOUT_MS = 2000;

/** One file that differs. */
export interface FilePatch {
  readonly difference: Difference;
  /** As `diff -u` writes it; undefined where there is none. */
  readonly patch: string | undefined;
  /** Why there is none: `moved`, `binary`, `large`, `unreadable` or `too different`. */
  readonly why: string | undefined;
}

export interface PatchOptions {
  readonly from: TextSide;
  readonly to: TextSide;
  readonly signal: AbortSignal;
  readonly note: (message: string) => void;
}

/** Those of `differences` in which the content of a file differs, with what does; and what was moved. */
export async function* patchesOf(
  differences: readonly Difference[],
  { from, to, signal, note }: PatchOptions,
): AsyncGenerator<FilePatch> {
  for (const batch of batchesOf(differences.filter(isOfContent))) {
    const small = batch.filter((one) => one.kind !== 'moved' && sizeOf(one) <= MOST_BYTES);
    const pathsOf = (side: 'before' | 'after'): ReadonlySet<BytePath> =>
      new Set(small.flatMap((one) => (isFile(one[side]) ? [one.path] : [])));
    const [old, now] = [
      await readTexts(from, pathsOf('before'), signal, note),
      await readTexts(to, pathsOf('after'), signal, note),
    ];
    for (const one of batch) {
      signal.throwIfAborted();
      if (one.kind === 'moved') yield { difference: one, patch: undefined, why: 'moved' };
      else if (sizeOf(one) > MOST_BYTES) yield { difference: one, patch: undefined, why: 'large' };
      else yield patchOf(one, old.get(one.path), now.get(one.path));
    }
  }
}

function isFile(side: Side | undefined): boolean {
  return side?.entry.type === 'file';
}

function isOfContent({ kind, reasons, before, after }: Difference): boolean {
  if (kind === 'moved') return true;
  if (!(isFile(before) || isFile(after))) return false;
  return kind !== 'modified' || reasons.includes('content') || reasons.includes('type');
}

function sizeOf({ before, after }: Difference): number {
  return Math.max(...[before, after].map((side) => (side?.entry.type === 'file' ? side.entry.size : 0)));
}

function* batchesOf(differences: readonly Difference[]): Generator<readonly Difference[]> {
  let batch: Difference[] = [];
  let bytes = 0;
  for (const one of differences) {
    const size = one.kind === 'moved' || sizeOf(one) > MOST_BYTES ? 0 : 2 * sizeOf(one);
    if (batch.length > 0 && bytes + size > BATCH_BYTES) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(one);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function patchOf(
  difference: Difference,
  old: Uint8Array | undefined,
  now: Uint8Array | undefined,
): FilePatch {
  const none = (why: string): FilePatch => ({ difference, patch: undefined, why });
  const { before, after, path } = difference;
  if ((isFile(before) && old === undefined) || (isFile(after) && now === undefined))
    return none('unreadable');
  const [oldText, nowText] = [textOf(old), textOf(now)];
  if (oldText === undefined || nowText === undefined) return none('binary');
  const name = display(path);
  // What follows a tab is no part of a name, which else ends at a space.
  const end = name.includes(' ') ? '\t' : '';
  const head = [
    `--- ${isFile(before) ? `a/${name}${end}` : '/dev/null'}`,
    `+++ ${isFile(after) ? `b/${name}${end}` : '/dev/null'}`,
  ];
  const patch = structuredPatch('', '', oldText, nowText, undefined, undefined, {
    context: 3,
    timeout: TIMEOUT_MS,
  });
  if (patch === undefined) return none('too different');
  return { difference, patch: `${head.join('\n')}\n${formatPatch(patch, OMIT_HEADERS)}`, why: undefined };
}

/** Undefined for what is no text in UTF-8. */
function textOf(bytes: Uint8Array = new Uint8Array()): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
