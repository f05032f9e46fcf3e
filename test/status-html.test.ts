// The page that `status --html` writes.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasTool, IS_WINDOWS, tool, PYTHON } from './support/command.ts';
import { Place } from './support/place.ts';

/** The tags of a page, held against each other. Throws where one is not closed. */
const CHECK = `
import sys
from html.parser import HTMLParser
class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []
    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        if tag not in ('meta',): self.open.append(tag)
    def handle_startendtag(self, tag, attributes): self.seen.append(tag)
    def handle_endtag(self, tag):
        if self.open.pop() != tag: raise SystemExit('not closed: ' + tag)
page = Page()
page.feed(open(sys.argv[1], encoding='utf-8').read())
print(' '.join(page.seen), len(page.open))
`;

describe('snapshot status --html', () => {
  it('writes one page without a script, with plots, and shows the status as ever', async () => {
    const place = Place.open();
    for (const content of ['x', 'xy', 'xyz']) {
      place.write({ file: content });
      await place.run();
    }
    const { status, stdout } = await place.command(['status', '--html', 'page.html']);
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('All rows are up to date.') as string,
    });
    const page = readFileSync(place.path('page.html'), 'utf8');
    expect(page).toContain('<p class="ok">All rows are up to date.');
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page.match(/<circle /g)).toHaveLength(3);
    expect(page).not.toMatch(/<script|<img|<link|https?:|\son\w+=/);
    expect(readdirSync(place.root).filter((name) => name.includes('part'))).toEqual([]);
    if (!hasTool(PYTHON)) return;
    const tags = tool(PYTHON, ['-c', CHECK, place.path('page.html')]);
    expect(tags).toMatch(/^html head meta .*section h2 span .* svg .*0\n$/);
  });

  it.skipIf(IS_WINDOWS)('reads nothing into names, and says what is wrong', async () => {
    const place = Place.open();
    const name = `<b>"a" & 'b'`;
    mkdirSync(place.path(name));
    place.writePlan('source,destination,name', `${name.replaceAll('"', '')},destination,data`);
    await place.run();
    const { status } = await place.command(['status', '--html', 'page.html']);
    expect(status).toBe(1);
    const page = readFileSync(place.path('page.html'), 'utf8');
    expect(page).toContain('1 of 1 need you');
    expect(page).toContain('class="failing">failing');
    expect(page).toContain('&lt;b&gt;a &amp; &#39;b&#39;');
    expect(page).not.toContain('<b>');
  });

  it('says where it cannot write, and does not go with --prometheus', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    const nowhere = await place.command(['status', '--html', 'nowhere/page.html']);
    expect(nowhere.status).toBe(2);
    expect(nowhere.stderr).toMatch(/^error: Cannot write ".*page.html": no such file/);
    const both = await place.command(['status', '--html', 'page.html', '--prometheus']);
    expect(both).toMatchObject({
      status: 2,
      stderr: 'error: --html and --prometheus exclude each other\n',
    });
    rmSync(place.plan);
  });
});
