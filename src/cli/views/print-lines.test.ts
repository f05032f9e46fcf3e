import { describe, expect, it } from 'vitest';
import { printLines } from './print-lines.ts';
import type { Terminal } from '../terminal.ts';

/** A terminal whose reader goes away after so many blocks. */
function terminalFor(blocks: number): { terminal: Terminal; printed: string[] } {
  const printed: string[] = [];
  const print = async (text: string): Promise<boolean> => {
    if (printed.length === blocks) return await Promise.resolve(false);
    printed.push(text);
    return true;
  };
  return { terminal: { print } as Partial<Terminal> as Terminal, printed };
}

describe('printLines()', () => {
  it('prints every line, in blocks', async () => {
    const { terminal, printed } = terminalFor(Infinity);
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
    expect(await printLines(lines, terminal)).toBe(true);
    expect(printed.join('')).toBe(`${lines.join('\n')}\n`);
    expect(printed.length).toBeLessThan(10);
  });

  it('asks for no more lines once nobody reads any more', async () => {
    const { terminal } = terminalFor(1);
    let asked = 0;
    const lines = function* (): Generator<string> {
      for (;;) yield `line ${asked++}`;
    };
    expect(await printLines(lines(), terminal)).toBe(false);
    expect(asked).toBeLessThan(20_000);
  });

  it('prints nothing when there is nothing', async () => {
    const { terminal, printed } = terminalFor(0);
    expect(await printLines([], terminal)).toBe(true);
    expect(printed).toEqual([]);
  });
});
