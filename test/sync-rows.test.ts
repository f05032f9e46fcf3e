// Rows of a plan whose strategy is `sync`: run, watch, and all that tells of them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventsOf } from './support/command.ts';
import { listing, Place } from './support/place.ts';
import { noSftp, SftpServer } from './support/servers/sftp.ts';

/** A plan that syncs two folders under the name `work`. */
function open(): Place & { readonly here: string; readonly there: string } {
  const place = Place.open();
  const [here, there] = [place.path('here'), place.path('there')];
  for (const folder of [here, there]) mkdirSync(folder);
  place.writePlan('source,destination,name,strategy', 'here,there,work,sync');
  return Object.assign(place, { here, there });
}

const write = (root: string, path: string, content: string, at?: number): void => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
  if (at !== undefined) utimesSync(join(root, path), at, at);
};
const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

describe('a row that syncs', () => {
  it('is brought to the same on both sides, and is unchanged after that', async () => {
    const place = open();
    write(place.here, 'a/one.txt', 'one');
    write(place.there, 'two.txt', 'two');
    const first = await place.run();
    expect(first.row).toMatchObject({ row: 'work', outcome: 'written', status: 0, files: 2, newBytes: 6 });
    expect([read(place.there, 'a/one.txt'), read(place.here, 'two.txt')]).toEqual(['one', 'two']);
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged', files: 2, bytes: 6 });
    rmSync(join(place.there, 'a/one.txt'));
    expect((await place.run()).row).toMatchObject({ outcome: 'written', change: { removed: 1 } });
    expect(existsSync(join(place.here, 'a/one.txt'))).toBe(false);
    // Nothing of it lies where a series would.
    expect(listing(place.there).filter((path) => path.includes('work'))).toEqual([]);
  });

  it('says in a dry run what would be done, and leaves no trace', async () => {
    const place = open();
    write(place.here, 'one.txt', 'one');
    const { status, stdout } = await place.command(['run', '--dry-run']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/would copy one\.txt to there \(new\)/);
    expect(listing(place.there)).toEqual([]);
    expect((await place.command(['list'])).stdout).toMatch(/never synced/);
  });

  it('leaves out what the row leaves out, on both sides', async () => {
    const place = open();
    writeFileSync(place.path('more'), '*.log\n');
    place.writePlan(
      'source,destination,name,strategy,exclude,exclude-from',
      'here,there,work,sync,*.tmp,more',
    );
    for (const name of ['a.tmp', 'b.log', 'c.txt']) write(place.here, name, name);
    write(place.there, 'd.tmp', 'd');
    expect((await place.run()).row).toMatchObject({ outcome: 'written', files: 1 });
    expect(listing(place.there)).not.toContain('a.tmp');
    expect(existsSync(join(place.here, 'd.tmp'))).toBe(false);
  });

  it('tells conflicts in the run, in status, and in list', async () => {
    const place = open();
    write(place.here, 'x', 'old', 1_700_000_000);
    await place.run();
    write(place.here, 'x', 'mine', 1_700_000_100);
    write(place.there, 'x', 'theirs', 1_700_000_200);
    expect((await place.run()).row).toMatchObject({
      outcome: 'written',
      status: 0,
      conflicts: [
        expect.stringMatching(/^conflict: x: the one there is newer; the other one is here, .* as .*x~/),
      ],
    });
    expect(read(place.here, 'x')).toBe('theirs');
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged' });
    const [told] = eventsOf(await place.command(['status', '--json']));
    expect(told).toMatchObject({ series: 'work', destination: place.there });
    const status = await place.command(['status']);
    expect(status).toMatchObject({ status: 0, stdout: expect.stringMatching(/conflict: x:/) });
    expect((await place.command(['list'])).stdout).toMatch(
      /work +.*here and .*there +sync, last synced .*; 1 conflict/,
    );
  });

  it('is refused by a guard with what it has seen, until that is accepted', async () => {
    const place = open();
    for (let i = 0; i < 20; i++) write(place.here, `${i}`, `${i}`);
    await place.run();
    for (let i = 0; i < 15; i++) rmSync(join(place.here, `${i}`));
    const held = await place.run();
    expect(held.row).toMatchObject({ outcome: 'failed', status: 4, guards: [{ guard: 'mass-change' }] });
    expect(held.row?.['error']).toMatchObject({
      hint: expect.stringMatching(/run .*--only work --accept-changes/),
    });
    expect(listing(place.there)).toContain('3');
    expect((await place.command(['status'])).status).toBe(1);
    const accepted = await place.run(['--only', 'work', '--accept-changes']);
    expect(accepted.row).toMatchObject({ outcome: 'written', change: { removed: 15 } });
    expect((await place.command(['status'])).status).toBe(0);
  });

  it('waits for a side that is away, and goes on when it is back', async () => {
    const place = open();
    write(place.here, 'one.txt', 'one');
    await place.run();
    renameSync(place.there, place.path('unplugged'));
    const away = await place.run();
    expect(away).toMatchObject({ status: 0, row: { outcome: 'waiting', error: null } });
    expect(existsSync(place.there)).toBe(false);
    expect((await place.command(['status'])).stdout).toMatch(/waiting for ".*there", which is not there/);
    renameSync(place.path('unplugged'), place.there);
    write(place.here, 'two.txt', 'two');
    expect((await place.run()).row).toMatchObject({ outcome: 'written', change: { added: 1 } });
  });

  it('names what it could not sync, with exit code 3', async () => {
    const place = open();
    write(place.here, 'x/in', 'a');
    write(place.there, 'x', 'a file');
    const { status, row, events } = await place.run();
    expect([status, row]).toMatchObject([3, { problems: 2 }]);
    expect(events.filter(({ event }) => event === 'problem')).toMatchObject([
      { path: 'x' },
      { path: 'x/in' },
    ]);
  });
});

