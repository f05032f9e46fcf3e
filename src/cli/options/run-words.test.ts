import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScheduledRunOptions } from './run-options.ts';
import { runWords } from './run-words.ts';

const DEFAULTS: ScheduledRunOptions = {
  plan: 'backup-plan.csv',
  config: undefined,
  json: false,
  quiet: false,
  color: true,
  identity: undefined,
  log: undefined,
  only: [],
  shard: undefined,
  lowPriority: false,
  notOnBattery: false,
  maxRate: undefined,
  jobs: 1,
  rehash: false,
  before: undefined,
  after: undefined,
  notifyOn: 'always',
  notify: [],
  smtpFile: undefined,
};
const PLAN = ['--plan', resolve('backup-plan.csv')];

describe('runWords()', () => {
  it('names the plan by its whole path, and nothing that is so by default', () => {
    expect(runWords(DEFAULTS, {})).toEqual(PLAN);
  });

  it.each<[string, Partial<ScheduledRunOptions>, readonly string[]]>([
    ['a list', { only: ['a', 'b c'] }, ['--only', 'a', 'b c']],
    ['a switch', { lowPriority: true }, ['--low-priority']],
    ['a number', { jobs: 3 }, ['--jobs', '3']],
    ['the file of a key', { identity: 'key.txt' }, ['--identity', resolve('key.txt')]],
    ['a log', { log: 'a.log' }, ['--log', resolve('a.log')]],
    ['a file', { smtpFile: 'smtp' }, ['--smtp-file', resolve('smtp')]],
    ['a command that begins with a dash', { after: '-x && y' }, ['--after=-x && y']],
    ['addresses', { notify: ['desktop:'] }, ['--notify', 'desktop:']],
  ])('passes on %s', (_, given, words) => {
    expect(runWords({ ...DEFAULTS, ...given }, {})).toEqual([...PLAN, ...words]);
  });

  it('leaves to the file of options what it says, and passes on what the command line says against it', () => {
    const file = { jobs: 4, notify: ['ntfy:https://ntfy.sh/secret'], rehash: true };
    const given = { ...DEFAULTS, config: 'snapshot.json', jobs: 4, notify: file.notify };
    expect(runWords(given, file)).toEqual([...PLAN, '--config', resolve('snapshot.json'), '--no-rehash']);
    expect(runWords({ ...given, rehash: true, jobs: 1 }, file)).toContain('--jobs');
  });
});
