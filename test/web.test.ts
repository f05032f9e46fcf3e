// The dashboard in a real browser.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { browserPath, openBrowser, seriousFindings } from './support/browser.ts';
import { IS_WINDOWS, type Running, tool } from './support/command.ts';
import { Place } from './support/place.ts';
import { lookAt } from './support/trees.ts';

const BUILT = fileURLToPath(new URL('../dist/web/', import.meta.url));
/** Of all that the page loads, gzipped. */
const MOST_BYTES = 60_000;

let browser: Browser;

/** A dashboard of one row, `data`, that ends with the test. */
class Shown {
  readonly place: Place = Place.open();
  readonly restored: string = this.place.path('restored');
  readonly #used = new Set<string>();
  #running: Running | undefined;

  /** @param before - A command that the plan has before the row, from then on. */
  static async open(
    files: Readonly<Record<string, string>>,
    before: (place: Place) => string = () => '',
  ): Promise<Shown> {
    const shown = new Shown();
    mkdirSync(shown.restored);
    shown.place.write(files);
    await shown.place.night();
    shown.place.writePlan('source,destination,name,before', `source,destination,data,${before(shown.place)}`);
    const at = ['--listen', '127.0.0.1:0'];
    const running = shown.place.start(['web', '--json', ...at, '--restore-to', shown.restored]);
    shown.#running = running;
    onTestFinished(async () => {
      running.child.kill('SIGTERM');
      expect(await running.ended).toMatchObject({ status: 0 });
    });
    return shown;
  }

  /** An address that lets one page in: each is another one. */
  async address(): Promise<string> {
    const line = await this.#running?.line((one) => one.includes('#code=') && !this.#used.has(one));
    this.#used.add(line ?? '');
    return (JSON.parse(line ?? '') as { url: string }).url;
  }

  /** A page that was let in. What it complains about fails the test. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    onTestFinished(async () => await context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // That a request was refused is for the page to say.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
    onTestFinished(() => expect(complaints).toEqual([]));
    await page.goto(await this.address());
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    return page;
  }
}

/** What a click on `button` downloads, as a file of the test's own. */
async function downloaded(page: Page, place: Place, button: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  const file = place.path(download.suggestedFilename());
  await download.saveAs(file);
  return file;
}

const FILES = { 'note.txt': 'one', 'photos/a.jpg': 'picture', 'photos/ä ö/b.txt': 'odd' };

describe.skipIf(browserPath === undefined || IS_WINDOWS)('snapshot web', () => {
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => await browser.close());

  it('shows rows, browses a snapshot, and downloads a file and a folder', async () => {
    const shown = await Shown.open(FILES);
    const page = await shown.page();
    expect(page.url()).not.toContain('code');
    await page.getByText('All rows are up to date.').waitFor();
    await page.getByRole('link', { name: 'data' }).click();
    await page.getByRole('img', { name: 'How long runs took' }).waitFor();
    expect(await page.title()).toBe('data - snapshot');
    await page.locator('ul.list a').first().click();
    await page.getByRole('link', { name: 'photos/' }).click();
    await page.getByRole('link', { name: 'ä ö/' }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toContain('photos');
    const zip = await downloaded(page, shown.place, 'Download as zip: photos');
    expect(tool('unzip', ['-t', zip])).toContain('No errors detected');
    expect(tool('unzip', ['-p', zip, 'photos/a.jpg'])).toBe('picture');
    expect(readFileSync(await downloaded(page, shown.place, 'Download: a.jpg'), 'utf8')).toBe('picture');
    await page.getByRole('link', { name: 'a.jpg' }).click();
    await page.getByText('Version 1: 7 B').waitFor();
    await page.getByText('snapshot cat').or(page.getByText('snapshot find')).first().waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'ä ö/' }).waitFor();
  });

  it('restores below its folder what the source was, and shows the command that does it', async () => {
    const shown = await Shown.open(FILES);
    const page = await shown.page();
    await page.getByRole('link', { name: 'data' }).click();
    await page.locator('ul.list a').first().click();
    await page.getByText('Restore this snapshot').click();
    await page.getByLabel('Folder below').fill('../out');
    await page.getByRole('button', { name: 'See what would be done' }).click();
    await page.getByRole('alert').getByText('its path leads elsewhere').waitFor();
    await page.getByLabel('Folder below').fill('all');
    await page.getByRole('button', { name: 'See what would be done' }).click();
    await page.getByRole('button', { name: 'Restore 3 files' }).waitFor();
    expect(readdirSync(shown.restored)).toEqual([]);
    await page.getByRole('button', { name: 'Restore 3 files' }).click();
    await page.getByText('Restore: done').waitFor();
    await page
      .getByText(`--to ${join(shown.restored, 'all')}`)
      .last()
      .waitFor();
    expect(lookAt(join(shown.restored, 'all'))).toEqual(lookAt(shown.place.source));
  });