describe('what tells of a row that syncs', () => {
  it('verifies it by looking at both sides: what changed since is no damage', async () => {
    const place = open();
    write(place.here, 'one.txt', 'one');
    await place.run();
    const same = await place.command(['verify', 'work', '--level', 'full']);
    expect(same).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/healthy +work +sync, 1 file at the last one,/),
    });
    write(place.there, 'two.txt', 'two');
    const differs = await place.command(['verify', 'work']);
    expect(differs).toMatchObject({ status: 0 });
    expect(differs.stdout).toMatch(/two\.txt is there only/);
    expect(differs.stdout).toMatch(
      /in place +work +sync, .* 1 path for the next one, contents were not read/,
    );
    expect(existsSync(join(place.here, 'two.txt'))).toBe(false);
    for (const name of ['one.txt', 'two.txt']) rmSync(join(place.there, name));
    const stopped = await place.command(['verify', 'work', '--quiet']);
    expect(stopped.status).not.toBe(0);
    // Whoever hears nothing takes all for well.
    expect(stopped.stderr).toMatch(/^work: a sync would be stopped \(empty-side\): /);
    rmSync(place.there, { recursive: true });
    expect((await place.command(['verify', 'work'])).status).not.toBe(0);
  });

  it('checks both sides', async () => {
    const place = open();
    expect((await place.command(['check'])).stdout).toMatch(
      /side ".*here" is there[^]*side ".*there" is there/,
    );
    rmSync(place.there, { recursive: true });
    expect((await place.command(['check'])).stdout).toMatch(/side ".*there" will be made/);
    rmSync(place.here, { recursive: true });
    const neither = await place.command(['check']);
    expect(neither.status).not.toBe(0);
    expect(neither.stdout + neither.stderr).toMatch(/neither side is there/);
  });

  it('is refused by what is about snapshots, with where the files are', async () => {
    const place = open();
    await place.run();
    for (const args of [
      ['files', 'work'],
      ['diff', 'work'],
      ['pin', 'work', 'latest'],
      ['export', 'work', '--as', 'zip', '--to', 'x.zip'],
      ['rename', 'work', 'other'],
    ]) {
      const { status, stderr } = await place.command(args);
      expect([args[0], status, stderr]).toEqual([
        args[0],
        2,
        expect.stringMatching(/`work` is a pair that is synced[^]*here and .*there/),
      ]);
    }
    expect((await place.command(['prune'])).status).toBe(0);
  });

  it('is no place that a backup leaves out', async () => {
    const place = open();
    place.writePlan(
      'source,destination,name,strategy',
      'here,all/there,work,sync',
      'all,backup,all,incremental',
    );
    mkdirSync(place.path('all'));
    // A series of the row would be called so.
    write(place.here, 'work/one.txt', 'one');
    expect((await place.run()).status).toBe(0);
    const { stdout } = await place.command(['files', 'all']);
    expect(stdout).toMatch(/there\/work\/one\.txt/);
  });
});

