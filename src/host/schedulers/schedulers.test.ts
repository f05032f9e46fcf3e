// What each scheduler of a system is asked to do. The systems themselves are not here: their programs are played, and
// their folders are real.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCron } from './cron.ts';
import { crontab, withBlock } from './crontab.ts';
import type { Entry } from './entry.ts';
import { entriesIn } from './entry-files.ts';
import { launchd } from './launchd.ts';
import { type Answer, type SchedulerHost, thisSchedulerHost } from './scheduler.ts';
import { schedulersOf } from './schedulers.ts';
import { systemd } from './systemd.ts';
import { taskScheduler } from './task-scheduler.ts';

const SAID: Answer = { status: 0, stdout: Buffer.alloc(0), stderr: '' };
const MISSING: Answer = { status: null, stdout: Buffer.alloc(0), stderr: 'spawn ENOENT' };

type Play = (file: string, args: readonly string[], input?: Buffer) => Answer;

/** A user on a machine whose programs are played, with a home of their own. */
function openHost(play: Play = () => SAID): SchedulerHost & { readonly calls: string[] } {
  const home = mkdtempSync(path.join(tmpdir(), 'snapshot-host-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const calls: string[] = [];
  const run: SchedulerHost['run'] = async (file, args, input) => {
    calls.push([path.win32.basename(file), ...args].join(' ').replaceAll(home, '~'));
    return await Promise.resolve(play(file, args, input));
  };
  const env = { USERDOMAIN: 'PC', USERNAME: 'anna', SystemRoot: String.raw`C:\Windows` };
  return { isRoot: false, uid: 501, home, env, run, calls };
}

function entry(cron = '0 2 * * *', name = 'nightly'): Entry {
  return { name, when: readCron(cron), command: ['/usr/bin/node', '/opt/main.js', 'run'] };
}

const FOUND = { name: 'nightly', when: '0 2 * * *', command: entry().command };

describe('systemd', () => {
  it('gets two units in the home of the user, is told of them, and gives them back', async () => {
    const host = openHost();
    const scheduler = systemd(host);
    const units = path.join(host.home, '.config', 'systemd', 'user');
    await scheduler.install(entry());
    expect(readdirSync(units).toSorted()).toEqual(['snapshot-nightly.service', 'snapshot-nightly.timer']);
    expect(host.calls).toEqual([
      'systemctl --user show-environment',
      'systemctl --user daemon-reload',
      'systemctl --user enable snapshot-nightly.timer',
      'systemctl --user restart snapshot-nightly.timer',
    ]);
    expect(await scheduler.list()).toEqual([FOUND]);
    await scheduler.install(entry('0 3 * * *'));
    expect(await scheduler.list()).toEqual([{ ...FOUND, when: '0 3 * * *' }]);
    host.calls.length = 0;
    expect(await scheduler.remove('nightly')).toBe(true);
    expect(readdirSync(units)).toEqual([]);
    expect(host.calls).toEqual([
      'systemctl --user disable --now snapshot-nightly.timer',
      'systemctl --user daemon-reload',
    ]);
    expect(await scheduler.remove('nightly')).toBe(false);
  });

  it('writes nothing where no manager answers', async () => {
    const host = openHost(() => ({ ...SAID, status: 1, stderr: 'Failed to connect to bus' }));
    await expect(systemd(host).install(entry())).rejects.toMatchObject({
      code: 'E_HOST',
      message: 'Cannot do `systemctl --user show-environment`: Failed to connect to bus',
    });
    expect(readdirSync(host.home)).toEqual([]);
  });

  it('never replaces or removes units of others', async () => {
    const host = openHost();
    const units = path.join(host.home, '.config', 'systemd', 'user');
    mkdirSync(units, { recursive: true });
    for (const kind of ['timer', 'service'])
      writeFileSync(path.join(units, `snapshot-nightly.${kind}`), '# mine\n');
    const scheduler = systemd(host);
    await expect(scheduler.install(entry())).rejects.toThrow('was not written by');
    expect(await scheduler.list()).toEqual([]);
    expect(await scheduler.remove('nightly')).toBe(false);
    expect(readFileSync(path.join(units, 'snapshot-nightly.timer'), 'utf8')).toBe('# mine\n');
  });

  it('does not remove a unit that somebody has put in the place of its own', async () => {
    const host = openHost();
    const scheduler = systemd(host);
    await scheduler.install(entry());
    const service = path.join(host.home, '.config', 'systemd', 'user', 'snapshot-nightly.service');
    writeFileSync(service, '# mine\n');
    await expect(scheduler.remove('nightly')).rejects.toThrow('was not written by');
    expect(readFileSync(service, 'utf8')).toBe('# mine\n');
  });

  it.each([
    ['/config', '/config/systemd/user/snapshot-nightly.service'],
    ['relative', '/home/anna/.config/systemd/user/snapshot-nightly.service'],
  ])('of a user whose XDG_CONFIG_HOME is %s are in %s', (config, place) => {
    const host = { ...openHost(), home: '/home/anna', env: { XDG_CONFIG_HOME: config } };
    expect(systemd(host).drafts(entry())[0]?.place).toBe(place);
  });

  it('of root are units of the system', () => {
    const places = systemd({ ...openHost(), isRoot: true })
      .drafts(entry())
      .map(({ place }) => place);
    expect(places).toEqual([
      '/etc/systemd/system/snapshot-nightly.service',
      '/etc/systemd/system/snapshot-nightly.timer',
    ]);
  });
});

describe('launchd', () => {
  it.each([
    [true, '/Library/LaunchDaemons/local.snapshot.nightly.plist', '/Library/Logs/', 'system'],
    [
      false,
      '/home/anna/Library/LaunchAgents/local.snapshot.nightly.plist',
      '/home/anna/Library/Logs/',
      'gui/501',
    ],
  ])('of root (%j) has its files at %s', async (isRoot, place, logs, domain) => {
    const host = { ...openHost(), isRoot, home: '/home/anna' };
    const [draft] = launchd(host).drafts(entry());
    expect(draft?.place).toBe(place);
    expect(draft?.text).toContain(`<string>${logs}local.snapshot.nightly.log</string>`);
    expect(await launchd(host).isHere()).toBe(true);
    expect(host.calls).toEqual([`launchctl print ${domain}`]);
  });

  it('gets a property list, loads it anew each time, and gives it back', async () => {
    const host = openHost();
    const scheduler = launchd(host);
    const agents = path.join(host.home, 'Library', 'LaunchAgents');
    await scheduler.install(entry());
    await scheduler.install(entry());
    expect(readdirSync(agents)).toEqual(['local.snapshot.nightly.plist']);
    const steps = [
      'launchctl bootout gui/501/local.snapshot.nightly',
      'launchctl bootstrap gui/501 ~/Library/LaunchAgents/local.snapshot.nightly.plist',
    ];
    expect(host.calls).toEqual([...steps, ...steps]);
    expect(await scheduler.list()).toEqual([FOUND]);
    expect(await scheduler.remove('nightly')).toBe(true);
    expect(readdirSync(agents)).toEqual([]);
    // What runs by then is unloaded, too.
    expect(host.calls).toEqual([...steps, ...steps, steps[0]]);
    expect(await scheduler.remove('nightly')).toBe(false);
  });
});

describe('entries in a folder', () => {
  it('are none where there is none, and not known where it cannot be read', async () => {
    const { home } = openHost();
    expect(await entriesIn(path.join(home, 'none'), /./)).toEqual([]);
    writeFileSync(path.join(home, 'file'), '');
    await expect(entriesIn(path.join(home, 'file'), /./)).rejects.toMatchObject({ code: 'E_HOST' });
  });
});

describe('this machine', () => {
  it('tells a program that is missing from one that fails', async () => {
    const { run } = thisSchedulerHost();
    expect((await run(path.join(tmpdir(), 'no such program'), [])).status).toBeNull();
    const failed = await run(process.execPath, ['-e', 'console.error(" why "); process.exitCode = 3']);
    expect(failed).toMatchObject({ status: 3, stderr: 'why' });
    const read = await run(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], Buffer.from('in'));
    expect([read.status, read.stdout.toString()]).toEqual([0, 'in']);
  });
});

function recoded(answer: Answer, args: readonly string[]): Answer {
  return args.includes('/FO')
    ? { ...answer, stdout: Buffer.from(answer.stdout.toString('utf16le')) }
    : answer;
}

/** Keeps tasks as schtasks does, as far as it is asked to. */
function tasks(): { readonly kept: Map<string, string>; readonly play: Play } {
  const kept = new Map<string, string>([[String.raw`\snapshot\foreign`, '<Task />']]);
  const play: Play = (_, args) => {
    const name = args[args.indexOf('/TN') + 1] ?? '';
    if (args[0] === '/Create') kept.set(name, readFileSync(args[args.indexOf('/XML') + 1] ?? '', 'utf16le'));
    if (args[0] === '/Delete') kept.delete(name);
    const rows = [...kept.keys()].flatMap((task) => [`"${task}","N/A","Ready"`, `"${task}","N/A","Ready"`]);
    const text = args.includes('/FO') ? rows.join('\r\n') : (kept.get(name) ?? '');
    return { ...SAID, stdout: Buffer.from(args[0] === '/Query' ? text : '', 'utf16le') };
  };
  // What it prints is in the code page of the console, but for XML, of which nobody knows.
  return { kept, play: (file, args) => recoded(play(file, args), args) };
}

describe('the Task Scheduler', () => {
  it('gets a task in UTF-16, tells of it, and gives it back; those of others stay', async () => {
    const { kept, play } = tasks();
    const scheduler = taskScheduler(openHost(play));
    await scheduler.install(entry());
    await scheduler.install(entry('0 3 * * *'));
    expect(kept.get(String.raw`\snapshot\nightly`)).toMatch(
      /^\uFEFF<\?xml version="1\.0" encoding="UTF-16"\?>\r\n/,
    );
    expect(await scheduler.list()).toEqual([{ ...FOUND, when: '0 3 * * *' }]);
    await expect(scheduler.install(entry('0 2 * * *', 'foreign'))).rejects.toThrow('not ours');
    expect(await scheduler.remove('foreign')).toBe(false);
    expect(await scheduler.remove('nightly')).toBe(true);
    expect(await scheduler.remove('nightly')).toBe(false);
    expect([...kept.keys()]).toEqual([String.raw`\snapshot\foreign`]);
  });
});

describe('the crontab', () => {
  it.each(['cannot open the spool', 'not allowed to use this program'])(
    'is not replaced when it cannot be read: %s',
    async (stderr) => {
      const host = openHost(() => ({ ...SAID, status: 1, stderr }));
      await expect(crontab(host).install(entry())).rejects.toThrow(`Cannot read the crontab: ${stderr}`);
      expect(host.calls).toEqual(['crontab -l']);
    },
  );

  /** A crontab that is kept; undefined: there is none. */
  function keeping(table: Buffer | undefined): {
    readonly play: Play;
    readonly kept: () => Buffer | undefined;
  } {
    let kept = table;
    const play: Play = (_, [what], input) => {
      if (what === '-l' && kept === undefined) return { ...SAID, status: 1, stderr: 'no crontab for anna' };
      if (what === '-') kept = input;
      if (what === '-r') kept = undefined;
      return what === '-l' ? { ...SAID, stdout: kept ?? Buffer.alloc(0) } : SAID;
    };
    return { play, kept: () => kept };
  }

  it('of somebody who has none holds the entry alone, and is none again without it', async () => {
    const { play, kept } = keeping(undefined);
    const host = openHost(play);
    const scheduler = crontab(host);
    expect(await scheduler.list()).toEqual([]);
    await scheduler.install(entry());
    expect(kept()?.toString()).toBe(scheduler.drafts(entry())[0]?.text);
    expect(await scheduler.list()).toEqual([FOUND]);
    host.calls.length = 0;
    await scheduler.install(entry());
    expect(host.calls).toEqual(['crontab -l']);
    expect(await scheduler.remove('other')).toBe(false);
    expect(await scheduler.remove('nightly')).toBe(true);
    expect(host.calls.at(-1)).toBe('crontab -r');
    expect(kept()).toBeUndefined();
    expect(await scheduler.remove('nightly')).toBe(false);
  });

  it('keeps what is not UTF-8 byte by byte, and has paths in UTF-8', async () => {
    const foreign = Buffer.from([0x23, 0xff, 0xe9, 0x0a]);
    const { play, kept } = keeping(foreign);
    const scheduler = crontab(openHost(play));
    const job = { ...entry(), command: ['/usr/bin/node', '/home/jörg/main.js'] };
    await scheduler.install(job);
    await scheduler.install({ ...entry(), name: 'second' });
    expect(await scheduler.list()).toEqual([
      { ...FOUND, command: job.command },
      { ...FOUND, name: 'second' },
    ]);
    expect(kept()?.subarray(0, 4)).toEqual(foreign);
    expect(kept()?.includes(Buffer.from("'/home/jörg/main.js'"))).toBe(true);
    expect(await scheduler.remove('nightly')).toBe(true);
    expect(await scheduler.remove('second')).toBe(true);
    expect(kept()).toEqual(foreign);
  });

  it.each<[boolean, string, Answer]>([
    [true, 'it can be read', SAID],
    [true, 'there is none yet', { ...SAID, status: 1, stderr: 'no crontab for anna' }],
    [false, 'this user may not have one', { ...SAID, status: 1, stderr: 'not allowed to use this program' }],
    [false, 'cron is not installed', MISSING],
    [false, 'what is missing says so', { ...MISSING, stderr: 'no crontab' }],
  ])('is here: %j, when %s', async (isHere, _, answer) => {
    expect(await crontab(openHost(() => answer)).isHere()).toBe(isHere);
  });

  it('says what its program said when it is refused', async () => {
    const host = openHost((_, [what]) =>
      what === '-' ? { ...SAID, status: 1, stderr: 'bad minute' } : SAID,
    );
    await expect(crontab(host).install(entry())).rejects.toMatchObject({
      code: 'E_HOST',
      message: 'Cannot do `crontab -`: bad minute',
      hint: expect.stringContaining('needs no help of the system'),
    });
  });

  it('ends in a line break before the entry, whatever it ended in', () => {
    const block =
      '# snapshot-schedule {"name":"a","when":"boot","command":[]}\n@reboot x\n# snapshot-schedule end a\n';
    expect(withBlock('0 1 * * * mine', 'a', block)).toBe(`0 1 * * * mine\n${block}`);
    expect(withBlock('', 'a', block)).toBe(block);
    // Twice by hand: one is left.
    expect(withBlock(`${block}0 1 * * * mine\n${block}`, 'a', block)).toBe(`${block}0 1 * * * mine\n`);
  });

  it('keeps every other line, and takes blocks away whole', () => {
    const table = 'A=1\n\n0 1 * * * mine\n';
    const block =
      '# snapshot-schedule {"name":"a","when":"boot","command":[]}\n@reboot x\n# snapshot-schedule end a\n';
    const other = block.replaceAll('"a"', '"b"').replaceAll('end a', 'end b');
    const both = withBlock(withBlock(table, 'a', block), 'b', other);
    expect(both).toBe(`${table}${block}${other}`);
    expect(withBlock(both, 'a', block.replace('x', 'y'))).toBe(both.replace('x', 'y'));
    expect(withBlock(both, 'a', '')).toBe(`${table}${other}`);
    expect(withBlock(withBlock(both, 'a', ''), 'b', '')).toBe(table);
    expect(withBlock(table, 'a', '')).toBe(table);
  });

  it('is not touched when a block has lost its end', () => {
    const block = '# snapshot-schedule {"name":"a","when":"boot","command":[]}\n@reboot x\n';
    expect(() => withBlock(`${block}0 1 * * * mine\n`, 'a', '')).toThrow('has lost its last line');
    // The next one's end is not its own.
    const other = block.replace('"a"', '"b"');
    const ends = '# snapshot-schedule end b\n# snapshot-schedule end a\n';
    expect(() => withBlock(`${block}${other}${ends}`, 'a', '')).toThrow('The entry "a" has lost'.slice(4));
  });
});

/** A machine that has these programs only. */
function hostWith(...names: readonly string[]): SchedulerHost {
  return openHost((file) => (names.includes(path.win32.basename(file)) ? SAID : MISSING));
}

describe('schedulersOf()', () => {
  it.each([
    ['linux', ['systemctl', 'crontab'], ['systemd', 'crontab']],
    ['linux', ['crontab'], ['crontab']],
    ['darwin', ['launchctl', 'crontab'], ['launchd', 'crontab']],
    ['win32', ['schtasks.exe'], ['task']],
    ['freebsd', ['crontab'], ['crontab']],
  ] as const)('on %s with %j: %j', async (platform, programs, kinds) => {
    expect((await schedulersOf(platform, hostWith(...programs), undefined)).map(({ kind }) => kind)).toEqual(
      kinds,
    );
  });

  it('says what to do where there is none', async () => {
    await expect(schedulersOf('linux', hostWith(), undefined)).rejects.toMatchObject({
      code: 'E_HOST',
      hint: expect.stringContaining('in the foreground'),
    });
  });
});
