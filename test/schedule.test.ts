// `snapshot schedule` in the foreground, and its entry in a real crontab.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  commandLine,
  environment,
  eventsOf,
  IS_LINUX,
  IS_ROOT,
  IS_WINDOWS,
  type JsonEvent,
  type Running,
  snapshot,
} from './support/command.ts';
import { Place } from './support/place.ts';
import { writeZeros } from './support/write-zeros.ts';

/** Not before next year, whenever that is: only what is missed, or has never been run, runs during a test. */
const YEARLY = ['schedule', '--cron', '0 0 1 1 *'];

function open(): Place {
  const place = Place.open();
  place.write({ 'a.txt': 'a' });
  return place;
}

async function waiting(running: Running): Promise<void> {
  await running.line((line) => line.includes('"event":"next"'));
}

/** Notes a run of so many days ago as the last one. */
function lastRunWas(place: Place, days: number): void {
  mkdirSync(place.series(), { recursive: true });
  const started = new Date(Date.now() - days * 86_400_000).toISOString();
  const record = { started, outcome: 'unchanged', guards: [], error: null };
  writeFileSync(join(place.series(), 'runs.jsonl'), `${JSON.stringify(record)}\n`);
}

/** What a shell would offer after these words. */
async function typed(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await snapshot(['--get-yargs-completions', 'snapshot', ...words], open().options());
  return stdout.trimEnd().split('\n');
}