  it('verifies a series, as far as is chosen, and says what came of it', async () => {
    const shown = await Shown.open(FILES);
    const page = await shown.page();
    await page.getByRole('link', { name: 'data' }).click();
    await page.getByLabel('What to verify').selectOption('drill');
    await page.getByText('verify data --drill').or(page.getByText('--drill')).first().waitFor();
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByText('Verify: done').waitFor();
    await page.getByText('drill passed').first().waitFor();
    await page.getByText(', quick, passed').waitFor();
  });

  it('goes on with a run when the page is closed, and tells another page of it', async () => {
    const shown = await Shown.open(
      FILES,
      (place) => `while [ ! -e ${place.path('go')} ]; do sleep 0.05; done`,
    );
    shown.place.write({ 'new.txt': 'new' });
    const page = await shown.page();
    await page.getByRole('link', { name: 'data' }).click();
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByText('Run: at work').waitFor();
    await page.close();
    expect(shown.place.whole()).toHaveLength(1);
    const other = await shown.page();
    await other.getByText('at work').waitFor();
    await other.getByRole('link', { name: 'data' }).click();
    await other.getByRole('button', { name: 'A run is at work' }).waitFor();
    writeFileSync(shown.place.path('go'), '');
    await other.getByText('Run: done').waitFor();
    await other.getByText('1 added').first().waitFor();
    expect(shown.place.whole()).toHaveLength(2);
  });

  it('accepts what a guard holds back, after it has said what that does', async () => {
    const shown = await Shown.open(FILES);
    rmSync(shown.place.source, { recursive: true });
    mkdirSync(shown.place.source);
    const page = await shown.page();
    await page.getByRole('link', { name: 'data' }).click();
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('heading', { name: 'A guard holds something back: empty-source' }).waitFor();
    await page.getByRole('button', { name: 'See what accepting would do' }).click();
    await page.getByRole('button', { name: /^Accept and run: 5 removed/ }).click();
    await page.getByText('Accept and run: done').waitFor();
    await page.getByRole('heading', { name: 'A guard holds' }).waitFor({ state: 'detached' });
    expect(shown.place.info().count.files).toBe(0);
  });

  it('says in words that an address was used already', async () => {
    const shown = await Shown.open(FILES);
    const address = await shown.address();
    for (const text of ['All rows are up to date.', 'This address was used already']) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(address);
      await page.getByText(text).waitFor();
      await context.close();
    }
  });

  // What is seen at the smaller width has the colours that it has at the larger one.
  it.each([
    ['dark', 360],
    ['light', 1440],
  ] as const)('has nothing serious that axe finds, and fits: %s, %i px', async (colorScheme, width) => {
    const shown = await Shown.open(FILES);
    const page = await shown.page({ colorScheme, viewport: { width, height: 800 } });
    const check = async (view: string): Promise<void> => {
      expect({ view, found: await seriousFindings(page) }).toEqual({ view, found: [] });
      const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect({ view, over }).toEqual({ view, over: 0 });
    };
    await page.getByText('All rows are up to date.').waitFor();
    await check('overview');
    await page.getByRole('link', { name: 'data' }).click();
    await page.getByRole('img', { name: 'How long runs took' }).waitFor();
    await check('row');
    await page.locator('ul.list a').first().click();
    await page.getByText('Restore this snapshot').click();
    await page.getByRole('button', { name: 'See what would be done' }).click();
    await page.getByRole('button', { name: 'Restore 3 files' }).waitFor();
    await check('files');
    await page.getByRole('link', { name: 'note.txt' }).click();
    await page.getByText('Version 1').first().waitFor();
    await check('file');
    await page.getByRole('link', { name: 'Log' }).click();
    await page.getByText('newest first').waitFor();
    await check('log');
  });
});

describe('the page of the dashboard', () => {
  it('is small', () => {
    const index = readFileSync(join(BUILT, 'dashboard/index.html'), 'utf8');
    const named = [...index.matchAll(/"\/(assets\/[^"]+)"/g)].map(([, file = '']) => file);
    const inner = named.flatMap((file) =>
      [...readFileSync(join(BUILT, file), 'utf8').matchAll(/["']\.\/([\w-]+\.js)["']/g)].map(
        ([, name = '']) => `assets/${name}`,
      ),
    );
    const files = ['dashboard/index.html', ...new Set([...named, ...inner])];
    expect(files.some((file) => file.endsWith('.js')) && files.some((file) => file.endsWith('.css'))).toBe(
      true,
    );
    const sizes = files.map((file) => gzipSync(readFileSync(join(BUILT, file))).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
  });
});
