import { styleText } from 'node:util';
import { type StatusLine, statusLine } from './status-line.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command writes, and what that place can show. */
export interface Terminal {
  /** Results. */
  readonly out: (text: string) => void;
  /** Much of {@link out}: resolves when there is room for more; false once nobody reads any more. */
  readonly print: (text: string) => Promise<boolean>;
  /** Problems, and what a program reading the results must not get. */
  readonly err: (text: string) => void;
  /** A line on the standard error that says what is going on, if that is a terminal and `isWanted`. */
  readonly status: (isWanted: boolean) => StatusLine;
  /** Whether lines can be drawn over: a terminal, not a file or a pipe. */
  readonly isLive: boolean;
  readonly columns: number;
  /** `text` in colour, where there are colours. */
  readonly style: (style: Style, text: string) => string;
}

export interface TerminalOptions {
  readonly color: boolean;
}

/** The terminal of this process. `NO_COLOR` is honoured: https://no-color.org */
export function processTerminal({ color }: TerminalOptions): Terminal {
  const { stdout, stderr, env } = process;
  // Who reads the output may go away (`snapshot list | head -1`); a backup goes on all the same.
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe);
  const isDumb = env['TERM'] === 'dumb';
  const noColor = (env['NO_COLOR'] ?? '') !== '' || isDumb;
  const isColored = color && !noColor && stdout.isTTY;
  return {
    out: (text) => void stdout.write(`${text}\n`),
    print: async (text) => {
      const error = await new Promise<unknown>((resolve) => stdout.write(text, resolve));
      return error === undefined || error === null;
    },
    err: (text) => void stderr.write(`${text}\n`),
    status: (isWanted) => statusLine(stderr, isWanted && !isDumb),
    isLive: stdout.isTTY && !isDumb,
    columns: stdout.columns ?? 80,
    style: (style, text) => (isColored ? styleText(style, text, { validateStream: false }) : text),
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
