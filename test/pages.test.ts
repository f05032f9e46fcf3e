// The pages of `snapshot serve`, in a real browser.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { browserPath, openBrowser, seriousFindings } from './support/browser.ts';
import { tool } from './support/command.ts';
import { photo } from './support/photos.ts';
import { openRelay } from './support/relay.ts';
import { Served, sha256 } from './support/served.ts';

const DIST = new URL('../dist/web/', import.meta.url);

/** Files beside the library. */
function photosIn(served: Served, count: number, side = 200): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const file = served.place.path(`IMG_${String(i).padStart(4, '0')}.png`);
    writeFileSync(file, photo(i, side));
    return file;
  });
}

const hashes = (files: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(files.map((file) => [basename(file), sha256(readFileSync(file))]));

describe('the upload page', () => {
  it('is below 70 kB, compressed, with all that it loads', () => {
    const html = readFileSync(new URL('upload/index.html', DIST));
    const loaded = new Set<string>();
    const follow = (text: string): void => {
      for (const [, name = ''] of text.matchAll(/assets\/([\w-]+\.\w+)|\.\/([\w-]+\.js)/g)) {
        if (name === '' || loaded.has(name)) continue;
        loaded.add(name);
        follow(readFileSync(new URL(`assets/${name}`, DIST), 'utf8'));
      }
    };
    follow(html.toString());
    const sizes = [...loaded].map((name) => gzipSync(readFileSync(new URL(`assets/${name}`, DIST))).length);
    expect([...loaded].some((name) => name.startsWith('hash-worker'))).toBe(true);
    const bytes = gzipSync(html).length + sizes.reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(70_000);
  });
});

describe.skipIf(browserPath === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  interface Opened {
    readonly page: Page;
    readonly context: BrowserContext;
    /** What the browser has complained about. */
    readonly complaints: readonly string[];
  }

  async function opened(options: { readonly width?: number; readonly dark?: boolean } = {}): Promise<Opened> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 360, height: 740 },
      colorScheme: options.dark === true ? 'dark' : 'light',
      acceptDownloads: true,
    });
    onTestFinished(async () => {
      await context.close();
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text());
    });
    return { page, context, complaints };
  }

  /** Lets a device in, as a person does who scans the code. */
  async function paired(
    served: Served,
    scope: string,
    options: Parameters<typeof opened>[0] & { readonly path?: string; readonly by?: string } = {},
  ): Promise<Opened> {
    const shown = await served.command(['pair', served.folder, 'anna', '--scope', scope, '--json']);
    const { url } = JSON.parse(shown.split('\n')[0] ?? '') as { url: string };
    const all = await opened(options);
    await all.page.goto(
      url.replace(served.url, options.by ?? served.url).replace('/#', `${options.path ?? '/'}#`),
    );
    await all.page.getByRole('button', { name: 'Sign out anna' }).waitFor();
    return all;
  }

  it('a code lets a device in once, is gone from the address, and what was let in stays in', async () => {
    const served = await Served.open();
    const { page, complaints } = await paired(served, 'upload');
    expect(page.url()).toBe(`${served.url}/`);
    await page.reload();
    await page.getByRole('heading', { name: "Upload to anna's library" }).waitFor();
    await page.goto(`${served.url}/library`);
    await page.getByRole('heading', { name: 'This device may only upload' }).waitFor();

    const other = await opened();
    await other.page.goto(`${served.url}/#pair=AAAA-AAAA-AAAA-AAAA`);
    await expect
      .poll(async () => await other.page.getByRole('alert').textContent())
      .toMatch(/This code is not, or no longer, good/);
    await other.page.getByLabel('Code or token').fill(await served.token('read'));
    await other.page.keyboard.press('Enter');
    await other.page.getByRole('heading', { name: 'This device may only look' }).waitFor();

    const list = await served.command(['token', 'list', served.folder, 'anna', '--json']);
    for (const [, id = ''] of list.matchAll(/"id":"(\w+)"/g))
      await served.command(['token', 'revoke', served.folder, id]);
    await page.reload();
    await expect
      .poll(async () => await page.getByRole('alert').textContent())
      .toMatch(/its token was taken back/);
    expect(complaints).toEqual([]);
  });

  it('thirty photos arrive as they are although the network was cut, and what is known is not sent again', async () => {
    const served = await Served.open();
    const files = photosIn(served, 30);
    const large = served.place.path('video.bin');
    writeFileSync(large, Buffer.alloc(40_000_000, photo(99)));
    const line = await openRelay(served.url);
    const { page, context, complaints } = await paired(served, 'upload', { by: line.url });
    const offsets: number[] = [];
    page.on('request', (request) => {
      const offset = request.headers()['upload-offset'];
      if (offset !== undefined) offsets.push(Number(offset));
    });
    const cdp = await context.newCDPSession(page);
    // As over a slow line, so that it is cut in the middle.
    await cdp.send('Network.enable');
    const slow = { offline: false, latency: 5, downloadThroughput: -1, uploadThroughput: 1_500_000 };
    await cdp.send('Network.emulateNetworkConditions', slow);
    await page.setInputFiles('#files', [large, ...files]);
    const bar = page.getByRole('progressbar', { name: 'video.bin' });
    await expect
      .poll(async () => Number(await bar.getAttribute('value')), { timeout: 60_000 })
      .toBeGreaterThan(1e6);
    await expect.poll(() => Object.keys(served.holds()).length, { timeout: 60_000 }).toBeGreaterThan(3);
    line.cut();
    await context.setOffline(true);
    await page.getByText('The server cannot be reached now; this goes on by itself').waitFor();
    expect(Object.keys(served.holds()).length).toBeLessThan(31);
    await cdp.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
    line.mend();
    await context.setOffline(false);
    await page.getByRole('heading', { name: '31 files are here, verified' }).waitFor({ timeout: 60_000 });
    expect(served.holds()).toEqual(hashes([large, ...files]));
    expect(Math.max(...offsets)).toBeGreaterThan(0);

    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the receipt' }).click();
    const receipt = readFileSync(await (await saving).path(), 'utf8');
    expect(receipt.match(/^[0-9a-f]{64} {2}\S+$/gm)).toHaveLength(31);

    const sent = offsets.length;
    await page.getByRole('button', { name: 'Clear this list' }).click();
    const [first = ''] = files;
    const renamed = served.place.path('another name.png');
    writeFileSync(renamed, readFileSync(first));
    const other = served.place.path('elsewhere/IMG_0001.png');
    mkdirSync(dirname(other));
    writeFileSync(other, photo(77));
    await page.setInputFiles('#files', [renamed, ...files.slice(2, 5)]);
    await page.getByRole('heading', { name: '4 files are here, verified' }).waitFor();
    expect(await page.locator('li[data-state=known]').count()).toBe(4);
    expect(offsets).toHaveLength(sent);
    await page.setInputFiles('#files', [other]);
    await page.getByText('it is there as IMG_0001 (2).png').waitFor();
    expect(served.holds()['IMG_0001 (2).png']).toBe(sha256(photo(77)));
    expect(complaints).toEqual([]);
  });

  it('what was not finished when the page was closed is named, and gone on with when it is chosen again', async () => {
    const served = await Served.open();
    const large = served.place.path('video.bin');
    writeFileSync(large, Buffer.alloc(8_000_000, photo(98)));
    const { page, context } = await paired(served, 'upload');
    const cdp = await context.newCDPSession(page);
    await cdp.send('Network.enable');
    const slow = { offline: false, latency: 5, downloadThroughput: -1, uploadThroughput: 500_000 };
    await cdp.send('Network.emulateNetworkConditions', slow);
    await page.setInputFiles('#files', large);
    const bar = page.getByRole('progressbar', { name: 'All files' });
    await expect
      .poll(async () => Number(await bar.getAttribute('value')), { timeout: 30_000 })
      .toBeGreaterThan(1e6);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.getByText('was not finished when this page was closed, such as video.bin').waitFor();
    await cdp.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
    const going = page.waitForRequest((request) => request.method() === 'PATCH');
    await page.setInputFiles('#files', large);
    expect(Number((await going).headers()['upload-offset'])).toBeGreaterThan(0);
    await page.getByRole('heading', { name: '1 file is here, verified' }).waitFor();
    expect(served.holds()).toEqual(hashes([large]));
    await page.reload();
    await page.getByRole('button', { name: 'Choose photos or files' }).waitFor();
    expect(await page.getByText('not finished').count()).toBe(0);
  });

  it('what is refused says why, and can be left out or tried again', async () => {
    const served = await Served.open(['--max-size', '100KB']);
    const { page } = await paired(served, 'upload');
    const [small = ''] = photosIn(served, 1, 100);
    const large = served.place.path('large.png');
    writeFileSync(large, photo(1));
    await page.setInputFiles('#files', [large, small]);
    await page.getByText('1 file could not be uploaded').waitFor();
    await page.getByRole('heading', { name: '1 file is here, verified; 1 of 2 is not' }).waitFor();
    await expect
      .poll(async () => await page.locator('li[data-state=failed]').textContent())
      .toMatch(/100 kB|large/);
    await page.getByRole('button', { name: 'Try those again' }).click();
    await page.getByText('1 file could not be uploaded').waitFor();
    await page.getByRole('button', { name: 'Leave out large.png' }).click();
    await page.getByRole('heading', { name: '1 file is here, verified', exact: true }).waitFor();
  });

  it('the library is looked at, searched and downloaded', async () => {
    const served = await Served.open();
    const token = await served.token('upload');
    const files = photosIn(served, 3);
    for (const file of files)
      await served.curl(`/upload?name=2026/may/${basename(file)}`, token, ['--data-binary', `@${file}`]);
    served.write('notes.txt', 'by hand');
    await served.curl('/sync', token, ['-X', 'POST']);
    const { page, complaints } = await paired(served, 'all', { path: '/library', width: 1440 });
    await page.getByText('Put there on the server').waitFor();
    await page.getByRole('link', { name: '2026' }).click();
    await page.getByRole('link', { name: 'may' }).click();
    await page.getByText('IMG_0002.png').waitFor();
    expect(await page.getByText(/^Uploaded .* by token [0-9a-f]+$/).count()).toBe(3);
    // Each canvas has a picture.
    const isDrawn = `[...document.querySelectorAll('canvas')].filter((one) =>
      one.getContext('2d').getImageData(64, 64, 1, 1).data[3] === 255).length`;
    await expect.poll(async () => await page.evaluate(isDrawn)).toBe(3);

    const saved = async (name: string | RegExp): Promise<string> => {
      const saving = page.waitForEvent('download');
      await page.getByRole('button', { name }).click();
      return await (await saving).path();
    };
    const zip = await saved('Download this folder as zip');
    expect(tool('unzip', ['-t', zip])).toMatch(/No errors detected/);
    expect(tool('unzip', ['-Z1', zip]).trim().split('\n')).toHaveLength(3);
    expect(sha256(readFileSync(await saved('Download IMG_0001.png')))).toBe(sha256(photo(1)));

    await page.getByLabel('Search by name').fill('NOTES');
    await page.keyboard.press('Enter');
    await page.getByText('Found for "NOTES"').waitFor();
    await expect.poll(async () => await page.getByRole('button', { name: /^Download / }).count()).toBe(1);
    await page.goBack();
    await page.getByText('IMG_0002.png').waitFor();
    await page.getByLabel('Search by name').fill('no such thing');
    await page.keyboard.press('Enter');
    await page.getByText('No file has that in its name.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('long folders come a part at a time', async () => {
    const served = await Served.open(['--no-watch']);
    for (let i = 0; i < 250; i++) served.write(`f${i}`, String(i));
    await served.curl('/sync', await served.token(), ['-X', 'POST']);
    const { page } = await paired(served, 'read', { path: '/library' });
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(async () => await page.getByRole('button', { name: /^Download f/ }).count()).toBe(250);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  });

  it('a keyboard is enough', async () => {
    const served = await Served.open();
    const [file = ''] = photosIn(served, 1);
    const { page } = await paired(served, 'all', { width: 1440 });
    const tabTo = async (name: RegExp): Promise<void> => {
      const seen: string[] = [];
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab');
        const here = (await page.evaluate(
          `document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent + document.activeElement.id`,
        )) as string;
        if (name.test(here)) return;
        seen.push(here);
      }
      throw new Error(`no ${String(name)} among ${seen.join(', ')}`);
    };
    const choosing = page.waitForEvent('filechooser');
    await tabTo(/Choose photos/);
    await page.keyboard.press('Enter');
    await (await choosing).setFiles(file);
    await page.getByRole('heading', { name: '1 file is here, verified' }).waitFor();
    await tabTo(/^Library/);
    await page.keyboard.press('Enter');
    await page.getByText('by this device').waitFor();
    await tabTo(/Download IMG_0000/);
    const saving = page.waitForEvent('download');
    await page.keyboard.press('Enter');
    expect(sha256(readFileSync(await (await saving).path()))).toBe(sha256(photo(0)));
  });

  // What is seen at the smaller width has the colours that it has at the larger one.
  it.each([
    [360, true],
    [1440, false],
  ])('axe finds nothing serious at %i px, dark: %s, and nothing sticks out', async (width, dark) => {
    const served = await Served.open(['--max-size', '100KB']);
    served.write(`a folder/${'a long name '.repeat(12)}.txt`, 'x');
    served.write('photo.png', photo(3));
    await served.curl('/sync', await served.token(), ['-X', 'POST']);
    const { page } = await opened({ width, dark });
    const shots = process.env['SNAPSHOT_TEST_SHOTS'];
    const look = async (name: string): Promise<void> => {
      expect([name, await seriousFindings(page)]).toEqual([name, []]);
      const sticksOut = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect([name, sticksOut]).toEqual([name, 0]);
      if (shots !== undefined)
        await page.screenshot({ path: join(shots, `${name}-${width}-${dark ? 'dark' : 'light'}.png`) });
    };
    await page.goto(served.url);
    await page.getByLabel('Code or token').waitFor();
    await look('sign-in');
    await page.getByLabel('Code or token').fill(await served.token());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: "Upload to anna's library" }).waitFor();
    await look('upload-empty');
    const large = served.place.path('large.png');
    writeFileSync(large, photo(1));
    const known = served.place.path('known.png');
    writeFileSync(known, 'x');
    await page.setInputFiles('#files', [large, known, ...photosIn(served, 3, 100)]);
    await page.getByRole('heading', { name: /4 files are here, verified/ }).waitFor();
    await look('upload-done');
    await page.goto(`${served.url}/library`);
    await page.getByText('Put there on the server').waitFor();
    await look('library');
    await page.goto(`${served.url}/library#search=long`);
    await page.getByText('Found for').waitFor();
    await look('library-search');
  });

  it('both pages load nothing but from the server', async () => {
    const served = await Served.open();
    const { page } = await paired(served, 'all');
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    for (const path of ['/', '/library']) {
      await page.goto(served.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
    }
    expect(urls.length).toBeGreaterThan(4);
    expect(urls.filter((url) => !url.startsWith(`${served.url}/`))).toEqual([]);
    expect(readdirSync(new URL('assets/', DIST)).some((name) => name.endsWith('.css'))).toBe(true);
  });
});
