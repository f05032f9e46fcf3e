// What every command has in common, and those that only look.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf } from './support/command.ts';
import { listing, Place } from './support/place.ts';

const COMMANDS = [
  'run',
  'init',
  'check',
  'list',
  'files',
  'diff',
  'find',
  'status',
  'completion',
  'shutdown',
];

async function openWithSnapshot(): Promise<Place> {
  const place = Place.open();
  place.write({ 'one.txt': 'one', 'two.txt': 'two' });
  await place.night();
  return place;
}

describe('snapshot check', () => {
  it('says that all is right, and changes nothing', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    const before = listing(place.root);
    const { status, stdout, stderr } = await place.command(['check']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`source "${place.source}" can be read`);
    expect(stdout).toMatch(/destination.*will be made/);
    expect(stdout).toMatch(/^Ready/m);
    expect(listing(place.root)).toEqual(before);
  });

  it('names what is missing, with status 1', async () => {
    const place = Place.open();
    place.writePlan('source,destination', 'gone,destination', 'source,plan.csv/below');
    const { status, stdout, stderr } = await place.command(['check']);
    expect(status).toBe(1);
    const all = stdout + stderr;
    expect(all).toContain(`source "${place.path('gone')}" does not exist`);
    expect(all).toMatch(/destination ".*below" cannot be written/);
    expect(all).toContain('Not ready');
    const events = eventsOf(await place.command(['check', '--json']));
    expect(events.map(({ event }) => event)).toEqual(['check', 'check', 'end']);
    expect(events.at(-1)).toMatchObject({ status: 1 });
  });
});

describe('quiet', () => {
  it('leaves the warnings of check, on the standard error', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    const { status, stdout, stderr } = await place.command(['check', '--quiet']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/^data\n +warning +source and destination are on the same disk/);
  });
});

describe('snapshot list', () => {
  it('finds a series by its name in the plan', async () => {
    const place = await openWithSnapshot();
    const { status, stdout } = await place.command(['list', 'data']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^data .* 1 snapshot,/);
    expect(stdout).toContain(place.snapshots()[0]);
  });

  it('finds a series by its path, without any plan', async () => {
    const place = await openWithSnapshot();
    const { status, stdout } = await place.command(['list', place.series(), '--plan', 'none.csv']);
    expect(status).toBe(0);
    expect(stdout).toContain(place.snapshots()[0]);
  });

  it('shows all series of the plan, those without a snapshot too', async () => {
    const place = await openWithSnapshot();
    place.writePlan('source,destination,name', 'source,destination,data', 'source,destination,fresh');
    const { stdout } = await place.command(['list']);
    expect(stdout).toMatch(/^data .*1 snapshot/m);
    expect(stdout).toMatch(/^fresh .*no snapshots/m);
  });

  it('tells programs of each snapshot', async () => {
    const place = await openWithSnapshot();
    const events = eventsOf(await place.command(['list', '--json']));
    const [snapshot] = place.snapshots();
    expect(events).toEqual([
      expect.objectContaining({
        event: 'snapshot',
        series: 'data',
        snapshot,
        count: { files: 2, folders: 0, links: 0 },
      }),
      { event: 'end', status: 0 },
    ]);
  });

  it('refuses a series that is not there, and says which are', async () => {
    const place = await openWithSnapshot();
    const { status, stderr } = await place.command(['list', 'dada']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/dada.*\n.*data/);
    expect((await place.command(['list', './nowhere/dada'])).status).toBe(2);
  });
});

