// Commands of the user's own before and after a run.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { webServer } from '../src/host/notices/notices.lab.ts';
import { eventsOf, IS_WINDOWS } from './support/command.ts';
import { Place } from './support/place.ts';
import { writeZeros } from './support/write-zeros.ts';

function openWithFile(): Place {
  const place = Place.open();
  place.write({ file: 'x' });
  return place;
}

function read(place: Place, file: string): string {
  return readFileSync(place.path(file), 'utf8');
}

/** A busy machine takes its time. */
const PATIENT = { timeout: 60_000 };

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Linux: one that nobody has waited for yet is done all the same.
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'latin1'));
  } catch {
    return false;
  }
}

// The commands are for sh.
describe.skipIf(IS_WINDOWS)('the command before a run', () => {
  it('runs first: what it makes is backed up, by a glob too', async () => {
    const place = Place.open();
    place.writePlan('source,destination', 'dumps/*,destination');
    const ended = await place.run([
      '--before',
      'mkdir -p dumps/db && echo dump > dumps/db/all.sql && echo said',
    ]);
    expect(ended).toMatchObject({ status: 0, row: { row: 'db', outcome: 'written', files: 1 } });
    expect(ended.stderr).toBe('said\n');
  });

  it('skips the run with 75, softly: exit code 0, and no success for a check', async () => {
    const place = openWithFile();
    const { origin, received } = await webServer();
    const args = ['--before', 'exit 75', '--after', 'touch after', '--notify', `healthchecks:${origin}/uuid`];
    const ended = await place.run(args);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.events.at(-2)).toMatchObject({
      event: 'nothing',
      message: expect.stringMatching(/^Skipped: /),
    });
    expect(ended.events.at(-1)).toMatchObject({ event: 'end', status: 0, written: 0 });
    expect(received.map(({ path }) => path)).toEqual(['/uuid/log']);
    expect(received[0]?.body).toMatch(/Skipped: the command before the run ended with 75/);
    expect(existsSync(place.path('after'))).toBe(false);
    expect(place.snapshots()).toEqual([]);
  });

  it('fails the run with any other status: nothing is done, and the one after it does not run', async () => {
    const place = openWithFile();
    const ended = await place.run(['--before', 'exit 3', '--after', 'touch after']);
    expect(ended.status).toBe(1);
    expect(ended.events.at(-1)).toMatchObject({
      event: 'end',
      status: 1,
      error: { code: 'E_HOOK', message: expect.stringContaining('status 3') },
    });
    expect(existsSync(place.path('after'))).toBe(false);
    expect(place.snapshots()).toEqual([]);
  });

  it('does not run when the plan is wrong', async () => {
    const place = openWithFile();
    place.writePlan('source,destination,formt', 'source,destination,zip');
    expect((await place.run(['--before', 'touch before', '--after', 'touch after'])).status).toBe(2);
    expect(existsSync(place.path('before'))).toBe(false);
    expect(existsSync(place.path('after'))).toBe(false);
  });

  it('is ended by Ctrl-C, with all it has started', async () => {
    const place = openWithFile();
    const before = 'sleep 1000 & echo $! > pid; wait';
    const running = place.start(['run', '--json', '--before', before, '--after', 'touch after']);
    await running.line((line) => line.includes('Running the command before'));
    await expect
      .poll(() => existsSync(place.path('pid')) && read(place, 'pid').endsWith('\n'), PATIENT)
      .toBe(true);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.status).toBe(130);
    expect(eventsOf(ended).at(-1)).toMatchObject({ event: 'end', status: 130, error: { code: 'E_STOPPED' } });
    const pid = Number(read(place, 'pid'));
    await expect.poll(() => isRunning(pid), PATIENT).toBe(false);
    expect(existsSync(place.path('after'))).toBe(false);
    expect(place.snapshots()).toEqual([]);
  });
});

describe.skipIf(IS_WINDOWS)('a command that does not want to end', () => {
  it('is killed by a second Ctrl-C', async () => {
    const place = openWithFile();
    const before = "trap '' TERM; echo $$ > part; mv part pid; while :; do sleep 1000; done";
    const running = place.start(['run', '--json', '--before', before]);
    await expect.poll(() => existsSync(place.path('pid')), PATIENT).toBe(true);
    running.child.kill('SIGINT');
    await running.line((line) => line.includes('once more ends it'));
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    await expect.poll(() => isRunning(Number(read(place, 'pid'))), PATIENT).toBe(false);
  });
});

