// What each scheduler is told, whole: fixtures/schedule has it, as each system would get it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCron } from './cron.ts';
import { crontabBlock } from './crontab.ts';
import { checkEntry, type Entry, readTags, tagOf } from './entry.ts';
import { launchdPlist } from './launchd.ts';
import { onCalendar, systemdUnits } from './systemd.ts';
import { taskXml } from './task-xml.ts';

const UNIX = ['/usr/bin/node', '/opt/snapshot/dist/cli/main.js', 'run', '--plan'];
const WINDOWS = [
  String.raw`C:\Program Files\nodejs\node.exe`,
  String.raw`C:\snapshot\dist\cli\main.js`,
  'run',
  '--plan',
];

/** All that some shell, format or scheduler reads more into. */
const ODD = `/home/anna/50% "off" 5% & <more> $HOME 'ü' \\ \`id\`--/plan.csv`;

function entry(cron: string, command: readonly string[], name = 'nightly'): Entry {
  return { name, when: cron === 'boot' ? 'boot' : readCron(cron), command };
}

const NIGHTLY = entry('0 2 * * *', [...UNIX, '/home/anna/backup-plan.csv']);
const ODDLY = entry('5,35 */6 1 1-3,12 *', [...UNIX, ODD, '--only', 'my photos'], 'odd');
const ON_BOOT = entry('boot', [...UNIX, '/home/anna/backup-plan.csv'], 'boot');
const WATCHING = entry(
  'boot',
  ['/usr/bin/node', '/opt/snapshot/dist/cli/main.js', 'watch', '--plan', '/home/anna/backup-plan.csv'],
  'watching',
);
const SERVING = entry(
  'boot',
  ['/usr/bin/node', '/opt/snapshot/dist/cli/main.js', 'serve', '/srv/library', '--listen', ':8400'],
  'serving',
);
const ON_WORKDAYS = ['30 12,18 * * 1-5', 'workdays'] as const;

function golden(name: string): string {
  return fileURLToPath(new URL(`../../../fixtures/schedule/${name}`, import.meta.url));
}

/** Whether a program is there that can check what it is given. */
function has(file: string): boolean {
  return spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Runs a program that has to succeed, and gives what it prints. */
function check(file: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(file, args, { input, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-schedule-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

describe('systemd units', () => {
  it.each([NIGHTLY, ODDLY, ON_BOOT, WATCHING, SERVING])('of $name are as they should be', async (job) => {
    const { service, timer } = systemdUnits(job);
    await expect(service).toMatchFileSnapshot(golden(`${job.name}.service`));
    await expect(timer).toMatchFileSnapshot(golden(`${job.name}.timer`));
  });

  it.skipIf(!has('systemd-analyze'))('are what systemd itself takes', () => {
    for (const job of [NIGHTLY, ODDLY, ON_BOOT, WATCHING, SERVING]) {
      const root = folder();
      // Only programs that are here are taken.
      const { service, timer } = systemdUnits({ ...job, command: ['/bin/true', ...job.command.slice(1)] });
      const files = { [`snapshot-${job.name}.service`]: service, [`snapshot-${job.name}.timer`]: timer };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
      const units = Object.keys(files).map((name) => join(root, name));
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', ...units], {
        encoding: 'utf8',
      });
      // It also looks at all units of the machine, of which some may be wrong.
      const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes(`snapshot-${job.name}`));
      expect({ ours, status }).toEqual({ ours: [], status: 0 });
    }
  });

  it.skipIf(process.platform === 'win32')('hand every word over as it is', () => {
    // A shell stands in for systemd, after systemd's own rules: this unquotes as systemd.service(5) says.
    const line = /^ExecStart=(.*)$/m.exec(systemdUnits(ODDLY).service)?.[1] ?? '';
    const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) =>
      word.replaceAll(/\\(.)/g, '$1').replaceAll('%%', '%').replaceAll('$$', '$'),
    );
    const script = words[2] ?? '';
    expect(words.slice(4)).toEqual(ODDLY.command);
    expect(check('/bin/sh', ['-c', script, 'snapshot', 'printf', '%s\n', ODD])).toBe(`${ODD}\n`);
  });

  it.each([
    ['0 2 * * *', '*-*-* 02:00:00'],
    ['*/20 * * * *', '*-*-* *:00,20,40:00'],
    ['30 12 * * 1-5', 'Mon,Tue,Wed,Thu,Fri *-*-* 12:30:00'],
    ['0 3 1,15 2 *', '*-02-01,15 03:00:00'],
    ['0 0 * * 7', 'Sun *-*-* 00:00:00'],
  ])('say %s as %s', (cron, calendar) => {
    expect(onCalendar(readCron(cron))).toBe(calendar);
    if (has('systemd-analyze')) check('systemd-analyze', ['calendar', calendar]);
  });
});