describe('snapshot schedule', () => {
  it.skipIf(IS_WINDOWS)('makes the first snapshot at once, and then waits', async () => {
    const place = open();
    const running = place.start([...YEARLY, '--json']);
    await waiting(running);
    expect(place.whole()).toHaveLength(1);
    running.child.kill('SIGTERM');
    const events = eventsOf(await running.ended).map(({ event }) => event);
    const told = events.filter((event) => event !== 'progress');
    expect(told).toEqual(['first', 'start', 'row', 'end', 'next', 'end']);
  });

  it.skipIf(IS_WINDOWS).each(['SIGTERM', 'SIGINT'] as const)(
    'between two runs, %s ends it with 0',
    async (signal) => {
      const place = open();
      lastRunWas(place, 0);
      const running = place.start([...YEARLY, '--json']);
      await waiting(running);
      running.child.kill(signal);
      const ended = await running.ended;
      expect(ended).toMatchObject({ status: 0, stderr: '' });
      expect(eventsOf(ended).map(({ event }) => event)).toEqual(['next', 'end']);
      expect(place.snapshots()).toEqual([]);
    },
  );

  it.skipIf(IS_WINDOWS)(
    'during a run, SIGTERM undoes that run and ends it with 130; the next start makes up for it',
    async () => {
      const place = open();
      place.write({ large: '' });
      // A hole: it takes long to read, and no room.
      writeZeros(join(place.source, 'large'), 1_000_000_000);
      lastRunWas(place, 800);
      const running = place.start([...YEARLY, '--json']);
      await running.line((line) => line.includes('"phase":"pack"'));
      running.child.kill('SIGTERM');
      const ended = await running.ended;
      expect(ended.status).toBe(130);
      expect(eventsOf(ended)[0]).toMatchObject({ event: 'missed', count: expect.toBeOneOf([2, 3]) });
      expect(place.snapshots()).toEqual([]);
      truncateSync(join(place.source, 'large'), 10);
      const again = place.start([...YEARLY, '--json']);
      await waiting(again);
      expect(place.whole()).toHaveLength(1);
      again.child.kill('SIGTERM');
      expect((await again.ended).status).toBe(0);
    },
  );

  it.skipIf(IS_WINDOWS)('goes on after a run that failed', async () => {
    const place = open();
    place.writePlan('source,destination', 'nowhere,destination');
    const running = place.start([...YEARLY, '--json']);
    await waiting(running);
    running.child.kill('SIGTERM');
    const ended = await running.ended;
    expect(ended.status).toBe(0);
    expect(eventsOf(ended).find(({ event }) => event === 'row')).toMatchObject({ outcome: 'failed' });
  });

  it.each([
    [[], '--cron "0 2 * * *"'],
    [['--cron', '0 2 * *'], 'expected 5 or 6 fields'],
    [['--cron', '0 2 * * *', '--timezone', 'Mars'], 'no such time zone'],
    [['--cron', '0 2 * * *', '--jitter', 'much'], '--jitter much'],
    [['--cron', '0 2 * * *', '--only', 'else'], 'no row has that name'],
    [['install'], '--on-boot'],
    [['install', '--at', '2:00 pm'], '--at 2:00 pm'],
    [['install', '--at', '02:00', '--name', '../x', '--dry-run'], '--name ../x'],
    [['install', '--at', '02:00', '--timezone', 'UTC'], 'timezone'],
    [['install', '--at', '02:00', '--cron', '@daily'], 'One of --at'],
    [['remove', '--only', 'data'], 'only'],
    [['show', '--with', 'fcron'], '--with fcron: it takes systemd, crontab, launchd or task'],
  ])('refuses %j with 2, and says what is wrong', async (args, why) => {
    const { status, stderr } = await open().command(['schedule', ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(why);
  });

  it('is completed with what is below it', async () => {
    expect(await typed('schedule', '')).toEqual(['install', 'show', 'remove']);
    const schedulers = ['systemd', 'crontab', 'launchd', 'task'];
    expect(await typed('schedule', 'install', '--with', '')).toEqual(schedulers);
  });

  it.each([
    ['systemd', 'OnCalendar=*-*-* 02:00:00'],
    ['crontab', '0 2 * * * nice -n 10 '],
    ['launchd', '<key>StartCalendarInterval</key>'],
    ['task', '<StartBoundary>2026-01-01T02:00:00</StartBoundary>'],
  ])('install --dry-run shows on every system what %s would be told', async (scheduler, text) => {
    const place = open();
    const { status, stdout } = await place.command([
      'schedule',
      'install',
      '--at',
      '02:00',
      '--with',
      scheduler,
      '--name',
      'nightly',
      '--dry-run',
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain('Would write to ');
    expect(stdout).toContain(text);
    expect(stdout).toContain('plan.csv');
  });
});

/** What runs a command with an empty crontab of its own in place of the machine's, which nobody else sees. */
const PRIVATE = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount --bind "$1" /var/spool/cron/crontabs && shift && exec "$@"',
  'sh',
] as const;

class CrontabPlace extends Place {
  readonly #spool: string;

  constructor() {
    super();
    this.#spool = this.path('spool');
    mkdirSync(this.#spool);
    const gid = Number(spawnSync('stat', ['-c', '%g', '/var/spool/cron/crontabs']).stdout.toString());
    chownSync(this.#spool, 0, gid);
    chmodSync(this.#spool, 0o1730);
  }

  private(
    line: readonly string[],
    input = Buffer.alloc(0),
  ): { status: number | null; stdout: Buffer; stderr: string } {
    const [file, ...rest] = PRIVATE;
    const args = [...rest, this.#spool, ...line];
    const { status, stdout, stderr } = spawnSync(file, args, {
      cwd: this.root,
      env: environment(this.options()),
      input,
    });
    return { status, stdout, stderr: stderr.toString() };
  }

  schedule(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
    const { stdout, ...ended } = this.private([
      ...commandLine(['schedule', ...args, '--with', 'crontab', '--plan', this.plan]),
    ]);
    return { ...ended, stdout: stdout.toString() };
  }

  table(): string {
    return this.private(['crontab', '-l']).stdout.toString('latin1');
  }
}

function hasPrivateCrontab(): boolean {
  if (!IS_LINUX || !IS_ROOT || spawnSync('crontab', ['-l']).error !== undefined) return false;
  const [file, ...args] = PRIVATE;
  return spawnSync(file, [...args, '/tmp', 'true']).status === 0;
}

function openCrontab(): CrontabPlace {
  const place = new CrontabPlace();
  place.write({ 'a.txt': 'a' });
  return place;
}

async function draft(...args: readonly string[]): ReturnType<Place['command']> {
  const when = ['--at', '12:00', '--with', 'systemd', '--dry-run'];
  return await open().command(['schedule', 'install', '--verify', ...when, ...args]);
}

describe('snapshot schedule install --verify', () => {
  it('is an entry of its own, with a sample, a drill and whom to tell', async () => {
    const { status, stdout } = await draft('--sample', '5%', '--drill', '--notify', 'desktop:');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /"verify" "--plan" ".*plan\.csv" "--notify" "desktop:" "--sample" "5%%" "--drill"$/m,
    );
    expect(stdout).toMatch(/snapshot-plan-\w{6}-verify\.timer/);
  });

  it.each([
    [['--sample', 'much'], '--sample much: it takes a percentage'],
    [['--rehash'], '`--rehash` is for runs, not for --verify'],
    [['--on-failure', 'no unit'], '--on-failure no unit: it takes the name of a unit'],
  ])('refuses %j', async (args, why) => {
    const { status, stderr } = await draft(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(why);
  });

  it('alone takes --sample and --drill', async () => {
    const { status, stderr } = await open().command(['schedule', 'install', '--at', '02:00', '--drill']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'error: --drill goes with --verify\n' });
  });

  it('--on-failure starts a unit of systemd, and is refused elsewhere', async () => {
    expect((await draft('--on-failure', 'mail-me.service')).stdout).toContain('OnFailure=mail-me.service\n');
    const { status, stderr } = await open().command([
      'schedule',
      'install',
      '--at',
      '02:00',
      '--with',
      'crontab',
      '--dry-run',
      '--on-failure',
      'a.service',
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('here it is crontab');
  });
});

async function served(): Promise<Place> {
  const place = open();
  const { status } = await place.command(['serve', 'user', 'add', place.path('library'), 'anna']);
  expect(status).toBe(0);
  return place;
}

describe('snapshot schedule install --serve', () => {
  it('is an entry of its own, whose command serves', async () => {
    const place = await served();
    const install = [
      'schedule',
      'install',
      '--serve',
      'library',
      '--listen',
      '127.0.0.1:0',
      '--min-free',
      '0',
    ];
    const { stdout } = await place.command([...install, '--with', 'crontab', '--dry-run', '--json']);
    const [end] = eventsOf({ stdout, stderr: '', status: 0, signal: null });
    expect(end).toMatchObject({
      when: 'boot',
      name: expect.stringMatching(/^library-\w{6}-serve$/) as string,
    });
    const command = end?.['command'] as readonly string[];
    expect(command.slice(2)).toEqual([
      'serve',
      place.path('library'),
      '--listen',
      '127.0.0.1:0',
      '--min-free',
      '0',
    ]);
    const running = place.start([...command.slice(2), '--json']);
    await running.line((line) => line.includes('"event":"serving"'));
    running.child.kill('SIGTERM');
    await running.ended;
  });

  it.each([
    [['--at', '02:00'], '--serve goes on from when the machine starts'],
    [['--watch'], '--serve, --watch and --verify are entries of their own'],
    [['--verify'], '--serve, --watch and --verify are entries of their own'],
    [['--jobs', '3'], '`--jobs` is for runs, not for --serve'],
    [['--listen', ':8400'], 'without TLS, others on the way could read tokens and files'],
    [['--base-url', 'here'], '--base-url here: it takes an address'],
    [['--max-size', 'much'], '--max-size much'],
  ])('refuses %j', async (args, why) => {
    const place = await served();
    const { status, stderr } = await place.command([
      'schedule',
      'install',
      '--serve',
      'library',
      '--dry-run',
      ...args,
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain(why);
  });

  it('wants a library, and takes its options only with it', async () => {
    const place = open();
    const refused = async (...args: readonly string[]): Promise<string> => {
      const { status, stderr } = await place.command(['schedule', 'install', '--dry-run', ...args]);
      expect(status).toBe(2);
      return stderr;
    };
    expect(await refused('--serve', place.source)).toContain('is no library yet: it has no accounts');
    expect(await refused('--at', '02:00', '--listen', ':8400')).toContain('`--listen` goes with --serve');
  });
});

describe.skipIf(!hasPrivateCrontab())('snapshot schedule install, in a real crontab', () => {
  it('adds one block, replaces it, shows it, and takes it away; all else stays, byte for byte', () => {
    const place = openCrontab();
    try {
      // Not UTF-8, as crontabs of other days may be.
      const mine = Buffer.from('# caf\xe9\nMAILTO=""\n\n5 4 * * 0 /usr/bin/true 50\\%\n', 'latin1');
      expect(place.private(['crontab', '-'], mine)).toMatchObject({ status: 0 });
      const first = place.schedule('install', '--at', '02:00');
      expect(first).toMatchObject({ status: 0, stderr: '' });
      expect(first.stdout).toMatch(/^Wrote to crontab: "plan-[0-9a-f]{6}", 0 2 \* \* \*\n/);
      const table = place.table();
      expect(table.startsWith(mine.toString('latin1'))).toBe(true);
      place.schedule('install', '--at', '02:00');
      expect(place.table()).toBe(table);
      place.schedule('install', '--cron', '@hourly', '--rehash');
      expect(place.table().split('\n')).toHaveLength(table.split('\n').length);
      expect(place.table()).toMatch(/^0 \* \* \* \* nice .* --rehash --quiet$/m);
      place.schedule('install', '--on-boot', '--name', 'boot');
      const shown = place.schedule('show').stdout;
      expect(shown).toMatch(/^plan-[0-9a-f]{6} \(crontab\): @hourly$/m);
      expect(shown).toMatch(/^boot \(crontab\): boot$/m);
      expect(place.schedule('remove')).toMatchObject({ status: 0 });
      expect(place.schedule('remove').status).toBe(1);
      expect(place.schedule('remove', '--name', 'boot').status).toBe(0);
      expect(place.table()).toBe(mine.toString('latin1'));
    } finally {
      place.remove();
    }
  });

  it('works from an empty one, and the line that it writes makes a snapshot from anywhere', () => {
    const place = openCrontab();
    try {
      expect(place.schedule('install', '--at', '02:00')).toMatchObject({ status: 0, stderr: '' });
      const command =
        /^0 2 \* \* \* (.*)$/m.exec(place.table())?.[1]?.replaceAll(String.raw`\%`, '%') ?? 'false';
      const env = { HOME: place.path('home'), PATH: '/usr/bin:/bin', SHELL: '/bin/sh' };
      const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
        cwd: '/',
        env,
        encoding: 'utf8',
      });
      // cron would mail it.
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
      expect(place.whole()).toHaveLength(1);
      expect(place.schedule('remove').status).toBe(0);
      expect(place.private(['crontab', '-l']).stderr).toContain('no crontab');
    } finally {
      place.remove();
    }
  });

  it('has `status` say when the next verify is due, and that one was left out', () => {
    const place = openCrontab();
    const status = (): { status: number | null; events: readonly JsonEvent[] } => {
      const { stdout, ...ended } = place.private(commandLine(['status', '--plan', place.plan, '--json']));
      return { ...ended, events: eventsOf({ ...ended, signal: null, stdout: stdout.toString() }) };
    };
    try {
      lastRunWas(place, 0);
      expect(place.schedule('install', '--verify', '--cron', '0 12 * * *').status).toBe(0);
      const table = place.table();
      expect(status().events[0]).toMatchObject({
        state: 'ok',
        nextVerify: expect.any(String),
        nextDrill: null,
      });
      // Again, it is as old as before.
      expect(place.schedule('install', '--verify', '--cron', '0 12 * * *').status).toBe(0);
      expect(place.table()).toBe(table);
      const old = table.replace(/"since":"[^"]*"/, `"since":"2026\\u002d01\\u002d01T00:00:00Z"`);
      expect(place.private(['crontab', '-'], Buffer.from(old)).status).toBe(0);
      const late = status();
      expect(late.status).toBe(1);
      expect(late.events[0]).toMatchObject({
        state: 'overdue',
        reasons: [expect.stringContaining('0 12 * * *')],
      });
      expect(place.private(commandLine(['status', '--plan', place.plan])).stdout.toString()).toContain(
        'Next verify: ',
      );
    } finally {
      place.remove();
    }
  });
});
