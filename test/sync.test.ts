// `snapshot sync`: two sides that may both change.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { statusOf, type SyncResult } from '../src/jobs/sync/result.ts';
import { swapVersions } from '../src/jobs/sync/swap.ts';
import { undoSync } from '../src/jobs/sync/undo.ts';
import { type Ended, homeVariables, IS_LINUX, IS_ROOT, tool } from './support/command.ts';
import { LivingTree, randomOf } from './support/history.ts';
import { listing, Place } from './support/place.ts';
import { CutSync } from './support/cut-sync.ts';
import { CUTS, noCutSsh } from './support/servers/cut-ssh.ts';
import { chosenSeed } from './support/seed.ts';
import { bring, differences, keptBy, lost, shapeOf } from './support/synced.ts';
import { noSftp, type SftpKind, SftpServer } from './support/servers/sftp.ts';

/** A place with two folders to sync, and a home of its own. */
function pair(): Place & { readonly here: string; readonly there: string } {
  const place = Place.open();
  for (const [name, value] of Object.entries(homeVariables(place.path('home')))) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const [here, there] = [place.path('here'), place.path('there')];
  for (const folder of [here, there]) mkdirSync(folder);
  return Object.assign(place, { here, there });
}

const write = (root: string, path: string, content: string, at?: number): void => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
  if (at !== undefined) utimesSync(join(root, path), at, at);
};
const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex');

/** Both sides change, and are synced, again and again. */
async function live(
  folders: { readonly here: string; readonly there: string },
  addresses: { readonly here: string; readonly there: string },
  rounds: number,
  changed: () => void = () => {},
): Promise<void> {
  const seed = chosenSeed();
  const random = randomOf(seed);
  const [a, b] = [new LivingTree(folders.here, seed), new LivingTree(folders.there, seed + 1)];
  for (let round = 0; round < rounds; round++) {
    a.change(random(6));
    b.change(random(6));
    changed();
    const before = keptBy(folders.here, folders.there);
    try {
      const result = await bring(addresses.here, addresses.there);
      expect(result.troubles).toEqual([]);
      expect(differences(folders.here, folders.there, result)).toEqual([]);
      expect(lost(before, folders.here, folders.there)).toEqual([]);
      const again = await bring(addresses.here, addresses.there);
      expect(again.actions.filter(({ decision }) => decision.do !== 'apart')).toEqual([]);
    } catch (error) {
      const log = [...a.log.slice(-8), '|', ...b.log.slice(-8)].join('; ');
      throw new Error(`seed ${seed}, round ${round}: ${log}`, { cause: error });
    }
  }
}

describe.skipIf(!IS_LINUX || !IS_ROOT)('a side that is mounted in the other one', () => {
  it('is refused, before it is copied into itself, unless it is left out', async () => {
    const place = pair();
    write(place.here, 'a', 'x');
    const inside = join(place.here, 'mounted');
    mkdirSync(inside);
    tool('mount', ['--bind', place.there, inside]);
    onTestFinished(() => void tool('umount', ['--lazy', inside]));
    for (const sides of [
      [place.here, place.there],
      [place.there, place.here],
    ]) {
      expect(await place.command(['sync', ...sides])).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^error: "mounted" in ".*here" is ".*there": a pair is of two trees/),
      });
    }
    expect(listing(place.there).filter((path) => !path.startsWith('.'))).toEqual([]);
    const leftOut = await place.command(['sync', place.here, place.there, '--exclude', '/mounted']);
    expect(leftOut).toMatchObject({ status: 0, stderr: '' });
    expect(listing(place.there).filter((path) => !path.startsWith('.'))).toEqual(['a']);
  });
});