describe('every command', () => {
  it.each(COMMANDS)('%s: --help shows an example', async (command) => {
    const place = Place.open();
    const { status, stdout, stderr } = await place.command([command, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`snapshot ${command}`);
    expect(stdout).toMatch(/Examples:/);
  });

  it.each([
    [['run', '--wrong']],
    [['run', '--jobs', '0']],
    [['run', '--jobs', 'many']],
    [['run', '--shutdown=maybe']],
    [['run', 'documents']],
    [['list', 'a', 'b']],
    [['status', 'a', 'b']],
    [['files']],
    [['files', 'data', '--at']],
    [['files', 'data', '--at', '2026', '--at', '2027']],
    [['diff', 'data', 'a', 'b', 'c']],
    [['find']],
    [['completion', 'ksh']],
    [['shutdown']],
    [['backup']],
    [[]],
    [['run', '--only']],
    [['run', '--plan', 'plan.csv', '--plan', 'plan.csv']],
    [['run', '--log', 'a.log', '--log', 'b.log']],
    [['run', '--jobs', '1', '--jobs', '2']],
    [['run', '--shutdown', '--shutdown=always']],
  ])('used wrongly has status 2, a reason, and does nothing: %j', async (args) => {
    const place = Place.open();
    place.write({ file: 'x' });
    const before = listing(place.root);
    const { status, stdout, stderr } = await place.command(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: ./);
    expect(stderr).not.toContain('    at ');
    expect(listing(place.root)).toEqual(before);
  });

  it.each([
    [['run']],
    [['check']],
    [['list']],
    [['init']],
    [['shutdown', '--cancel']],
    [['files', 'data']],
    [['diff', 'data']],
    [['find', '*']],
    [['completion', 'bash']],
    [['run', '--wrong']],
    [['list', 'unknown']],
  ])('with --json prints JSON only, and its status at the end: %j', async (args) => {
    const place = Place.open();
    place.write({ file: 'x' });
    const ended = await place.command([...args, '--json']);
    expect(eventsOf(ended).at(-1)).toMatchObject({ event: 'end', status: ended.status });
  });

  it.each([[['run']], [['check']], [['list']], [['init', '--plan', 'fresh.csv']]])(
    'with --quiet prints nothing when all is well: %j',
    async (args) => {
      const place = Place.open();
      place.write({ file: 'x' });
      // On one disk with its source, a destination would be worth a warning.
      if (args[0] === 'check') place.writePlan('source,destination,active', 'source,destination,no');
      expect(await place.command([...args, '--quiet'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    },
  );

  it('is named by --help, with what the exit statuses mean', async () => {
    const place = Place.open();
    const { status, stdout } = await place.command(['--help']);
    expect(status).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command}(?: |$)`, 'm'));
    expect(stdout).toMatch(/Exit status:\s+0 +done/);
  });

  it('has a version', async () => {
    const place = Place.open();
    expect((await place.command(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the log', () => {
  it('is in the state folder, and holds every problem and how each row ended', async () => {
    const place = await openWithSnapshot();
    place.writePlan('source,destination', 'gone,destination');
    await place.run();
    const log = listing(place.path('home')).find((file) => file.endsWith('snapshot.log'));
    expect(log).toBeDefined();
  });

  it('may be elsewhere', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    const made = await place.command(['run', '--log', join('logs', 'my.log')]);
    expect(made.status).toBe(0);
    expect(made.stderr).toContain(`Made the folder "${join(place.root, 'logs')}" for the log`);
    expect((await place.command(['run', '--log', join('logs', 'my.log')])).stderr).not.toContain(
      'Made the folder',
    );
    expect(listing(place.path('logs'))).toEqual(['my.log']);
    expect(listing(place.path('home')).filter((file) => file.endsWith('.log'))).toEqual([]);
  });

  it('that cannot be opened is a warning, whoever named it, and the run goes on', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    const named = await place.command(['run', '--log', join('plan.csv', 'log')]);
    expect(named.status).toBe(0);
    expect(named.stderr).toMatch(/^warning: Cannot open the log "plan.csv.log": .*; this run has no log\n$/);
    expect(place.snapshots()).toHaveLength(1);
    writeFileSync(place.path('no-folder'), '');
    const { status, stderr } = await place.command(['run'], { home: place.path('no-folder') });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: .*log/);
  });
});
