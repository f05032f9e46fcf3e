import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that shows text a screen at a time. */
export interface Pager {
  /** Resolves when there is room for more; false once nobody reads any more. */
  write(text: string | Uint8Array): Promise<boolean>;
  /** Resolves when the user has left it. */
  close(): Promise<void>;
}

/** As git gives it to `less`, where the user has said nothing: end when all fits, show colours, leave the screen as it is. */
const LESS = 'FRX';

/** The words that start the pager of the user; undefined: none is wanted, or known. */
export function pagerWords(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): readonly string[] | undefined {
  // Windows has `more` alone, which takes the colours for text.
  const given = env['SNAPSHOT_PAGER'] ?? env['PAGER'] ?? (platform === 'win32' ? '' : 'less');
  const words = given.split(/\s+/).filter((word) => word !== '');
  return words.length === 0 || given.trim() === 'cat' ? undefined : words;
}

/** Starts it. @returns Undefined when it cannot be. */
export async function startPager(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Pager | undefined> {
  const child = spawn(file, args, { stdio: ['pipe', 'inherit', 'inherit'], env: { LESS, ...env } });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const isThere = await new Promise<boolean>((resolve) => {
    child.on('spawn', () => resolve(true)).on('error', () => resolve(false));
  });
  if (!isThere) return undefined;
  const { stdin } = child;
  // Who has seen enough leaves it: what is written then has no reader.
  stdin.on('error', () => {});
  // It reads the keyboard: Ctrl-C is for it, as long as it is there.
  process.on('SIGINT', ignore);
  void ended.then(() => process.off('SIGINT', ignore));
  return {
    async write(text) {
      if (stdin.destroyed || !stdin.writable) return false;
      if (!stdin.write(text)) await Promise.race([once(stdin, 'drain').catch(() => {}), ended]);
      return !stdin.destroyed;
    },
    async close() {
      stdin.end();
      await ended;
    },
  };
}

function ignore(): void {}