describe('a sync of two folders', () => {
  it('makes them the same, whatever happens to both, and loses no content', async () => {
    const place = pair();
    await live(place, place, 20);
  });

  it('settles three that are synced in any order', async () => {
    const place = pair();
    const third = place.path('third');
    mkdirSync(third);
    const roots = [place.here, place.there, third];
    const seed = chosenSeed();
    const random = randomOf(seed);
    const trees = roots.map((root, n) => new LivingTree(root, seed + n));
    const pairs = [
      [0, 1],
      [1, 2],
      [2, 0],
    ] as const;
    for (let round = 0; round < 12; round++) {
      for (const tree of trees) tree.change(random(4));
      const before = keptBy(...roots);
      // Twice around, after which nothing is under way any more.
      const ends: SyncResult[] = [];
      for (const [a, b] of [...pairs, ...pairs]) ends.push(await bring(roots[a] ?? '', roots[b] ?? ''));
      expect(lost(before, ...roots)).toEqual([]);
      if (ends.some((end) => statusOf(end) !== 0)) return;
      for (const [a, b] of pairs) expect([...shapeOf(roots[a] ?? '')]).toEqual([...shapeOf(roots[b] ?? '')]);
    }
  });

  it('does not bring back from the third what was deleted on one', async () => {
    const place = pair();
    const third = place.path('third');
    mkdirSync(third);
    for (let i = 0; i < 3; i++) write(place.here, `${i}`, `${i}`);
    const around = async (): Promise<void> => {
      await bring(place.here, place.there);
      await bring(place.there, third);
      await bring(third, place.here);
    };
    await around();
    rmSync(join(place.here, '1'));
    await around();
    await around();
    for (const root of [place.here, place.there, third])
      expect([...shapeOf(root).keys()]).toEqual(['0', '2']);
  });

  it('keeps the loser of a conflict on its own side, and names it', async () => {
    const place = pair();
    write(place.here, 'a.txt', 'first');
    await bring(place.here, place.there);
    write(place.here, 'a.txt', 'of here', 1_700_000_000);
    write(place.there, 'a.txt', 'of there', 1_700_000_100);
    const ended = await place.command(['sync', place.here, place.there]);
    expect(ended.status).toBe(0);
    const [, version = ''] = /as (\.snapshot-data\/versions\/a~\S+\.txt)/.exec(ended.stdout) ?? [];
    expect(ended.stdout).toContain('conflict: a.txt: the one there is newer');
    expect([read(place.here, 'a.txt'), read(place.there, 'a.txt'), read(place.here, version)]).toEqual([
      'of there',
      'of there',
      'of here',
    ]);
    const status = await place.command(['sync', place.there, place.here, '--status']);
    expect(status.stdout).toContain(version);
  });

  it.each([
    ['of other times', 1_700_000_100, 'of there, longer'],
    ['that nothing tells apart but their content', 1_700_000_000, 'of them'],
  ])('takes the loser of a conflict instead, and the winner again: two files %s', async (_, time, other) => {
    const place = pair();
    write(place.here, 'in/a b.txt', 'first');
    await bring(place.here, place.there);
    write(place.here, 'in/a b.txt', 'of here', 1_700_000_000);
    write(place.there, 'in/a b.txt', other, time);
    const ended = await place.command(['sync', place.here, place.there]);
    const won = read(place.here, 'in/a b.txt');
    const loser = won === other ? 'of here' : other;
    expect(ended.stdout).toMatch(
      /conflict: in\/a b\.txt: .*`snapshot sync .* --swap 'in\/a b\.txt'.*` takes it instead/,
    );
    const args = ['sync', place.here, place.there, '--swap', 'in/a b.txt'];
    for (const content of [loser, won, loser]) {
      expect((await place.command(args)).status).toBe(0);
      expect([read(place.here, 'in/a b.txt'), read(place.there, 'in/a b.txt')]).toEqual([content, content]);
    }
    // Nothing is left to do, and nothing was lost on the way.
    expect((await bring(place.here, place.there)).actions).toEqual([]);
    const kept = keptBy(place.here, place.there);
    for (const content of ['of here', other]) expect(kept).toContain(hashOf(content));
  });

  it('brings back what was deleted on both sides, and refuses what it cannot', async () => {
    const place = pair();
    write(place.here, 'in/a.txt', 'first');
    write(place.here, 'b', 'file');
    await bring(place.here, place.there);
    rmSync(join(place.here, 'in'), { recursive: true });
    rmSync(join(place.here, 'b'));
    await bring(place.here, place.there);
    const swapped = async (...more: readonly string[]): Promise<Ended> =>
      await place.command(['sync', place.here, place.there, ...more]);
    expect((await swapped('--swap', './in/a.txt')).status).toBe(0);
    expect([read(place.here, 'in/a.txt'), read(place.there, 'in/a.txt')]).toEqual(['first', 'first']);

    const none = await swapped('--swap', 'in/a.txt', 'nothing');
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('Neither side has a version of')]);
    mkdirSync(join(place.there, 'b'));
    const folder = await swapped('--swap', 'b');
    expect([folder.status, folder.stderr]).toEqual([1, expect.stringContaining('is a folder now')]);
    for (const more of ['--undo', '--status', '--rehash', '--dry-run', '--watch'])
      expect((await swapped('--swap', 'b', more)).status).toBe(2);
  });

  it('takes the last one back, but what has changed since', async () => {
    const place = pair();
    for (const name of ['changed', 'deleted', 'moved', 'touched since']) write(place.here, name, name);
    await bring(place.here, place.there);
    write(place.here, 'changed', 'other');
    write(place.here, 'touched since', 'other');
    rmSync(join(place.here, 'deleted'));
    renameSync(join(place.here, 'moved'), join(place.here, 'elsewhere'));
    write(place.here, 'folder/new', 'new');
    await bring(place.here, place.there);
    write(place.there, 'touched since', 'once more');
    const { troubles } = await undoSync(place.there, place.here, false);
    expect(troubles.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      'touched since has changed since',
    ]);
    expect([...shapeOf(place.there).keys()]).toEqual(['changed', 'deleted', 'moved', 'touched since']);
    expect(['changed', 'deleted', 'touched since'].map((name) => read(place.there, name))).toEqual([
      'changed',
      'deleted',
      'once more',
    ]);
    await expect(undoSync(place.here, place.there, false)).rejects.toThrow(
      'no sync of these two to take back',
    );
    // What was deleted by mistake comes back.
    await bring(place.here, place.there);
    expect(read(place.here, 'deleted')).toBe('deleted');
  });

  it('does not delete what was brought back, whatever another past says', async () => {
    const place = pair();
    write(place.here, 'a', 'a');
    write(place.here, 'b', 'b');
    const [one, other] = [place.path('one'), place.path('other')];
    for (const state of [one, other]) {
      vi.stubEnv('XDG_STATE_HOME', state);
      await bring(place.here, place.there);
    }
    vi.stubEnv('XDG_STATE_HOME', one);
    rmSync(join(place.here, 'a'));
    await bring(place.here, place.there);
    write(place.here, 'a', 'a', 1_700_000_000);
    vi.stubEnv('XDG_STATE_HOME', other);
    await bring(place.here, place.there);
    expect([read(place.here, 'a'), read(place.there, 'a')]).toEqual(['a', 'a']);
  });

  it('touches nothing in an undo whose versions are gone', async () => {
    const place = pair();
    write(place.here, 'a', 'a');
    await bring(place.here, place.there);
    write(place.here, 'a', 'other');
    await bring(place.here, place.there);
    rmSync(join(place.there, '.snapshot-data/versions'), { recursive: true });
    const { troubles } = await undoSync(place.here, place.there, false);
    expect(troubles.map(({ reason }) => reason)).toEqual(['what was there is among the versions no more']);
    expect(read(place.there, 'a')).toBe('other');
  });

  it('goes on with what a sync that was killed has written down, also twice', async () => {
    const place = pair();
    for (const name of ['a', 'b', 'c']) write(place.here, name, name);
    await bring(place.here, place.there);
    const [pairs] = readdirSync(
      join(homeVariables(place.path('home'))['XDG_STATE_HOME'] ?? '', 'snapshot/pairs'),
    );
    const folder = join(
      homeVariables(place.path('home'))['XDG_STATE_HOME'] ?? '',
      'snapshot/pairs',
      pairs ?? '',
    );
    const head = readFileSync(join(folder, 'past.jsonl'), 'utf8').split('\n')[0] ?? '';
    const { generation } = JSON.parse(head) as { readonly generation: string };
    // Cut in the middle of a line; and one of another past, which does not count.
    writeFileSync(
      join(folder, 'journal.jsonl'),
      `${JSON.stringify({ generation })}\n{"path":"a","gone":true}\n{"pa`,
    );
    rmSync(join(place.here, 'a'));
    await bring(place.here, place.there);
    // Nothing was known of it any more: it came back.
    expect(read(place.here, 'a')).toBe('a');
    writeFileSync(join(folder, 'journal.jsonl'), '{"generation":"x"}\n{"path":"b","gone":true}\n');
    rmSync(join(place.here, 'b'));
    await bring(place.here, place.there);
    expect(existsSync(join(place.there, 'b'))).toBe(false);
  });

  it('leaves no trace of a dry run, and says what would be done', async () => {
    const place = pair();
    write(place.here, 'a', 'a');
    write(place.there, 'b', 'b');
    const before = [listing(place.here), listing(place.there)];
    const { status, stdout } = await place.command(['sync', place.here, place.there, '--dry-run']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/->\s+new\s+1 B\s+a\n<-\s+new\s+1 B\s+b\n/);
    expect([listing(place.here), listing(place.there)]).toEqual(before);
    expect(existsSync(place.path('home', '.local/state/snapshot/pairs'))).toBe(false);
  });

  it('leaves alone what is left out on either side', async () => {
    const place = pair();
    write(place.here, 'a.tmp', 'x');
    write(place.here, '.snapshotignore', 'secret\n');
    write(place.there, 'secret', 'x');
    write(place.there, 'b', 'x');
    const ended = await place.command(['sync', place.here, place.there, '--exclude', '*.tmp']);
    expect(ended.status).toBe(0);
    expect([...shapeOf(place.there).keys()]).toEqual(['.snapshotignore', 'b', 'secret']);
    expect([...shapeOf(place.here).keys()]).toEqual(['.snapshotignore', 'a.tmp', 'b']);
  });

  it('syncs only what is asked for', async () => {
    const place = pair();
    for (const path of ['docs/a', 'docs/deep/b', 'other']) write(place.here, path, path);
    expect((await place.command(['sync', place.here, place.there, '--only', 'docs'])).status).toBe(0);
    expect([...shapeOf(place.there).keys()]).toEqual(['docs', 'docs/a', 'docs/deep', 'docs/deep/b']);
    for (const path of ['docs/new', 'docs/new.tmp']) write(place.here, path, path);
    await place.command(['sync', place.here, place.there, '--only', 'docs', '--only', '!*.tmp']);
    expect([...shapeOf(place.there).keys()]).toEqual([
      'docs',
      'docs/a',
      'docs/deep',
      'docs/deep/b',
      'docs/new',
    ]);
  });

  it('writes `.sync` on both sides, with what was deleted', async () => {
    const place = pair();
    write(place.here, 'a', 'a', 1_600_000_000);
    write(place.here, 'b', 'b');
    write(place.here, '__proto__/.st', 'odd');
    await bring(place.here, place.there);
    rmSync(join(place.there, 'b'));
    await bring(place.here, place.there);
    for (const root of [place.here, place.there]) {
      const { '.': top } = JSON.parse(read(root, '.sync')) as { readonly '.': Record<string, unknown> };
      expect(top).toMatchObject({ '.sd': 0, a: { '.st': 1_600_000_000, '.sd': 1 }, b: { '.sd': null } });
      expect(Object.keys(top)).toContain('__proto__');
    }
  });

  it('leaves a FIFO alone, and what has its name on the other side, without trouble', async () => {
    const place = pair();
    spawnSync('mkfifo', [join(place.here, 'pipe')]);
    write(place.there, 'pipe', 'a file');
    write(place.here, 'a', 'a');
    expect(await place.command(['sync', place.here, place.there])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^passed over: pipe \(here\) is a FIFO$/m),
    });
    expect(read(place.there, 'pipe')).toBe('a file');
    expect(read(place.there, 'a')).toBe('a');
  });

  it('brings back a side that is not there any more, when that is accepted', async () => {
    const place = pair();
    write(place.here, 'a', 'a');
    await bring(place.here, place.there);
    rmSync(place.there, { recursive: true });
    await bring(place.here, place.there, { acceptChanges: true });
    expect([read(place.here, 'a'), read(place.there, 'a')]).toEqual(['a', 'a']);
  });

  it('says what could not be done where it cannot even lock', async (context) => {
    const place = pair();
    write(place.here, 'a', 'a');
    const mounted =
      IS_ROOT && spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', place.there]).status === 0;
    if (!mounted) return context.skip('needs the right to mount');
    onTestFinished(() => void spawnSync('umount', [place.there]));
    const { status, stderr } = await place.command(['sync', place.here, place.there]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: Cannot make .*there.*read-only/)]);
    expect(existsSync(join(place.here, '.sync.lock'))).toBe(false);
  });

  it('can be stopped, and goes on', async () => {
    const place = pair();
    for (let i = 0; i < 400; i++) write(place.here, `${i}`, `${i}`);
    const stop = new AbortController();
    const progress = (): void => stop.abort();
    const stopped = bring(place.here, place.there, { signal: stop.signal, progress });
    await expect(stopped).rejects.toMatchObject({ code: 'E_STOPPED' });
    for (const root of [place.here, place.there]) expect(existsSync(join(root, '.sync.lock'))).toBe(false);
    const result = await bring(place.here, place.there);
    expect(differences(place.here, place.there, result)).toEqual([]);
  });

  it('says of a file that becomes one with another in there that it is kept apart', async () => {
    const place = pair();
    write(place.here, 'a', 'file');
    write(place.there, 'a/b', 'folder');
    const { status, stdout } = await place.command(['sync', place.here, place.there]);
    expect(status).toBe(3);
    expect(stdout).toContain('it is of different types on both sides');
    expect([read(place.here, 'a'), read(place.there, 'a/b')]).toEqual(['file', 'folder']);
  });
});

