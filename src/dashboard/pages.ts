// The pages, as the build has left them: an HTML file, and what it loads.
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SnapshotError } from '../base/errors.ts';

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** Beside what is compiled; of sources that run as they are, where the build would put it. */
const BUILT = fileURLToPath(new URL('../../dist/web/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/**
 * By the paths that a browser asks for. They are few and small, and held in memory: no request leads to a file call.
 *
 * @throws {@link SnapshotError} `E_HOST` when they were not built.
 */
export async function readPages(): Promise<ReadonlyMap<string, PageFile>> {
  try {
    const assets = await readdir(`${BUILT}assets`);
    const files = [
      ['/', 'dashboard/index.html'],
      ...assets.map((name) => [`/assets/${name}`, `assets/${name}`]),
    ];
    return new Map(
      await Promise.all(
        files.map(async ([path = '', file = '']) => {
          const type = TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
          return [path, { bytes: Uint8Array.from(await readFile(BUILT + file)), type }] as const;
        }),
      ),
    );
  } catch (cause) {
    throw new SnapshotError('E_HOST', 'The pages of the dashboard are not there', {
      cause,
      hint: 'They are built on install: `npm ci`, or `npm run build`.',
    });
  }
}
