import { damaged } from '../base/errors.ts';

// oxlint-disable-next-line no-control-regex -- NUL is one of those that no name holds
const LINE = /^([0-9a-f]{64}) {2}([^\n\0]+)$/;

/**
 * Reads a SHA256SUMS.
 *
 * @param where - The file, for messages.
 * @returns The SHA-256 of each file, by its place seen from the snapshot's folder.
 * @throws {@link SnapshotError} `E_DAMAGED` when it is none.
 */
export function parseSums(text: string, where: string): ReadonlyMap<string, string> {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw damaged(where, 'its last line is cut short');
  const sums = new Map<string, string>();
  for (const [i, line] of lines.entries()) {
    const [, sum, file] = LINE.exec(line) ?? [];
    if (sum === undefined || file === undefined) throw damaged(where, `line ${i + 1} is no check sum`);
    if (sums.has(file)) throw damaged(where, `line ${i + 1} names a file again`);
    sums.set(file, sum);
  }
  return sums;
}
