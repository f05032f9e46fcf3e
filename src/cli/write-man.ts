// A step of the build: the page of the manual, beside the program. @see package.json
import { writeFileSync } from 'node:fs';
import { VERSION } from '../jobs/tool.ts';
import { parse } from './cli.ts';
import type { HelpPage } from './options/help-page.ts';
import { processTerminal } from './terminal.ts';
import { manPage } from './views/man-page.ts';

const terminal = processTerminal({ color: false });
// The pages are wanted, not what would be printed of them.
console.log = () => {};

async function pageOf(command: readonly string[]): Promise<HelpPage> {
  let found: HelpPage | undefined;
  await parse(['help', ...command], terminal, (page) => {
    found = page;
    return '';
  });
  if (found === undefined) throw new Error(`no help of ${command.join(' ')}`);
  return found;
}

/** The pages of all commands below `page`. */
async function pagesBelow({ command, commands }: HelpPage): Promise<readonly HelpPage[]> {
  const pages: HelpPage[] = [];
  for (const { name } of commands) {
    const page = await pageOf([...command, name.split(' ')[0] ?? '']);
    pages.push(page, ...(await pagesBelow(page)));
  }
  return pages;
}

const program = await pageOf([]);
const text = manPage(program, await pagesBelow(program), VERSION);
writeFileSync(new URL('../snapshot.1', import.meta.url), text);
