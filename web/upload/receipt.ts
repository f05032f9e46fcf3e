// What the server has verified, as a text to keep. Pure.
import { count } from '../shared/amounts.ts';
import type { Item } from './queue.ts';

/** The sentence at the end: of all that were chosen, how many the server has. */
export function sentenceOf(verified: readonly Item[], chosen: number): string {
  const there = `${count(verified.length, 'file')} ${verified.length === 1 ? 'is' : 'are'} here, verified`;
  return verified.length === chosen
    ? there
    : `${there}; ${(chosen - verified.length).toLocaleString('en')} of ${chosen.toLocaleString('en')} ${chosen - verified.length === 1 ? 'is' : 'are'} not`;
}

/** A line for each file: BLAKE3, two spaces and its name, as `b3sum --check` reads it; what the library calls it is after a `#`. */
export function receiptOf(verified: readonly Item[], account: string, at: Date): string {
  const lines = verified.flatMap(({ blake3 = '', path, storedAs, state }) => [
    ...(state === 'known' ? ['# known already, not sent:'] : []),
    ...(storedAs === undefined ? [] : [`# in the library as ${storedAs}:`]),
    `${blake3}  ${path}`,
  ]);
  const head = `# ${count(verified.length, 'file')}, verified in the library of ${account} at ${at.toISOString()}. BLAKE3 and name:`;
  return `${[head, ...lines].join('\n')}\n`;
}