describe('what files were before', () => {
  it('is listed, and comes back, from whichever side has it', async () => {
    const place = open();
    write(place.here, 'a/x.txt', 'first', 1_700_000_000);
    write(place.there, 'y', 'there first', 1_700_000_000);
    await place.run();
    write(place.here, 'a/x.txt', 'second', 1_700_000_100);
    rmSync(join(place.here, 'y'));
    await place.run();
    const { stdout } = await place.command(['versions', 'work']);
    expect(stdout).toMatch(/ 5 B +a\/x\.txt[^]* 11 B +y[^]*2 versions\. To get one back: `.*restore .*work /);
    const at = ['--at', '1h'];
    const restored = await place.command(['restore', 'work', ...at, '--to', 'out']);
    expect(restored).toMatchObject({ status: 0 });
    expect([read(place.path('out'), 'a/x.txt'), read(place.path('out'), 'y')]).toEqual([
      'first',
      'there first',
    ]);
    await place.command(['restore', 'work', 'a', '--to', 'now']);
    expect(listing(place.path('now'))).toEqual(['a', join('a', 'x.txt')]);
    expect(read(place.path('now'), 'a/x.txt')).toBe('second');
    await place.command(['restore', 'work', 'y', 'a', '!*.txt', ...at, '--to', 'some']);
    expect(listing(place.path('some'))).toEqual(['y']);
    const again = await place.command(['restore', 'work', ...at, '--to', 'out']);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringMatching(/in the way: a\/x\.txt, y/) });
    expect((await place.command(['restore', 'work', '--to', 'out', '--overwrite', 'always'])).status).toBe(2);
    expect((await place.command(['restore', 'work', 'nothing', '--to', 'other'])).status).toBe(2);
  });

  it('at a moment is the version that was let go first after it', async () => {
    const place = open();
    write(place.here, 'x.txt', 'now');
    await place.run();
    const versions = join('.snapshot-data', 'versions');
    write(place.there, join(versions, 'x~20260101T000000Z-2.txt'), 'second');
    write(place.there, join(versions, 'x~20260101T000000Z.txt'), 'first');
    write(place.here, join(versions, 'x~20260103T000000Z.txt'), 'third');
    for (const [at, content] of [
      ['2025-12-30', 'first'],
      ['2026-01-02 12:00', 'third'],
      ['2026-01-05', 'now'],
    ] as const) {
      await place.command(['restore', 'work', '--at', at, '--to', content]);
      expect([at, read(place.path(content), 'x.txt')]).toEqual([at, content]);
    }
  });
});

describe('a plan', () => {
  it.each([
    ['here,there,work,sync,zip,,', 'a sync has plain files: leave `format` empty'],
    ['here,there | more,work,sync,,,', 'a sync has one destination'],
    ['here,s3://bucket/x,work,sync,,,', 'on a server by `sftp://`'],
    ['here,here/in,work,sync,,,', 'one side of the sync'],
    ['here/in,here,work,sync,,,', 'one side of the sync'],
    ['here,there,work,sync,,yes,', 'leave `one-file-system` empty'],
    ['here,there,work,sync,,,1GB', 'leave `exclude-larger-than` empty'],
    ['sftp://nas/x,there,work,incremental,,,', 'source'],
  ])('refuses %s', async (line, says) => {
    const place = open();
    place.writePlan('source,destination,name,strategy,format,one-file-system,exclude-larger-than', line);
    const { status, stderr } = await place.command(['check']);
    expect([status, stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});

describe('watch', () => {
  it('syncs a pair as either side changes', async () => {
    const place = open();
    write(place.here, 'one.txt', 'one');
    const running = place.start(['watch', '--json']);
    try {
      await vi.waitFor(() => expect(read(place.there, 'one.txt')).toBe('one'), { timeout: 20_000 });
      write(place.there, 'two.txt', 'two');
      await vi.waitFor(() => expect(read(place.here, 'two.txt')).toBe('two'), { timeout: 20_000 });
      write(place.here, 'one.txt', 'one more');
      await vi.waitFor(() => expect(read(place.there, 'one.txt')).toBe('one more'), { timeout: 20_000 });
    } finally {
      running.child.kill('SIGTERM');
    }
    const ended = await running.ended;
    expect(ended.status).toBe(0);
    const actions = eventsOf(ended).filter(({ event }) => event === 'action');
    expect(actions).toMatchObject([
      { action: 'FILE CREATED', path: 'one.txt (there)' },
      { action: 'FILE CREATED', path: 'two.txt (here)' },
      { action: 'FILE MODIFIED', path: 'one.txt (there)' },
    ]);
  });

  it('ends when all is idle, with a guard as its exit code', async () => {
    const place = open();
    for (let i = 0; i < 20; i++) write(place.here, `${i}`, `${i}`);
    expect((await place.command(['watch', '--until-idle'])).status).toBe(0);
    for (let i = 0; i < 20; i++) rmSync(join(place.here, `${i}`));
    expect((await place.command(['watch', '--until-idle'])).status).toBe(4);
  });
});

const why = noSftp('plain');
describe.skipIf(why !== undefined)('with a server', () => {
  let server: SftpServer;
  beforeAll(async () => {
    server = await SftpServer.start('plain');
  });
  afterAll(async () => await server.stop());

  it('syncs a row of which either side is there', async () => {
    const place = open();
    vi.stubEnv('SNAPSHOT_SSH', server.share());
    const far = join(server.folder, 'row');
    mkdirSync(far);
    // What the test makes there is the server's user's.
    spawnSync('chown', ['-R', 'nobody', far]);
    place.writePlan(
      'source,destination,name,strategy',
      `here,${server.address('row')},work,sync`,
      `${server.address('row')},there,back,sync`,
    );
    write(place.here, 'one.txt', 'one');
    const { status, stderr } = await place.run();
    expect([status, stderr]).toEqual([0, '']);
    expect(read(place.there, 'one.txt')).toBe('one');
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged' });
    expect((await place.command(['check'])).status).toBe(0);
    expect((await place.command(['list'])).stdout).toMatch(/sftp:\/\/.*row/);
    await server.stop();
    const gone = await place.run();
    expect(gone).toMatchObject({ status: 1, row: { outcome: 'failed' } });
    server = await SftpServer.start('plain');
    vi.unstubAllEnvs();
  });
});