describe('what an executable of its own is called to do', () => {
  it.each([WATCHING, SERVING])('goes on all the time as well: $name', (job) => {
    const [, , ...words] = job.command;
    const own = { ...job, command: ['/usr/local/bin/snapshot', ...words] };
    expect(systemdUnits(own).service).toContain('Restart=on-failure');
    expect(systemdUnits(own).service.includes('Nice=')).toBe(job !== SERVING);
    expect(taskXml(own, 'anna')).toContain('RestartOnFailure');
  });
});

describe('a crontab', () => {
  it.each([NIGHTLY, ODDLY, ON_BOOT, WATCHING, SERVING])('has $name as it should be', async (job) => {
    await expect(crontabBlock(job)).toMatchFileSnapshot(golden(`${job.name}.crontab`));
  });

  it.skipIf(process.platform === 'win32')('hands every word over as it is', () => {
    const line = crontabBlock(ODDLY).split('\n')[1] ?? '';
    // As crontab(5) says: `%` ends the command, unless there is a backslash before it.
    const [command = ''] = (/nice .*$/.exec(line)?.[0] ?? '').split(/(?<!\\)%/);
    const unescaped = command.replaceAll(String.raw`\%`, '%');
    const printed = check('/bin/sh', [
      '-c',
      unescaped.replace('/usr/bin/node', `printf '%s\\n'`).replace('nice -n 10 ', ''),
    ]);
    expect(printed.trimEnd().split('\n')).toEqual([...ODDLY.command.slice(1), '--quiet']);
  });
});

describe('a launchd property list', () => {
  const workdays = entry(ON_WORKDAYS[0], [...UNIX, ODD], ON_WORKDAYS[1]);

  it.each([NIGHTLY, workdays, ON_BOOT, WATCHING, SERVING])('of $name is as it should be', async (job) => {
    await expect(launchdPlist(job, '/Users/anna/Library/Logs/x & y.log')).toMatchFileSnapshot(
      golden(`${job.name}.plist`),
    );
  });

  it.skipIf(!has('python3'))('is one, and holds every word as it is', () => {
    const script = 'import json,plistlib,sys; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)';
    const read = JSON.parse(check('python3', ['-c', script], launchdPlist(workdays, '/x.log'))) as unknown;
    expect(read).toMatchObject({
      Label: 'local.snapshot.workdays',
      ProgramArguments: ['/usr/bin/caffeinate', '-i', ...UNIX, ODD],
      LowPriorityIO: true,
      Nice: 10,
    });
    const { StartCalendarInterval: intervals } = read as { StartCalendarInterval: unknown[] };
    expect(intervals).toHaveLength(10);
    expect(intervals[0]).toEqual({ Weekday: 1, Hour: 12, Minute: 30 });
  });
});

describe('a task of Windows', () => {
  const odd = [...WINDOWS, String.raw`D:\my "plans" & <more>\\`, '--only', 'my photos', ''];
  const jobs = [
    entry('0 2 * * *', [...WINDOWS, String.raw`C:\Users\anna\backup-plan.csv`]),
    entry(
      'boot',
      [...WINDOWS.slice(0, 2), 'watch', '--plan', String.raw`C:\Users\anna\backup-plan.csv`],
      'watching',
    ),
    entry('boot', [...WINDOWS.slice(0, 2), 'serve', String.raw`D:\Library`], 'serving'),
    entry(ON_WORKDAYS[0], odd, ON_WORKDAYS[1]),
    entry('0 2 1,15 * *', odd, 'monthly'),
    entry('boot', odd, 'boot'),
  ];

  it.each(jobs)('$name is as it should be', async (job) => {
    await expect(taskXml(job, String.raw`PC\anna`)).toMatchFileSnapshot(golden(`${job.name}.task.xml`));
  });

  it.skipIf(!has('python3'))('is XML, and has the arguments', () => {
    // All in one go: Python takes longer to start than to read them.
    const script = [
      'import json,sys,xml.etree.ElementTree as E',
      'found = [E.fromstring(text.split("?>",1)[1]).iter() for text in json.load(sys.stdin)]',
      'print(json.dumps([[e.text for e in all if e.tag.endswith("Arguments")][0] for all in found]))',
    ].join('\n');
    const texts = jobs.map((job) => taskXml(job, String.raw`PC\anna`));
    const found = JSON.parse(check('python3', ['-c', script], JSON.stringify(texts))) as readonly string[];
    expect(found.map(windowsWords)).toEqual(jobs.map(({ command }) => ['--headless', ...command]));
  });

  it('takes no path in which the Task Scheduler would replace something', () => {
    expect(() => taskXml(entry('0 2 * * *', [...WINDOWS, String.raw`C:\50%\plan.csv`]), 'anna')).toThrow(
      'replaces `%`',
    );
  });
});

