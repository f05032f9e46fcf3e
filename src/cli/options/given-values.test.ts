import { describe, expect, it, vi } from 'vitest';
import { parse } from '../cli.ts';
import { processTerminal } from '../terminal.ts';
import { checkGivenValues } from './given-values.ts';
import type { HelpPage } from './help-page.ts';

const TERMINAL = processTerminal({ color: false });

async function pageOf(command: readonly string[]): Promise<HelpPage> {
  let found: HelpPage | undefined;
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  await parse(['help', ...command], TERMINAL, (page) => {
    found = page;
    return '';
  });
  print.mockRestore();
  if (found === undefined) throw new Error(`no help of ${command.join(' ')}`);
  return found;
}

/** The options of all commands, by what help says of them, that take one value and no default in place of it. */
async function singleOptions(command: readonly string[] = []): Promise<readonly string[]> {
  const { commands, groups, common } = await pageOf(command);
  const items = [...groups, common].flatMap((group) => group.items);
  const own = items.flatMap(({ name }) => /--([\w-]+) (?!.*\.\.\.$)/.exec(name)?.[1] ?? []);
  const below: string[] = [];
  for (const { name } of commands)
    below.push(...(await singleOptions([...command, name.split(' ')[0] ?? ''])));
  return [...new Set([...own, ...below])].filter((name) => name !== 'series').toSorted();
}

const SINGLE = await singleOptions();

describe('checkGivenValues()', () => {
  it.each([
    {},
    { to: 'folder', only: ['a', 'b'], notify: [] },
    { shutdown: '', series: '' },
    { at: undefined, other: '' },
  ])('takes %j', (options) => {
    expect(checkGivenValues(options)).toBe(true);
  });

  it.each(SINGLE)('refuses an empty --%s, and one that is given twice', (name) => {
    expect(() => checkGivenValues({ [name]: '' })).toThrow(
      expect.objectContaining({
        code: 'E_USAGE',
        message: `--${name} is empty`,
        hint: expect.stringContaining('not set'),
      }),
    );
    expect(() => checkGivenValues({ [name]: ['a', 'b'] })).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: `--${name} is given twice` }),
    );
  });

  it.each(['shutdown', 'series'])('refuses --%s given twice', (name) => {
    expect(() => checkGivenValues({ [name]: ['', ''] })).toThrow(`--${name} is given twice`);
  });
});
