import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { reasonOf, systemCode } from '../base/errors.ts';
import { type StatusLine, statusLine } from './views/status-line.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command writes, and what that place can show. */
export interface Terminal {
  /** Results. */
  readonly out: (text: string) => void;
  /** Much of {@link out}, or bytes: resolves when there is room for more; false once nobody reads any more. */
  readonly print: (text: string | Uint8Array) => Promise<boolean>;
  /** Problems, and what a program reading the results must not get. */
  readonly err: (text: string) => void;
  /** A line on the standard error that says what is going on, if that is a terminal and `isWanted`. */
  readonly status: (isWanted: boolean) => StatusLine;
  /** Whether {@link out} is read by a person. */
  readonly isTerminal: boolean;
  /** Whether lines can be drawn over: a terminal, not a file or a pipe. */
  readonly isLive: boolean;
  readonly columns: number;
  /** Why some of what was written is not where it should be, as on a full disk; undefined when nothing is lost. */
  readonly lost: () => string | undefined;
  /** `text` in colour, where there are colours. */
  readonly style: (style: Style, text: string) => string;
}

export interface TerminalOptions {
  readonly color: boolean;
}

/** The terminal of this process. `NO_COLOR` is honoured: https://no-color.org */
export function processTerminal({ color }: TerminalOptions): Terminal {
  const { stdout, stderr, env } = process;
  let lost: string | undefined;
  // Whatever becomes of who is listening, a backup goes on.
  const listen = (stream: NodeJS.WriteStream, name: string): void => {
    stream.on('error', (error) => {
      if (lost !== undefined || isNobody(error)) return;
      lost = `the standard ${name} cannot be written to: ${reasonOf(error)}`;
      if (stream === stdout) stderr.write(`warning: ${lost}\n`);
    });
  };
  closeWhenHungUp();
  listen(stdout, 'output');
  listen(stderr, 'error');
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
    isTerminal: stdout.isTTY,
    isLive: stdout.isTTY && !isDumb,
    columns: stdout.columns ?? 80,
    lost: () => lost,
    style: (style, text) => (isColored ? styleText(style, text, { validateStream: false }) : text),
  };
}

/**
 * Node sets terminals right when it ends, and is aborted by one that has hung up (`ResetStdio` in its src/node.cc): the exit
 * status would say so, and not how the command ended. What is closed it passes over.
 */
function closeWhenHungUp(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

/** Who reads may go away (`snapshot list | head -1`): nothing is lost that somebody wants. What follows an error is none. */
function isNobody(error: Error): boolean {
  return ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(systemCode(error) ?? '');
}
