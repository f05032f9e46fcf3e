import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configFile, FILE_OPTIONS, parseConfig, readConfig, withDefaults } from './config-file.ts';

/** The schema that the options make. */
function schema(): object {
  const properties = Object.entries(FILE_OPTIONS).map(([name, option]) => {
    const { type = 'string', array, choices, describe: description } = option;
    const one = { type, ...(type === 'string' && { minLength: 1 }) };
    const value = array === true ? { type: 'array', items: one } : one;
    if (name === 'shutdown') return [name, { description, enum: [true, false, 'always'] }];
    return [name, { description, ...(choices === undefined ? value : { enum: choices }) }];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Options of snapshot',
    type: 'object',
    properties: { $schema: { type: 'string' }, ...Object.fromEntries(properties) },
    additionalProperties: false,
  };
}

function messageOf(text: string): string {
  try {
    parseConfig(text, '/etc/snapshot.json');
  } catch (error) {
    return String(error);
  }
  return '';
}

describe('docs/snapshot.schema.json', () => {
  it('is what the options make: `UPDATE_SCHEMA=1` writes it', async () => {
    const file = new URL('../../../docs/snapshot.schema.json', import.meta.url);
    if (process.env['UPDATE_SCHEMA'] === '1') {
      const { writeFileSync } = await import('node:fs');
      writeFileSync(file, `${JSON.stringify(schema(), undefined, 2)}\n`);
    }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema())));
  });
});

describe('parseConfig()', () => {
  it('reads options by their names; paths start at the folder of the file', () => {
    const text = JSON.stringify({
      $schema: 'x',
      plan: 'plan.csv',
      log: '/var/log/snapshot.log',
      'smtp-file': 'secret/smtp',
      jobs: 2,
      only: ['letters'],
      notify: ['desktop:'],
      'notify-on': 'trouble',
      before: './mount.sh',
      shutdown: true,
    });
    expect(parseConfig(`\ufeff${text}`, '/etc/snapshot.json')).toEqual({
      plan: resolve('/etc/plan.csv'),
      log: resolve('/var/log/snapshot.log'),
      'smtp-file': resolve('/etc/secret/smtp'),
      jobs: 2,
      only: ['letters'],
      notify: ['desktop:'],
      'notify-on': 'trouble',
      before: './mount.sh',
      shutdown: '',
    });
  });

  it('takes no shutdown for none', () => {
    expect(parseConfig('{"shutdown":false}', 'x')).toEqual({});
    expect(parseConfig('{"shutdown":"always"}', 'x')).toEqual({ shutdown: 'always' });
  });

  it.each([
    ['{"notfy":[]}', /`notfy` is no option for a file: did you mean `notify`\?/],
    ['{"dryRun":true}', /`dryRun` is no option for a file: use /],
    ['{"accept-changes":true}', /`accept-changes` is for one run/],
    ['{"adopt":true}', /`adopt` is for one run/],
    ['{"constructor":1}', /`constructor` is no option/],
    ['{"jobs":"2"}', /`jobs` takes a number/],
    ['{"rehash":"yes"}', /`rehash` takes a boolean/],
    ['{"notify":"desktop:"}', /`notify` takes a list of strings/],
    ['{"notify":[1]}', /`notify` takes a list of strings/],
    ['{"before":""}', /`before` takes a string/],
    ['{"notify-on":"never"}', /`notify-on` takes `"always"` or `"trouble"`/],
    ['{"shutdown":"yes"}', /`shutdown` takes `true`, `false` or `"always"`/],
    ['{"notify":["desktop:",1]}', /`notify` takes a list of strings/],
    ['{"notify":["desktop:",""]}', /`notify` takes a list of strings/],
    [
      '{"log":"nas:snapshot.log"}',
      /snapshot\.json: `log` has the name on another machine "nas:snapshot\.log"/,
    ],
    ['[]', /not one object/],
    ['null', /not one object/],
    ['3', /not one object/],
    ['"text"', /not one object/],
    [' \ufeff{}', /not JSON/],
    ['{"notify":["ntfy:secret"]', /not JSON/],
  ])('refuses %s', (text, message) => {
    expect(messageOf(text)).toMatch(message);
    expect(messageOf(text)).not.toContain('secret');
  });
});

describe('readConfig()', () => {
  const FILE = fileURLToPath(new URL('no-such-folder/options.json', import.meta.url));

  it('names the file that it cannot read, and why', async () => {
    await expect(readConfig(FILE)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(
        /^Cannot use the options in ".*options\.json": .*(?:no such|not exist)/i,
      ),
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
  });
});

describe('configFile()', () => {
  it.each<[string, readonly string[], string, string | undefined]>([
    ['the option', ['run', '--config', 'a.json'], '', 'a.json'],
    ['the option with =', ['--config=a.json', 'run'], '', 'a.json'],
    ['the option rather than the variable', ['--config', 'a.json'], 'b.json', 'a.json'],
    ['the variable', ['run'], 'b.json', 'b.json'],
    ['none', ['run', '--before', 'x --config y'], '', undefined],
    ['the last one of two', ['--config', 'a.json', '--config=c.json'], 'b.json', 'c.json'],
    ['the variable, where the option names none', ['run', '--config='], 'b.json', 'b.json'],
    ['the variable, where the option ends the line', ['run', '--config'], 'b.json', 'b.json'],
    ['none, where the option only looks alike', ['--configs=a.json', 'x--config=y'], '', undefined],
  ])('is %s', (_, args, variable, file) => {
    expect(configFile(args, { SNAPSHOT_CONFIG: variable })).toBe(file);
  });
});

describe('withDefaults()', () => {
  it('makes what is in the file the default', () => {
    const table = { notify: { type: 'string' }, jobs: { type: 'number', default: 1 } };
    expect(withDefaults(table, { notify: ['ntfy:secret'] })).toEqual({
      notify: { type: 'string', default: ['ntfy:secret'] },
      jobs: { type: 'number', default: 1 },
    });
  });
});
