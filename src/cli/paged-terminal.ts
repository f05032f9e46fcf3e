// Long lists on a terminal go through the pager of the user, as those of git and man do.
import { stripVTControlCharacters } from 'node:util';
import { type Pager, pagerWords, startPager } from '../host/pager.ts';
import type { Terminal } from './terminal.ts';

/** A terminal that keeps back what it is told until it is known whether it fits on the screen. */
export interface PagedTerminal extends Terminal {
  /** Shows what is left; resolves when the user has seen it. */
  readonly close: () => Promise<void>;
}

interface Said {
  readonly text: string | Uint8Array;
  readonly isError: boolean;
}

/** `terminal`, with a pager if the user has one. */
export function pagedTerminal(terminal: Terminal): PagedTerminal {
  const { stdout, env, platform } = process;
  const words = stdout.rows > 1 ? pagerWords(env, platform) : undefined;
  if (words === undefined) return { ...terminal, close: async () => await Promise.resolve() };
  return new Paged(terminal, stdout.rows - 1, async () => await startPager(words, env)).terminal();
}

class Paged {
  readonly #terminal: Terminal;
  readonly #rows: number;
  readonly #start: () => Promise<Pager | undefined>;
  /** In the order in which it was said, until there is a pager. */
  #held: Said[] = [];
  #heldRows = 0;
  /** What was said before is with the pager, or on the screen where it could not be started. */
  #shown: Promise<Pager | undefined> | undefined;
  #isRead: Promise<boolean> = Promise.resolve(true);

  constructor(terminal: Terminal, rows: number, start: () => Promise<Pager | undefined>) {
    this.#terminal = terminal;
    this.#rows = rows;
    this.#start = start;
  }

  terminal(): PagedTerminal {
    process.on('SIGINT', this.#interrupted);
    return {
      ...this.#terminal,
      out: (text) => void this.#say({ text: `${text}\n`, isError: false }),
      print: async (text) => await this.#say({ text, isError: false }),
      err: (text) => void this.#say({ text: `${text}\n`, isError: true }),
      close: async () => await this.#close(),
    };
  }

  async #say(said: Said): Promise<boolean> {
    if (this.#shown === undefined) {
      this.#held.push(said);
      this.#heldRows += rowsOf(said.text, this.#terminal.columns);
      if (this.#heldRows > this.#rows) this.#shown = this.#open();
      return true;
    }
    const shown = this.#shown;
    this.#isRead = this.#isRead.then(async () => await this.#show(said, await shown));
    return await this.#isRead;
  }

  async #open(): Promise<Pager | undefined> {
    const pager = await this.#start();
    for (const said of this.#held) await this.#show(said, pager);
    this.#held = [];
    return pager;
  }

  /** Errors stand where they were said, unless they go elsewhere than the list. */
  async #show({ text, isError }: Said, pager: Pager | undefined): Promise<boolean> {
    if (pager !== undefined && (!isError || process.stderr.isTTY)) return await pager.write(text);
    if (!isError) return await this.#terminal.print(text);
    this.#terminal.err(text.toString().replace(/\n$/, ''));
    return true;
  }

  /** Ctrl-C, while something is waited for: what was found by then is shown, as it would be without a pager. */
  readonly #interrupted = (): void => {
    // A command that listens as well ends by itself, and so does a pager.
    if (process.listenerCount('SIGINT') > 1) return;
    process.off('SIGINT', this.#interrupted);
    for (const said of this.#held.splice(0)) void this.#show(said, undefined);
    process.kill(process.pid, 'SIGINT');
  };

  async #close(): Promise<void> {
    process.off('SIGINT', this.#interrupted);
    if (this.#shown === undefined) {
      for (const said of this.#held.splice(0)) await this.#show(said, undefined);
      return;
    }
    const pager = await this.#shown;
    await this.#isRead;
    await pager?.close();
  }
}

/** How many rows of a screen `text` takes. */
function rowsOf(text: string | Uint8Array, columns: number): number {
  const lines = stripVTControlCharacters(text.toString()).split('\n');
  // Behind the last line break there is no row.
  const full = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  return full.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / columns)), 0);
}