/** A pair with 30 files that both have. */
async function settled(): Promise<ReturnType<typeof pair>> {
  const place = pair();
  for (let i = 0; i < 30; i++) write(place.here, `folder/${i}`, `content ${i}`);
  await bring(place.here, place.there);
  return place;
}

describe('a sync stops', () => {
  it.each<[string, string, (place: ReturnType<typeof pair>) => void]>([
    ['when a side is empty', 'empty-side', ({ there }) => rmSync(join(there, 'folder'), { recursive: true })],
    ['when a side is not there', 'empty-side', ({ there }) => rmSync(there, { recursive: true })],
    [
      'when more than half is gone',
      'mass-change',
      ({ here }) => {
        for (let i = 0; i < 16; i++) rmSync(join(here, `folder/${i}`));
      },
    ],
    [
      'when everything has changed',
      'mass-change',
      ({ here }) => {
        for (let i = 0; i < 30; i++) write(here, `folder/${i}`, `encrypted ${i}`);
      },
    ],
    [
      'when another disk is in its place',
      'replaced-side',
      ({ there }) => {
        rmSync(there, { recursive: true });
        write(there, 'other', 'x');
      },
    ],
    [
      'when a copy is in its place',
      'replaced-side',
      ({ there }) => {
        cpSync(there, `${there}.copy`, { recursive: true, preserveTimestamps: true });
        renameSync(there, `${there}.old`);
        renameSync(`${there}.copy`, there);
      },
    ],
  ])('%s', async (_, guard, happen) => {
    const place = await settled();
    happen(place);
    const before = [shapeOf(place.here), existsSync(place.there) ? shapeOf(place.there) : undefined];
    const { status, stderr } = await place.command(['sync', place.here, place.there]);
    expect([status, stderr]).toEqual([4, expect.stringContaining(`stopped (${guard})`)]);
    expect(stderr).toContain('--accept-changes');
    expect([shapeOf(place.here), existsSync(place.there) ? shapeOf(place.there) : undefined]).toEqual(before);
  });

  it('before folders that are one, or lie in each other, or belong to a series', async () => {
    const place = pair();
    place.write({ 'source/a': 'a' });
    expect((await place.command(['run'])).status).toBe(0);
    const inside = join(place.here, 'inside');
    mkdirSync(inside);
    symlinkSync(place.here, place.path('link'));
    for (const [a, b, what] of [
      [place.here, place.path('link'), 'Both sides are'],
      [place.here, inside, 'lies in'],
      [place.here, place.path('destination'), 'series'],
      [place.here, place.series(), 'is a series'],
      [place.here, place.path('none/../none'), ''],
    ] as const) {
      const { status, stderr } = await place.command(['sync', a, b]);
      if (what === '') expect(status).toBe(0);
      else expect([status !== 0, stderr]).toEqual([true, expect.stringContaining(what)]);
    }
  });

  it('while another one is at work, and goes on after one that is gone', async () => {
    const place = await settled();
    writeFileSync(join(place.there, '.sync.lock'), 'of another tool');
    const refused = await place.command(['sync', place.here, place.there]);
    expect([refused.status, refused.stderr]).toEqual([
      11,
      expect.stringContaining('Another program is syncing'),
    ]);
    expect(existsSync(join(place.here, '.sync.lock'))).toBe(false);
    utimesSync(join(place.there, '.sync.lock'), 1_700_000_000, 1_700_000_000);
    expect((await place.command(['sync', place.here, place.there])).status).toBe(0);
    expect(existsSync(join(place.there, '.sync.lock'))).toBe(false);
  });

  it('before what was mounted there and is not', async (context) => {
    const place = await settled();
    const at = join(place.here, 'disk');
    mkdirSync(at);
    const mount = (): boolean =>
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at]).status === 0;
    if (!IS_ROOT || !mount()) return context.skip('needs the right to mount');
    onTestFinished(() => void spawnSync('umount', [at]));
    write(at, 'file', 'on the disk');
    await bring(place.here, place.there);
    expect(read(place.there, 'disk/file')).toBe('on the disk');
    spawnSync('umount', [at]);
    const result = await bring(place.here, place.there, { acceptChanges: false });
    expect([statusOf(result), result.troubles.map(({ path }) => String(path))]).toEqual([3, ['disk']]);
    expect(read(place.there, 'disk/file')).toBe('on the disk');
    // And not a time later either; but when that is accepted.
    expect(statusOf(await bring(place.here, place.there, { acceptChanges: false }))).toBe(3);
    expect(read(place.there, 'disk/file')).toBe('on the disk');
    await bring(place.here, place.there);
    expect([...shapeOf(place.there).keys()]).not.toContain('disk/file');
    expect(statusOf(await bring(place.here, place.there, { acceptChanges: false }))).toBe(0);
  });
});

