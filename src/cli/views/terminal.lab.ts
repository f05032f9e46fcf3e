// For tests: a terminal that remembers its lines.
import type { Terminal } from '../terminal.ts';

/** Lines of both streams, in their order; those of the standard error begin with `! `. Colours are words in brackets. */
export function linesOfTerminal(): { readonly terminal: Terminal; readonly lines: string[] } {
  const lines: string[] = [];
  const terminal = {
    out: (text: string) => void lines.push(text),
    err: (text: string) => void lines.push(`! ${text}`),
    status: () => ({ show: () => {}, clear: () => {} }),
    isTerminal: false,
    isLive: false,
    columns: 80,
    lost: undefined,
    style: (name: string, text: string) => `[${name}]${text}`,
    print: async () => await Promise.resolve(true),
  };
  return { terminal: terminal as unknown as Terminal, lines };
}
