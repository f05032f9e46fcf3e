// Writes down what the store does to a destination, so that a power cut can be played afterwards.
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { fileCalls } from './built.ts';

/** One thing that was done. Paths are absolute; `file` stands for what is open. */
export type Deed =
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | { readonly kind: 'open'; readonly path: string; readonly file: number }
  | { readonly kind: 'write'; readonly file: number; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'append'; readonly file: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly file: number; readonly length: number }
  | { readonly kind: 'sync'; readonly file: number; readonly site: string }
  | { readonly kind: 'link' | 'rename'; readonly from: string; readonly path: string }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'unlink' | 'rmdir'; readonly path: string };

/** Everything since the last {@link begin}, in the order in which it was done. */
export class Journal {
  #deeds: Deed[] = [];
  #files = 0;
  #isOn = false;

  constructor() {
    fileCalls.interpose((calls) => ({
      ...calls,
      open: (async (path: string, flags: string | number = 'r', mode?: number) => {
        const file = await calls.open(path, flags, mode);
        const number = ++this.#files;
        const creates = typeof flags === 'string' ? flags !== 'r' : (flags & constants.O_CREAT) !== 0;
        this.#note({ kind: creates ? 'create' : 'open', path, file: number });
        return this.#noting(file, number);
      }) as typeof calls.open,
      link: (async (from: string, path: string) => {
        await calls.link(from, path);
        this.#note({ kind: 'link', from, path });
      }) as typeof calls.link,
      rename: (async (from: string, path: string) => {
        await calls.rename(from, path);
        this.#note({ kind: 'rename', from, path });
      }) as typeof calls.rename,
      mkdir: (async (path: string, options: { mode: number }) => {
        await calls.mkdir(path, options);
        this.#note({ kind: 'mkdir', path });
      }) as typeof calls.mkdir,
      unlink: (async (path: string) => {
        await calls.unlink(path);
        this.#note({ kind: 'unlink', path });
      }) as typeof calls.unlink,
      rmdir: (async (path: string) => {
        await calls.rmdir(path);
        this.#note({ kind: 'rmdir', path });
      }) as typeof calls.rmdir,
    }));
  }

  begin(): void {
    this.#deeds = [];
    this.#isOn = true;
  }

  end(): readonly Deed[] {
    this.#isOn = false;
    return this.#deeds;
  }

  #note(deed: Deed): void {
    if (this.#isOn) this.#deeds.push(deed);
  }

  #noting(file: FileHandle, number: number): FileHandle {
    const own: Partial<Record<keyof FileHandle, unknown>> = {
      sync: async () => {
        const site = siteOf(new Error('here'));
        await file.sync();
        this.#note({ kind: 'sync', file: number, site });
      },
      truncate: async (length: number) => {
        await file.truncate(length);
        this.#note({ kind: 'truncate', file: number, length });
      },
      appendFile: async (text: string) => {
        await file.appendFile(text);
        this.#note({ kind: 'append', file: number, bytes: Buffer.from(text) });
      },
      write: async (from: Buffer, offset: number, length: number, at: number) => {
        // The memory is used again as soon as the write is done.
        const bytes = Buffer.from(from.subarray(offset, offset + length));
        const written = await file.write(from, offset, length, at);
        this.#note({ kind: 'write', file: number, at, bytes: bytes.subarray(0, written.bytesWritten) });
        return written;
      },
    };
    return new Proxy(file, {
      get: (target, name) => {
        if (Object.hasOwn(own, name)) return own[name as keyof FileHandle];
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}

/** Which of the store's promises a flush belongs to: `commit`, `commit flushFolder`, … */
function siteOf({ stack = '' }: Error): string {
  const found = stack.matchAll(/(?:LocalStore|LocalWriter)\.(#?\w+)|(flushFolder)/g);
  const names = [...found].map(([, method, flush]) => method ?? flush ?? '');
  return [...new Set(names.toReversed())].join(' ');
}