describe.each<SftpKind>(['plain', 'bare', 'jail'])('with a %s server', (kind) => {
  const why = noSftp(kind);
  let server: SftpServer;
  beforeAll(async () => {
    if (why === undefined) server = await SftpServer.start(kind);
  });
  afterAll(async () => await server?.stop());

  it.skipIf(why !== undefined)('a folder and one there become the same, and nothing is lost', async () => {
    const place = pair();
    vi.stubEnv('SNAPSHOT_SSH', server.share());
    const far = join(server.folder, 'far');
    mkdirSync(far);
    const own = (): void => {
      // What the test makes there is the server's user's.
      spawnSync('chown', ['-R', 'nobody', far]);
      spawnSync('chmod', ['-R', 'u+rwX', far, place.here]);
    };
    own();
    await live({ here: place.here, there: far }, { here: place.here, there: server.address('far') }, 12, own);
  });

  it.skipIf(why !== undefined)(
    'the loser of a conflict there is taken instead, whatever its time says',
    async () => {
      const place = pair();
      vi.stubEnv('SNAPSHOT_SSH', server.ssh);
      const far = join(server.folder, 'swapped');
      const address = server.address('swapped');
      write(place.here, 'a', 'first');
      await bring(place.here, address);
      // Of one size and one time: the greater hash wins, so that the other one lies there.
      const [loser = '', winner = ''] = ['one', 'two'].toSorted((x, y) => (hashOf(x) < hashOf(y) ? -1 : 1));
      write(place.here, 'a', winner, 1_700_000_000);
      write(far, 'a', loser, 1_700_000_000);
      await bring(place.here, address);
      for (const content of [loser, winner]) {
        await swapVersions(place.here, address, ['a']);
        await bring(place.here, address);
        expect([read(place.here, 'a'), read(far, 'a')]).toEqual([content, content]);
      }
    },
  );

  it.skipIf(why !== undefined)('a folder that is read-only is filled, and then closed', async () => {
    const place = pair();
    vi.stubEnv('SNAPSHOT_SSH', server.ssh);
    write(place.here, 'closed/deep/a', 'a');
    for (const path of ['closed/deep', 'closed']) chmodSync(join(place.here, path), 0o555);
    const result = await bring(place.here, server.address('closing'));
    const far = join(server.folder, 'closing');
    expect([statusOf(result), read(far, 'closed/deep/a')]).toEqual([0, 'a']);
    for (const path of ['closed/deep', 'closed']) expect(statSync(join(far, path)).mode & 0o777).toBe(0o555);
    expect((await bring(place.here, server.address('closing'))).actions).toEqual([]);
    for (const path of ['closed', 'closed/deep']) chmodSync(join(place.here, path), 0o755);
  });

  it.skipIf(why !== undefined)('what a sync did in folders that are read-only is taken back', async () => {
    const place = pair();
    vi.stubEnv('SNAPSHOT_SSH', server.ssh);
    const [address, far] = [server.address('undone'), join(server.folder, 'undone')];
    const undone = async (): Promise<void> => {
      expect((await undoSync(place.here, address, false)).troubles).toEqual([]);
    };
    const modes = (): readonly number[] =>
      ['closed', 'closed/deep'].map((path) => statSync(join(far, path)).mode & 0o777);
    write(place.here, 'open', 'open');
    await bring(place.here, address);
    write(place.here, 'closed/deep/a', 'a');
    for (const path of ['closed/deep', 'closed']) chmodSync(join(place.here, path), 0o555);
    await bring(place.here, address);
    await undone();
    expect(existsSync(join(far, 'closed'))).toBe(false);
    await bring(place.here, address);
    for (const path of ['closed', 'closed/deep']) chmodSync(join(place.here, path), 0o755);
    for (const gone of ['closed/deep/a', 'closed']) {
      rmSync(join(place.here, gone), { recursive: true });
      await bring(place.here, address);
      expect(existsSync(join(far, gone))).toBe(false);
      await undone();
      expect([read(far, 'closed/deep/a'), modes()]).toEqual(['a', [0o555, 0o555]]);
      await bring(place.here, address);
    }
  });

  it.skipIf(why !== undefined || !IS_ROOT)(
    'what a part is left of that cannot be removed is named',
    async () => {
      const place = pair();
      vi.stubEnv('SNAPSHOT_SSH', server.ssh);
      write(place.here, 'a', 'a');
      await bring(place.here, server.address('parts'));
      write(join(server.folder, 'parts'), 'of root/.snapshot-0123456789abcdef.part', 'cut');
      write(place.here, 'b', 'b');
      const warned: string[] = [];
      const result = await bring(place.here, server.address('parts'), { warn: (text) => warned.push(text) });
      expect([statusOf(result), read(join(server.folder, 'parts'), 'b')]).toEqual([0, 'b']);
      expect(warned).toEqual([expect.stringMatching(/^Cannot remove "of root\/.*permission denied/)]);
    },
  );
});

/** Waits until both sides have the same, and nothing happens any more. */
async function settledAt(here: string, there: string, paths: readonly string[]): Promise<void> {
  let before = '';
  await vi.waitFor(
    () => {
      const now = [here, there].map((root) => statSync(root, { bigint: true }).mtimeNs).join(' ');
      const was = before;
      before = now;
      expect([...shapeOf(here).keys()]).toEqual(paths);
      expect([...shapeOf(there)]).toEqual([...shapeOf(here)]);
      expect(now).toBe(was);
    },
    { timeout: 30_000, interval: 2500 },
  );
}

describe.skipIf(noCutSsh !== undefined)('a sync whose line is cut, or that is killed', () => {
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

  // A small share of `npm run campaign -- sync`.
  it.each([false, true])('at any request needs no hand the next time; plain server: %s', async (isBare) => {
    const place = pair();
    const cut = new CutSync(main, place.path('cut'), chosenSeed(), isBare);
    const random = randomOf(chosenSeed());
    const hits: boolean[] = [];
    // The first ones are about the lock.
    for (let n = 1 + random(2); n < 24; n += 2) hits.push(await cut.round(n, n % 4 < 2 ? 'lost' : 'done'));
    for (const how of CUTS) hits.push(await cut.round(24 + random(40), how));
    expect(hits).toContain(true);
  });
});

describe('a sync that goes on', () => {
  it('carries over what happens on either side, and then rests', async () => {
    const place = pair();
    write(place.here, 'a', 'a');
    write(place.here, 'left.tmp', 'out');
    const running = place.start(['sync', place.here, place.there, '--watch', '--exclude', '*.tmp', '--json']);
    rmSync(join(place.here, 'left.tmp'));
    await settledAt(place.here, place.there, ['a']);
    write(place.there, 'deep/b', 'b');
    await settledAt(place.here, place.there, ['a', 'deep', 'deep/b']);
    write(place.here, 'deep/b', 'other');
    rmSync(join(place.here, 'a'));
    await settledAt(place.here, place.there, ['deep', 'deep/b']);
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(0);
    for (const root of [place.here, place.there]) expect(existsSync(join(root, '.sync.lock'))).toBe(false);
  });

  it.skipIf(noSftp() !== undefined)(
    'looks at a server as often as it is told',
    async () => {
      const server = await SftpServer.start('plain');
      onTestFinished(async () => await server.stop());
      const place = pair();
      vi.stubEnv('SNAPSHOT_SSH', server.ssh);
      write(place.here, 'a', 'a');
      const running = place.start([
        'sync',
        place.here,
        server.address('x'),
        '--watch',
        '--poll',
        '1s',
        '--json',
      ]);
      const far = join(server.folder, 'x');
      await vi.waitFor(() => expect(read(far, 'a')).toBe('a'), { timeout: 30_000, interval: 200 });
      write(far, 'b', 'b');
      await vi.waitFor(() => expect(read(place.here, 'b')).toBe('b'), { timeout: 30_000, interval: 200 });
      // The line is cut, and comes back.
      server.cut();
      write(place.here, 'c', 'c');
      await vi.waitFor(() => expect(read(far, 'c')).toBe('c'), { timeout: 60_000, interval: 500 });
      running.child.kill('SIGINT');
      expect((await running.ended).status).toBe(0);
    },
    120_000,
  );
});

it('writes `.sync` of a folder, and not when something in it cannot be read', async (context) => {
  const place = pair();
  write(place.here, 'a/b', 'x');
  const { status, stdout } = await place.command(['index', place.here]);
  expect([status, stdout]).toEqual([0, expect.stringContaining('2 files and folders')]);
  expect(JSON.parse(read(place.here, '.sync'))).toMatchObject({ '.': { a: { '.sd': 0, b: { '.sd': 1 } } } });
  if (IS_ROOT) return context.skip('root may read everything');
  chmodSync(join(place.here, 'a'), 0);
  expect((await place.command(['index', place.here])).status).toBe(1);
});
