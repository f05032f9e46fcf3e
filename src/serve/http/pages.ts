// The pages for browsers, as they were built into dist/web, and the headers that keep others out of them.
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { systemCode } from '../../base/errors.ts';

/** Where the build puts them, seen from the built form of this file. */
const BUILT = new URL('../../web/', import.meta.url);

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
  readonly #folder: URL;
  readonly #files = new Map<string, PageFile>();
  #assets: Promise<ReadonlySet<string>> | undefined;

  /** @param folder - With a folder for each page, and `assets/`. */
  constructor(folder: URL = BUILT) {
    this.#folder = folder;
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
    // The names are those that are there: none that is given leads elsewhere.
    if (!(await this.#names()).has(name)) return undefined;
    return await this.#file(`assets/${name}`, {
      ...COMMON,
      'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
      // The thread that hashes has the policy of its own file, and WebAssembly in it.
      'Content-Security-Policy': `${POLICY}; script-src 'self' 'wasm-unsafe-eval'`,
      'Cache-Control': 'public, max-age=31536000, immutable',
    });
  }

  async #names(): Promise<ReadonlySet<string>> {
    this.#assets ??= readdir(new URL('assets/', this.#folder)).then(
      (names) => new Set(names),
      () => new Set<string>(),
    );
    return await this.#assets;
  }

  async #file(path: string, headers: Readonly<Record<string, string>>): Promise<PageFile | undefined> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    try {
      const file = { body: new Uint8Array(await readFile(new URL(path, this.#folder))), headers };
      this.#files.set(path, file);
      return file;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}
