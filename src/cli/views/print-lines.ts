import type { Terminal } from '../terminal.ts';

/** So many characters are written at once. */
const BLOCK = 64 * 1024;

/**
 * Prints `lines` no faster than they are read, and no further.
 *
 * @returns Whether all of them were wanted: `| head` closes the pipe.
 */
export async function printLines(lines: Iterable<string>, terminal: Terminal): Promise<boolean> {
  let block = '';
  for (const line of lines) {
    block += `${line}\n`;
    if (block.length < BLOCK) continue;
    if (!(await terminal.print(block))) return false;
    block = '';
  }
  return block === '' || (await terminal.print(block));
}