describe.skipIf(IS_WINDOWS)('the command after a run', () => {
  it('learns how it went, and prints to the standard error', async () => {
    const place = openWithFile();
    const after = 'cat > json; echo "$SNAPSHOT_STATUS $SNAPSHOT_OUTCOME"';
    const ended = await place.run(['--after', after]);
    expect(ended).toMatchObject({ status: 0, stderr: '0 done\n' });
    expect(JSON.parse(read(place, 'json'))).toMatchObject({
      version: 1,
      outcome: 'done',
      status: 0,
      rows: [{ row: 'data', outcome: 'written' }],
    });
  });

  it.each<[string, readonly string[], number, string]>([
    ['a row failed', [], 1, '1 failed'],
    ['the plan became wrong in between', ['--before', 'echo nonsense > plan.csv'], 2, '2 failed'],
  ])('runs when %s', async (_, args, status, said) => {
    const place = openWithFile();
    place.writePlan('source,destination,name', 'gone,destination,data');
    const after = 'echo "$SNAPSHOT_STATUS $SNAPSHOT_OUTCOME" > said';
    expect((await place.run([...args, '--after', after])).status).toBe(status);
    expect(read(place, 'said')).toBe(`${said}\n`);
  });

  it('makes the run fail when it fails itself, after everything is written', async () => {
    const place = openWithFile();
    const { origin, received } = await webServer();
    const ended = await place.run(['--after', 'exit 7', '--notify', `webhook:${origin}/hook`]);
    expect(ended.status).toBe(1);
    expect(ended.events).toContainEqual({
      event: 'warning',
      message: 'The command after the run failed with status 7',
    });
    expect(ended.events.at(-1)).toMatchObject({ event: 'end', status: 1, written: 1, failed: 0 });
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      outcome: 'failed',
      status: 1,
      notes: ['The command after the run failed with status 7'],
    });
    expect(place.snapshots()).toHaveLength(1);
  });

  it('runs after Ctrl-C too, to clear up', async () => {
    const place = openWithFile();
    place.write({ large: '' });
    writeZeros(`${place.source}/large`, 1_000_000_000);
    const running = place.start(['run', '--json', '--after', 'echo "$SNAPSHOT_STATUS" > said']);
    await running.line((line) => line.includes('"phase":"pack"'));
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(read(place, 'said')).toBe('130\n');
  });

  it('does not run after a dry run', async () => {
    const place = openWithFile();
    expect((await place.run(['--dry-run', '--before', 'touch b', '--after', 'touch a'])).status).toBe(0);
    expect([existsSync(place.path('a')), existsSync(place.path('b'))]).toEqual([false, false]);
  });
});

describe('--config', () => {
  it('has options for every run; paths in it start at its folder, and the command line wins', async () => {
    const place = openWithFile();
    const server = await webServer();
    mkdirSync(place.path('etc'));
    writeFileSync(
      place.path('etc', 'snapshot.json'),
      JSON.stringify({ plan: '../plan.csv', notify: [`webhook:${server.origin}/file`], log: 'log.jsonl' }),
    );
    // Away from the plan, which the file names.
    const options = place.options({ cwd: place.path('home') });
    const { snapshot } = await import('./support/command.ts');
    const config = ['--config', place.path('etc', 'snapshot.json')];
    expect(await snapshot(['run', ...config], options)).toMatchObject({ status: 0, stderr: '' });
    expect(place.snapshots()).toHaveLength(1);
    expect(existsSync(place.path('etc', 'log.jsonl'))).toBe(true);
    const other = ['--notify', `webhook:${server.origin}/line`];
    expect(await snapshot(['run', ...config, ...other], options)).toMatchObject({ status: 0 });
    expect(server.received.map(({ path }) => path)).toEqual(['/file', '/line']);
    const env = { SNAPSHOT_CONFIG: place.path('etc', 'snapshot.json') };
    const listed = await snapshot(['list'], { ...options, env });
    expect(listed).toMatchObject({ status: 0, stdout: expect.stringContaining('data') });
  });

  it('that is wrong keeps nobody from help, and from calling a shutdown off', async () => {
    const place = Place.open();
    writeFileSync(place.path('snapshot.json'), 'no JSON');
    const env = { SNAPSHOT_CONFIG: place.path('snapshot.json') };
    expect((await place.command(['list'], { env })).status).toBe(2);
    expect((await place.command(['run', '--help'], { env })).status).toBe(0);
    expect((await place.command(['shutdown', '--cancel'], { env })).stdout).toContain('No shutdown');
  });

  it('keeps what is in it out of the help', async () => {
    const place = Place.open();
    writeFileSync(place.path('snapshot.json'), '{"notify":["ntfy:https://ntfy.sh/secret"]}');
    const { status, stdout } = await place.command(['run', '--config', 'snapshot.json', '--help']);
    expect(status).toBe(0);
    expect(stdout).not.toContain('secret');
  });

  it.each([
    ['a key that is no option', '{"notfy":["desktop:"]}', /`notfy`.*did you mean `notify`/],
    ['a value of another type', '{"jobs":"two"}', /`jobs` takes a number/],
    ['no JSON', 'jobs=2', /not JSON/],
    ['an address for notices that cannot be used', '{"notify":["nobody"]}', /no kind that is known/],
  ])('is refused with %s, and nothing is done', async (_, text, message) => {
    const place = openWithFile();
    writeFileSync(place.path('snapshot.json'), text);
    const { status, stderr } = await place.command(['run', '--config', 'snapshot.json']);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(place.snapshots()).toEqual([]);
  });

  it('is refused when it is not there', async () => {
    const { status, stderr } = await Place.open().command(['run', '--config', 'none.json']);
    expect(status).toBe(2);
    expect(stderr).toContain('Cannot use the options in "none.json": no such file or folder');
  });

  it.skipIf(IS_WINDOWS)('does not take a mail server from a file that others may read', async () => {
    const place = openWithFile();
    writeFileSync(place.path('smtp'), 'smtp://127.0.0.1:25', { mode: 0o644 });
    writeFileSync(place.path('snapshot.json'), '{"notify":["mailto:a@example.org"],"smtp-file":"smtp"}');
    const { status, stderr } = await place.command(['run', '--config', 'snapshot.json']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/others may read it\n {2}Run `chmod 600 ".*smtp"`/);
  });
});