/** As Windows programs take their command line apart: the rules of CommandLineToArgvW, for a test. */
function windowsWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (const [, slashes = '', char = ''] of line.matchAll(/(\\*)([^\\]|$)/g)) {
    if (char === '"') {
      word = `${word ?? ''}${'\\'.repeat(Math.floor(slashes.length / 2))}`;
      if (slashes.length % 2 === 1) word += '"';
      else isQuoted = !isQuoted;
      continue;
    }
    if (slashes !== '') word = `${word ?? ''}${slashes}`;
    if (char === '' || (char === ' ' && !isQuoted)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${char}`;
  }
  return words;
}

describe('the most that a scheduler takes', () => {
  it.each([
    [500, '0-19 1-5 * * 1-5', 510, '0-16 1-5 * * 1-6'],
    [496, '0-30 0-15 * * *', 512, '0-31 0-15 * * *'],
  ])('launchd: %i intervals, as of "%s", and not %i', (most, taken, _, refused) => {
    const plist = launchdPlist(entry(taken, UNIX), '/x.log');
    // One more is the list itself.
    expect(plist.split('<dict>')).toHaveLength(most + 2);
    expect(() => launchdPlist(entry(refused, UNIX), '/x.log')).toThrow('more than 500 entries');
  });

  it('the Task Scheduler: 48 times of day, and not 49', () => {
    const task = taskXml(entry('0,30 * * * *', WINDOWS), 'anna');
    expect(task.split('<CalendarTrigger>')).toHaveLength(48 + 1);
    expect(task).toContain('T23:30:00');
    expect(() => taskXml(entry('0-6 0-6 * * *', WINDOWS), 'anna')).toThrow('at most 48 times of day');
  });

  it.each([
    ['0 2 * * 1,3', '<DaysOfWeek><Monday /><Wednesday /></DaysOfWeek>'],
    ['0 2 * * 0', '<DaysOfWeek><Sunday /></DaysOfWeek>'],
    ['0 2 * * *', '<DaysInterval>1</DaysInterval>'],
    ['0 2 15 * *', '<DaysOfMonth><Day>15</Day></DaysOfMonth>'],
    ['0 2 1 1,12 *', '<Months><January /><December /></Months>'],
    ['0 2 * 6 *', '<Day>31</Day></DaysOfMonth>'],
  ])('the Task Scheduler says %s as %s', (cron, xml) => {
    expect(taskXml(entry(cron, WINDOWS), 'anna')).toContain(xml);
  });
});

describe('what a scheduler cannot say', () => {
  it.each([
    ['systemd', '0 2 L * *', (cron: string) => systemdUnits(entry(cron, UNIX))],
    ['cron', '0 2 * * 5#1', (cron: string) => crontabBlock(entry(cron, UNIX))],
    ['launchd', '*/2 */2 * * 1-5', (cron: string) => launchdPlist(entry(cron, UNIX), '/x.log')],
    ['the Task Scheduler', '*/5 * * * *', (cron: string) => taskXml(entry(cron, WINDOWS), 'anna')],
    ['the Task Scheduler', '0 2 * 1-6 1', (cron: string) => taskXml(entry(cron, WINDOWS), 'anna')],
  ])('%s: "%s" is refused, with what to do instead', (scheduler, cron, make) => {
    expect(() => make(cron)).toThrow(
      expect.objectContaining({
        code: 'E_USAGE',
        message: expect.stringContaining(`Cannot tell ${scheduler} "${cron}"`),
        hint: expect.stringContaining(`snapshot schedule --cron "${cron}"`),
      }),
    );
  });
});

describe('tags', () => {
  it('bring back every entry from every format, whatever its paths hold', () => {
    // Control characters are refused before; what Windows would replace is, too.
    const word = fc.string({ unit: 'binary' }).filter((text) => !/\p{Cc}|%|\$\(/u.test(text));
    const property = fc.property(fc.array(word, { minLength: 1 }), (command) => {
      const since = new Date('2026-11-19T12:00Z');
      const job = { ...entry('0 2 * * *', command), since };
      const found = [{ name: 'nightly', when: '0 2 * * *', command, since }];
      const { service, timer } = systemdUnits(job);
      for (const text of [service, timer, crontabBlock(job), launchdPlist(job, '/x'), taskXml(job, 'anna')]) {
        expect(readTags(text)).toEqual(found);
      }
      // Neither the end of an XML comment nor what another encoding would change.
      expect(tagOf(job)).not.toMatch(/--|[^ -~]|[<>&%']/);
    });
    fc.assert(property);
  });

  it('that were changed by hand are none', () => {
    expect(
      readTags('# snapshot-schedule {"name":3}\n# snapshot-schedule {"name"\n# snapshot-schedule {x}'),
    ).toEqual([]);
  });
});

describe('an entry', () => {
  it.each(['', 'a b', '../x', '-x', 'x'.repeat(65), 'a\n'])('is not called "%s"', (name) => {
    expect(() => checkEntry(entry('boot', UNIX, name))).toThrow('--name');
  });

  it('has no line break in its command', () => {
    expect(() => checkEntry(entry('boot', [...UNIX, '/a\n* * * * * rm']))).toThrow('control character');
  });
});
