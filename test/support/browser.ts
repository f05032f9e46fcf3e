// A real browser for the tests of pages: Debian's chromium, and axe for what a screen reader meets.
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where the browser is; undefined where there is none: the tests of pages skip themselves then. */
export const browserPath: string | undefined =
  process.env['SNAPSHOT_TEST_BROWSER'] ?? CHROMIUM.find((path) => existsSync(path));

/** Starts it, with nothing of its own that reaches for the network. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    ...(browserPath === undefined ? {} : { executablePath: browserPath }),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-sync',
    ],
  });
}

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds on the page that is serious or critical, each with where it is. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  // By the debugger, which the Content-Security-Policy of the page does not bind.
  await page.evaluate(axe.source);
  const violations = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Finding[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${html}: ${failureSummary}`),
    );
}
