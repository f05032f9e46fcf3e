import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Pages } from './pages.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshot-pages-'));
mkdirSync(join(root, 'web', 'assets'), { recursive: true });
mkdirSync(join(root, 'web', 'upload'));
writeFileSync(join(root, 'secret'), 'secret');
writeFileSync(join(root, 'web', 'upload', 'index.html'), '<p>');
writeFileSync(join(root, 'web', 'assets', 'a-1.js'), '1');
afterAll(() => rmSync(root, { recursive: true }));

const read = async (path: string): Promise<Uint8Array<ArrayBuffer> | undefined> =>
  await readFile(join(root, path)).then(
    (bytes) => new Uint8Array(bytes),
    () => undefined,
  );
const pages = new Pages(read);

it('a page is asked for anew each time, and nobody frames it or adds to it', async () => {
  const { body, headers } = (await pages.page('upload')) ?? {};
  expect(Buffer.from(body ?? []).toString()).toBe('<p>');
  expect(headers).toMatchObject({ 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-cache' });
  expect(headers?.['Content-Security-Policy']).toMatch(/^default-src 'self';.*frame-ancestors 'none'/);
  expect(headers?.['Content-Security-Policy']).not.toMatch(/unsafe/);
  expect(await pages.page('library')).toBeUndefined();
});

it('what a page loads is kept, and nothing besides is handed out', async () => {
  expect((await pages.asset('a-1.js'))?.headers).toMatchObject({
    'Content-Type': 'text/javascript; charset=utf-8',
    'Cache-Control': expect.stringContaining('immutable') as unknown,
  });
  for (const name of ['../upload/index.html', '..%2fupload%2findex.html', '../../secret', '', '.', 'a-2.js'])
    expect(await pages.asset(name)).toBeUndefined();
});

it('where nothing was built, there is no page', async () => {
  const none = new Pages(async () => await Promise.resolve(undefined));
  expect([await none.page('upload'), await none.asset('a-1.js')]).toEqual([undefined, undefined]);
});
