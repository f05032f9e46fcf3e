// The pages for browsers, as they were built into dist/web, and the headers that keep others out of them.
import { extname } from 'node:path';
import { readBuilt } from '../../base/built.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing but what this server sends, and nobody frames it. */
const POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

const COMMON: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};

export interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

export class Pages {
  readonly #read: typeof readBuilt;
  readonly #files = new Map<string, PageFile>();

  /** @param read - Reads a file of the build: `web/` has a folder for each page, and `assets/`. */
  constructor(read: typeof readBuilt = readBuilt) {
    this.#read = read;
  }

  /** The page `name`; undefined when it was not built. @param name - Of this program, not of a client. */
  async page(name: string): Promise<PageFile | undefined> {
    return await this.#file(`${name}/index.html`, {
      ...COMMON,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': POLICY,
      'Cache-Control': 'no-cache',
    });
  }

  /** What a page loads; undefined when there is none of that name. Its name has a hash in it: it never changes. */
  async asset(name: string): Promise<PageFile | undefined> {
    // As the build names them: nothing that is given leads elsewhere.
    if (!/^[\w-]+(?:\.[\w-]+)+$/.test(name)) return undefined;
    return await this.#file(`assets/${name}`, {
      ...COMMON,
      'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
      // The thread that hashes has the policy of its own file, and WebAssembly in it.
      'Content-Security-Policy': `${POLICY}; script-src 'self' 'wasm-unsafe-eval'`,
      'Cache-Control': 'public, max-age=31536000, immutable',
    });
  }

  async #file(path: string, headers: Readonly<Record<string, string>>): Promise<PageFile | undefined> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const body = await this.#read(`web/${path}`);
    if (body === undefined) return undefined;
    const file = { body, headers };
    this.#files.set(path, file);
    return file;
  }
}
