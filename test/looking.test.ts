// Commands that look: what is in snapshots, what changed between them, and where a file is.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  commandLine,
  environment,
  eventsOf,
  hasTool,
  IS_LINUX,
  IS_WINDOWS,
  type JsonEvent,
} from './support/command.ts';
import { LivingTree } from './support/history.ts';
import { listing, Place } from './support/place.ts';
import { lookAt, type Seen } from './support/trees.ts';

type Moments = ReadonlyMap<string, Map<string, Seen>>;

async function eventsFrom(
  place: Place,
  args: readonly string[],
  kind: string,
): Promise<readonly JsonEvent[]> {
  const ended = await place.command([...args, '--json']);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  return eventsOf(ended).filter(({ event }) => event === kind);
}

/** A series with a history, and what the tree looked like at each snapshot. */
async function live(
  seed: number,
  nights: number,
): Promise<{ place: Place; tree: LivingTree; moments: Moments }> {
  const place = Place.open();
  place.writePlan('source,destination,name,keep', 'source,destination,data,100');
  const tree = new LivingTree(place.source, seed);
  const moments = new Map<string, Map<string, Seen>>();
  for (let night = 0; night < nights; night++) {
    tree.change(night === 0 ? 30 : 8);
    if (tree.isEmpty()) place.write({ a: 'not empty' });
    const { status, row } = await place.run(['--accept-changes']);
    expect(status).toBe(0);
    if (row?.['outcome'] === 'written') moments.set(String(row['snapshot']), lookAt(place.source));
  }
  return { place, tree, moments };
}

/** What two looks at a tree say, in the words of `diff`. */
function differencesOf(before: Map<string, Seen>, after: Map<string, Seen>): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === undefined) found.set(path, 'added');
    else if (now === undefined) found.set(path, 'removed');
    else if (old.type !== now.type) found.set(path, 'modified type');
    else {
      const reasons = [
        old.sha256 === now.sha256 ? '' : ' content',
        old.target === now.target ? '' : ' target',
        old.mode === now.mode ? '' : ' mode',
      ].join('');
      if (reasons !== '') found.set(path, `modified${reasons}`);
    }
  }
  return found;
}

function below(tree: Map<string, Seen>, path: string): readonly string[] {
  return [...tree.keys()].filter((one) => one === path || one.startsWith(`${path}/`));
}

/** The same, from what `diff --json` says: a move is a path that is gone and one that is new, with all below. */
function differencesIn(
  events: readonly JsonEvent[],
  before: Map<string, Seen>,
  after: Map<string, Seen>,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const { kind, path, from, reasons, paths } of events) {
    if (kind === 'moved') {
      const [gone, come] = [below(before, String(from)), below(after, String(path))];
      expect(come.length).toBe(paths);
      expect(gone.map((one) => one.slice(String(from).length))).toEqual(
        come.map((one) => one.slice(String(path).length)),
      );
      for (const [i, one] of gone.entries()) {
        expect(before.get(one)?.sha256).toBe(after.get(come[i] ?? '')?.sha256);
        found.set(one, 'removed');
      }
      for (const one of come) found.set(one, 'added');
    } else found.set(String(path), [kind, ...(reasons as string[])].join(' '));
  }
  return found;
}

function sorted(map: Map<string, string>): readonly (readonly [string, string])[] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const SEEDS = Number(process.env['SNAPSHOT_TEST_SEEDS'] ?? 2);

describe.skipIf(IS_WINDOWS)('a random history', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`is told by files, diff and find as it was, seed ${seed}`, { timeout: 120_000 }, async () => {
      const { place, tree, moments } = await live(seed, 6);
      const names = [...moments.keys()];
      const where = new Map<string, string[]>();
      for (const [name, seen] of moments) {
        const files = await eventsFrom(place, ['files', 'data', '--at', name], 'entry');
        const expected = [...seen].map(([path, { type, mode, mtimeNs, size, target }]) => ({
          path,
          type,
          mode: mode.padStart(4, '0'),
          mtime: `${new Date(Number(mtimeNs / 1_000_000n)).toISOString().slice(0, 19)}.${String(mtimeNs % 1_000_000_000n).padStart(9, '0')}Z`,
          ...(type === 'file' ? { size: Number(size) } : {}),
          ...(target === undefined ? {} : { target }),
        }));
        expect(files).toHaveLength(expected.length);
        for (const entry of expected) expect(files).toContainEqual(expect.objectContaining(entry));
        for (const path of seen.keys()) where.set(path, [...(where.get(path) ?? []), name]);
      }
      for (const [i, name] of names.entries()) {
        const [from, before] = [
          names[Math.max(0, i - 2)] ?? '',
          moments.get(names[Math.max(0, i - 2)] ?? ''),
        ];
        const after = moments.get(name);
        if (before === undefined || after === undefined) throw new Error('no such moment');
        const events = await eventsFrom(place, ['diff', 'data', from, name], 'difference');
        expect(sorted(differencesIn(events, before, after)), tree.log.join(', ')).toEqual(
          sorted(differencesOf(before, after)),
        );
      }
      tree.change(8);
      const [last, now] = [moments.get(names.at(-1) ?? ''), lookAt(place.source)];
      const events = await eventsFrom(place, ['diff', 'data', 'now'], 'difference');
      if (last === undefined) throw new Error('no snapshot');
      expect(sorted(differencesIn(events, last, now)), tree.log.join(', ')).toEqual(
        sorted(differencesOf(last, now)),
      );
      const found = await eventsFrom(place, ['find', '*'], 'path');
      const stays = found.map(({ path, versions }) => [
        String(path),
        (versions as { snapshots: string[] }[]).flatMap(({ snapshots }) => snapshots),
      ]);
      expect(Object.fromEntries(stays)).toEqual(Object.fromEntries(where));
    });
  }
});

/** Three snapshots: letters, then one of them changed and a folder moved, then a letter as it was before. */
async function open(place: Place = Place.open()): Promise<Place> {
  place.writePlan('source,destination,name,keep', 'source,destination,data,100');
  place.write({
    'letters/one.txt': 'first',
    'letters/two.txt': 'second',
    'photos/2025/a.jpg': 'picture a',
    'photos/2025/b.jpg': 'picture b',
    'photos/2025/empty': '',
  });
  await place.night();
  place.write({ 'letters/one.txt': 'changed', 'new.txt': 'new' });
  renameSync(join(place.source, 'photos', '2025'), join(place.source, 'photos', '2026'));
  await place.night();
  place.write({ 'letters/one.txt': 'first' });
  renameSync(join(place.source, 'letters', 'two.txt'), join(place.source, 'second.txt'));
  await place.run(['--accept-changes']);
  return place;
}

let once: Promise<Place> | undefined;

/** The same, for tests that change nothing. */
async function shared(): Promise<Place> {
  once ??= open(new Place());
  return await once;
}

afterAll(async () => (await once)?.remove());

describe('snapshot list', () => {
  it('says why each snapshot is kept, where a plan says so', async () => {
    const place = await open();
    const [first = '', second = '', third = ''] = place.snapshots();
    place.writePlan('source,destination,name,keep', 'source,destination,data,last=2 monthly=1');
    const listed = await eventsFrom(place, ['list', 'data'], 'snapshot');
    const reasons = Object.fromEntries(listed.map((event) => [event['snapshot'], event['reasons']]));
    expect(reasons).toEqual({ [first]: [], [second]: ['last'], [third]: ['last', 'monthly'] });
    const { stdout } = await place.command(['list', 'data']);
    expect(stdout).toMatch(new RegExp(`^${third} .* last monthly$`, 'm'));
    const alone = await place.command(['list', place.series(), '--plan', 'none.csv']);
    expect(alone.stdout).toMatch(new RegExp(`^${third} .* –$`, 'm'));
  });

  it('counts what snapshots share once', async () => {
    const place = await shared();
    const { stdout } = await place.command(['list']);
    const [, bytes = ''] = /3 snapshots, ([\d.]+) kB on disk/.exec(stdout) ?? [];
    const names = ['index.jsonl.zst', 'changes.jsonl.zst', 'dead.jsonl.zst'];
    const files = new Map<string, number>();
    for (const at of place.snapshots()) {
      for (const name of readdirSync(place.file('.', at))) {
        const content = readFileSync(place.file(name, at));
        if (name.endsWith('.tar.zst') || names.includes(name))
          files.set(content.toString('base64'), content.length);
      }
    }
    const sum = [...files.values()].reduce((a, b) => a + b, 0);
    expect(Math.abs(Number(bytes) * 1000 - sum)).toBeLessThan(10);
  });

  it('shows what is unfinished as that', async () => {
    const place = await open();
    mkdirSync(place.file('.', '2099-01-01T00-00-00Z'));
    const { stdout } = await place.command(['list']);
    expect(stdout).toMatch(/^2099-01-01T00-00-00Z +unfinished/m);
  });
});

describe('snapshot files', () => {
  it('shows mode, size, local time and path, sorted, and totals', async () => {
    const place = await open();
    const file = join(place.source, 'letters', 'one.txt');
    utimesSync(file, new Date(2026, 10, 19, 3, 0, 12), new Date(2026, 10, 19, 3, 0, 12));
    place.write({ 'letters/one.txt.bak': 'x'.repeat(1234) });
    utimesSync(file, new Date(2026, 10, 19, 3, 0, 12), new Date(2026, 10, 19, 3, 0, 12));
    if (!IS_WINDOWS) chmodSync(file, 0o640);
    await place.run(['--accept-changes']);
    const { stdout } = await place.command(['files', 'data', 'letters']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^d.* letters\/$/);
    if (!IS_WINDOWS) expect(lines[1]).toBe('-rw-r-----      5 B  2026-11-19 03:00:12  letters/one.txt');
    expect(lines[2]).toMatch(/ 1\.23 kB .* letters\/one\.txt\.bak$/);
    expect(lines[3]).toMatch(/^2 files, 1 folder, 1\.24 kB +in \d{4}-/);
  });

  it('takes --at: a name, its start, a date, or latest', async () => {
    const place = await shared();
    const [first = '', second = ''] = place.snapshots();
    const paths = async (...at: readonly string[]): Promise<readonly unknown[]> =>
      (await eventsFrom(place, ['files', 'data', '*.txt', ...at], 'entry')).map(({ path }) => path);
    expect(await paths('--at', first)).toEqual(['letters/one.txt', 'letters/two.txt']);
    expect(await paths('--at', second)).toEqual(['letters/one.txt', 'letters/two.txt', 'new.txt']);
    const latest = ['letters/one.txt', 'new.txt', 'second.txt'];
    expect(await paths()).toEqual(latest);
    expect(await paths('--at', 'latest')).toEqual(latest);
    expect(await paths('--at', '2999-01-01')).toEqual(latest);
    expect(await paths('--at', first.slice(0, 19).replace(/T(\d\d)-(\d\d)-(\d\d)/, 'T$1:$2:$3Z'))).toEqual([
      'letters/one.txt',
      'letters/two.txt',
    ]);
    const refused = await place.command(['files', 'data', '--at', first.slice(0, 4)]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(new RegExp(`several[^]*${second}[^]*${first}`));
  });

  it('counts a file with several names once, by whichever of them it is found', async () => {
    const place = Place.open();
    place.write({ 'a/one': 'x'.repeat(5000), 'b/zero': '' });
    for (const name of ['two', 'three'])
      linkSync(join(place.source, 'a', 'one'), join(place.source, 'b', name));
    await place.night();
    const bytes = async (...globs: readonly string[]): Promise<unknown> =>
      (await eventsFrom(place, ['files', 'data', ...globs], 'end'))[0]?.['bytes'];
    expect(await bytes()).toBe(place.info().bytes);
    expect(await bytes('b')).toBe(5000);
    expect(await bytes('two', 'one')).toBe(5000);
  });

  it('has status 1 when nothing matches', async () => {
    const place = await shared();
    expect(await place.command(['files', 'data', '*.mp3', '/x'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/`\*\.mp3` or `\/x`/),
    });
  });

  it.skipIf(!IS_LINUX)('prints names that a terminal would obey as text', async () => {
    const place = Place.open();
    const folder = Buffer.from(`${place.source}/`);
    for (const name of ['new\nline', 'red\u001B[31m', 'tab\t']) place.write({ [name]: 'x' });
    writeFileSync(Buffer.concat([folder, Buffer.from([0x6c, 0xe9])]), 'x');
    symlinkSync('to\nnowhere', join(place.source, 'link'));
    await place.night();
    const { stdout } = await place.command(['files', 'data']);
    expect(stdout).toContain(String.raw`new\nline`);
    expect(stdout).toContain(String.raw`red\x1b[31m`);
    expect(stdout).toContain(String.raw`link -> to\nnowhere`);
    expect(stdout).toContain(String.raw`l\xe9`);
    expect(stdout.split('\n')).toHaveLength(7);
    const entries = await eventsFrom(place, ['files', 'data'], 'entry');
    expect(entries).toContainEqual(
      expect.objectContaining({ pathBase64: Buffer.from([0x6c, 0xe9]).toString('base64') }),
    );
    // And the command that find prints brings each of them back: its glob matches that name and no other.
    const { stdout: found } = await place.command(['find', '*']);
    const globs = [...found.matchAll(/restore --plan \S+ data (\S+|'[^']*') --at/g)].map(
      ([, glob = '']) => glob,
    );
    expect(globs).toHaveLength(5);
    for (const glob of globs) {
      const plain = glob.replace(/^'(.*)'$/, '$1');
      expect(await eventsFrom(place, ['files', 'data', plain], 'entry')).toHaveLength(1);
    }
  });

  it.skipIf(IS_WINDOWS)('ends quietly when nobody reads on', async () => {
    const place = Place.open();
    place.writeMany('many', 5000);
    await place.night();
    for (const args of [
      ['files', 'data'],
      ['files', 'data', '--json'],
      ['find', '*'],
      ['diff', 'data', 'now'],
    ]) {
      place.writeMany('more', 5000);
      const [file = '', ...rest] = commandLine([...args, '--plan', place.plan]);
      const child = spawn(file, rest, { cwd: place.root, env: environment(place.options()) });
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      child.stdout.once('data', () => child.stdout.destroy());
      const status = await new Promise((resolve) => child.on('close', resolve));
      expect({ args, status, errors }).toEqual({ args, status: 0, errors: '' });
    }
  });
});

describe('snapshot diff', () => {
  it('compares the last two snapshots, and knows what was moved', async () => {
    const place = await shared();
    const { status, stdout } = await place.command(['diff', 'data']);
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(1)).toEqual([
      'modified  letters/one.txt  content, 7 B -> 5 B',
      'moved     letters/two.txt -> second.txt  6 B',
      '1 modified, 1 moved.',
      '',
    ]);
  });

  it('tells a moved folder in one line', async () => {
    const place = await shared();
    const [first = '', second = ''] = place.snapshots();
    const { stdout } = await place.command(['diff', 'data', first, second]);
    expect(stdout.split('\n').slice(1)).toEqual([
      'modified  letters/one.txt  content, 5 B -> 7 B',
      'added     new.txt  3 B',
      'moved     photos/2025/ -> photos/2026/  3 entries, 18 B',
      '1 added, 1 modified, 4 moved.',
      '',
    ]);
    const [, , moved] = await eventsFrom(place, ['diff', 'data', first, second], 'difference');
    expect(moved).toMatchObject({
      kind: 'moved',
      from: 'photos/2025',
      path: 'photos/2026',
      paths: 4,
      bytes: 18,
    });
  });

  it('takes one WHEN as: since then', async () => {
    const place = await shared();
    const [first = '', , third] = place.snapshots();
    const end = await eventsFrom(place, ['diff', 'data', first], 'end');
    // letters/one.txt is again what it was.
    expect(end).toEqual([
      expect.objectContaining({
        from: first,
        to: third,
        change: { added: 1, modified: 0, removed: 0, moved: 5 },
      }),
    ]);
  });

  it('says when nothing differs, also where times do', async () => {
    const place = await open();
    utimesSync(join(place.source, 'new.txt'), 1e9, 1e9);
    const { status, stdout } = await place.command(['diff', 'data', 'now']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^data: .* -> now\nNo differences\.\n$/);
  });

  it('compares with the source as it is now, changes nothing, and says what would be backed up', async () => {
    const place = await open();
    place.write({ 'letters/one.txt': 'FIRST', 'letters/three.txt': 'third' });
    rmSync(join(place.source, 'new.txt'));
    renameSync(join(place.source, 'photos', '2026'), join(place.source, 'pictures'));
    const before = listing(place.root);
    const { status, stdout, stderr } = await place.command(['diff', 'data', 'now']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').slice(1)).toEqual([
      'modified  letters/one.txt  content',
      'added     letters/three.txt  5 B',
      'removed   new.txt  3 B',
      'moved     photos/2026/ -> pictures/  3 entries, 18 B',
      '1 added, 1 modified, 1 removed, 4 moved; 2 files would be backed up, 10 B.',
      '',
    ]);
    expect(listing(place.root)).toEqual(before);
  });

  it.skipIf(!IS_LINUX)('has status 3 when something cannot be read now', async () => {
    const place = await open();
    place.write({ 'letters/secret.txt': 'xxx' });
    rmSync(join(place.source, 'new.txt'));
    chmodSync(join(place.source, 'letters', 'secret.txt'), 0);
    const ended = await place.command(['diff', 'data', 'now', '--json'], { isOrdinary: true });
    expect(ended.status).toBe(3);
    expect(eventsOf(ended)).toContainEqual(
      expect.objectContaining({ event: 'problem', kind: 'unreadable', path: 'letters/secret.txt' }),
    );
  });

  it.each([
    ['now before a snapshot', ['now', 'latest'], /`now` comes last/],
    ['an unknown snapshot', ['2001'], /no snapshot `2001`/],
  ])('refuses %s', async (_, args, message) => {
    const place = await shared();
    const { status, stderr } = await place.command(['diff', 'data', ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('says of one snapshot alone that there is none to compare it with, and refuses now without a plan', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    expect(await place.command(['diff', 'data'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^data has one snapshot so far[^]*`snapshot diff --plan \S+ data now`/),
      stderr: '',
    });
    const [end] = eventsOf(await place.command(['diff', 'data', '--json']));
    expect(end).toMatchObject({ event: 'end', status: 0, from: null, to: place.snapshots()[0] });
    expect((await place.command(['diff', place.series(), 'now', '--plan', 'none.csv'])).status).toBe(2);
    expect((await place.command(['diff', place.series(), 'now'])).status).toBe(0);
  });
});

describe('snapshot find', () => {
  it('says in which snapshots a file is, which versions differ, and how to get each back', async () => {
    const place = await shared();
    const [first = '', second = '', third = ''] = place.snapshots();
    const { status, stdout } = await place.command(['find', 'one.*']);
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('data: letters/one.txt');
    expect(lines.map((line) => /^ {2} (\d) {5,}(\d B) .*, (1 snapshot)$/.exec(line)?.slice(1))).toEqual([
      undefined,
      ['1', '5 B', '1 snapshot'],
      undefined,
      ['2', '7 B', '1 snapshot'],
      undefined,
      ['1', '5 B', '1 snapshot'],
      undefined,
      undefined,
      undefined,
    ]);
    for (const [line, at] of [
      [2, third],
      [4, second],
      [6, first],
    ] as const) {
      expect(lines[line]?.trim()).toBe(
        `snapshot restore --plan ${place.plan} data /letters/one.txt --at ${at} --to restored`,
      );
    }
    expect(lines[7]).toBe('1 path found.');
  });

  it('counts snapshots that follow each other as one stay', async () => {
    const place = await shared();
    const [, second = '', third = ''] = place.snapshots();
    const [found] = await eventsFrom(place, ['find', '/photos/2026/a.jpg'], 'path');
    expect(found).toMatchObject({
      series: 'data',
      path: 'photos/2026/a.jpg',
      versions: [{ version: 1, size: 9, snapshots: [second, third] }],
    });
  });

  it('looks into all series of the plan, or into one, also without a plan', async () => {
    const place = await open();
    place.writePlan('source,destination,name', 'source,destination,data', 'source,other,data');
    await place.night();
    expect(await eventsFrom(place, ['find', 'new.txt'], 'path')).toHaveLength(2);
    const alone = ['find', 'new.txt', '--series', place.series(), '--plan', 'none.csv'];
    expect(await eventsFrom(place, alone, 'path')).toHaveLength(1);
    const { stdout } = await place.command(['find', 'new.txt']);
    expect(stdout).toContain(`snapshot restore --plan ${place.plan} ${place.path('other', 'data')} /new.txt`);
  });

  it('has status 1 when nothing matches', async () => {
    const place = await shared();
    expect(await place.command(['find', '*.mp3'])).toMatchObject({ status: 1, stdout: '' });
  });

  it('goes on after a damaged index, names it, and has status 3', async () => {
    const place = await open();
    const [, second = ''] = place.snapshots();
    const index = place.file(place.info(second).index.file, second);
    const bytes = readFileSync(index);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    rmSync(index);
    writeFileSync(index, bytes);
    const { status, stdout, stderr } = await place.command(['find', 'one.txt']);
    expect(status).toBe(3);
    expect(stderr).toMatch(new RegExp(`damaged: ".*${second}`));
    expect(stdout).toContain('data: letters/one.txt');
  });
});

describe('a series', () => {
  it('may be named by the path of a folder in a moved destination, without a plan', async () => {
    const place = await open();
    renameSync(place.destination, place.path('usb disk'));
    const moved = place.path('usb disk', 'data');
    for (const args of [
      ['list', moved],
      ['files', `${moved}/`],
      ['diff', moved],
    ]) {
      expect((await place.command([...args, '--plan', 'none.csv'])).status).toBe(0);
    }
    const inside = await place.command(['files', 'data', '--plan', 'none.csv'], {
      cwd: place.path('usb disk'),
    });
    expect(inside.status).toBe(0);
  });

  it('is told from any other folder', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    const named = await place.command(['files', 'source', '--plan', 'none.csv']);
    expect([named.status, named.stderr]).toEqual([
      2,
      expect.stringContaining('Cannot read the plan "none.csv"'),
    ]);
    const byPath = await place.command(['restore', './source', '--to', 'restored']);
    expect([byPath.status, byPath.stderr]).toEqual([2, expect.stringContaining('source" is no series')]);
  });

  it('is told from a snapshot in it', async () => {
    const place = await shared();
    const [first = ''] = place.snapshots();
    const { status, stderr } = await place.command(['files', place.file('.', first)]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${place.series()} --at ${first}`);
  });
});

describe('wrong words', () => {
  it.each([
    [['lst'], '`list`'],
    [['fiels', 'data'], '`files`'],
    [['run', '--dryrun'], '`--dry-run`'],
    [['files', 'data', '--qiuet'], '`--quiet`'],
    [['find', 'x', '--sereis', 'data'], '`--series`'],
  ])('%j: suggests what was meant', async (args, meant) => {
    const { status, stderr } = await Place.open().command(args, {
      env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: Unknown (command|argument)/);
    expect(stderr).toContain(`Did you mean ${meant}?`);
  });
});

/** What the shell would offer. */
async function offered(place: Place, ...words: readonly string[]): Promise<readonly string[]> {
  const args = ['--get-yargs-completions', 'snapshot', ...words];
  const [file = '', ...rest] = commandLine(args);
  const env = { ...environment(place.options()), SHELL: '/bin/bash' };
  const { stdout, stderr, status } = spawnSync(file, rest, { cwd: place.root, env });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return stdout.toString().split('\n').slice(0, -1);
}

describe('completion', () => {
  it('offers commands, options, series and snapshots', async () => {
    const place = await open();
    renameSync(place.plan, place.path('backup-plan.csv'));
    const newestFirst = place.snapshots().toReversed();
    expect(await offered(place, '')).toEqual(
      expect.arrayContaining(['run', 'list', 'files', 'diff', 'find']),
    );
    expect(await offered(place, 'files', 'data', '--')).toEqual(expect.arrayContaining(['--at', '--json']));
    expect(await offered(place, 'files', '')).toEqual(['data']);
    expect(await offered(place, 'find', 'x', '--series', '')).toEqual(['data']);
    expect(await offered(place, 'run', '--only', '')).toEqual(['data']);
    expect(await offered(place, 'files', 'data', '--at', '')).toEqual(['latest', ...newestFirst]);
    expect(await offered(place, 'files', 'data', '--at', '=', '2')).toEqual(['latest', ...newestFirst]);
    expect(await offered(place, 'diff', 'data', newestFirst[0] ?? '', '')).toEqual([
      'latest',
      ...newestFirst,
      'now',
    ]);
    expect(await offered(place, 'files', './destination/data', '--at', '')).toEqual([
      'latest',
      ...newestFirst,
    ]);
    expect(await offered(place, 'list', '--plan', '')).toEqual([]);
    expect(await offered(place, 'completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });

  it('offers the series of the plan that is named, and nothing where there is none', async () => {
    const place = await open();
    expect(await offered(place, 'files', '')).toEqual([]);
    expect(await offered(place, 'files', 'data', '--at', '')).toEqual([]);
    expect(await offered(place, 'files', '--plan', place.plan, '')).toEqual(['data']);
  });

  it.skipIf(!hasTool('bash'))('works in bash', async () => {
    const place = await open();
    place.writePlan('source,destination,name', 'source,destination,data', 'source,destination,my letters');
    renameSync(place.plan, place.path('backup-plan.csv'));
    const script = (await place.command(['completion', 'bash'])).stdout;
    writeFileSync(
      place.path('snapshot'),
      `#!/bin/sh\nexec ${commandLine(['"$@"'])
        .map((word) => (word === '"$@"' ? word : `'${word}'`))
        .join(' ')}\n`,
    );
    chmodSync(place.path('snapshot'), 0o755);
    const type = (...words: readonly string[]): string => {
      const typed = words.map((word) => `'${word}'`).join(' ');
      const text = `${script}\nCOMP_WORDS=(snapshot ${typed})\nCOMP_CWORD=${words.length}\n_snapshot_completion\nprintf '%s|' "\${COMPREPLY[@]}"`;
      const env = { ...environment(place.options()), PATH: `${place.root}:${process.env['PATH']}` };
      return spawnSync('bash', ['-c', text], { cwd: place.root, env }).stdout.toString();
    };
    expect(type('fi')).toBe('files|find|');
    expect(type('list', 'm')).toBe(String.raw`my\ letters|`);
    expect(type('list', 'd')).toBe('data|');
    expect(type('files', 'data', '--at', 'la')).toBe('latest|');
  });

  it.each(['bash', 'zsh', 'fish'])('prints a script for %s that the shell can read', async (shell) => {
    const { status, stdout } = await Place.open().command(['completion', shell]);
    expect(status).toBe(0);
    expect(stdout).toContain('--get-yargs-completions');
    if (existsSync(`/bin/${shell}`)) {
      expect(spawnSync(shell, ['-n'], { input: stdout })).toMatchObject({ status: 0 });
    }
  });

  it('is printed for the shell that the user has, and refused for others', async () => {
    const place = Place.open();
    expect((await place.command(['completion'], { env: { SHELL: '/usr/bin/fish' } })).stdout).toMatch(
      /for fish/,
    );
    expect((await place.command(['completion'], { env: { SHELL: '/bin/ksh' } })).status).toBe(2);
    expect((await place.command(['completion', 'ksh'])).status).toBe(2);
  });
});

/** What is loaded before the first command is known: `file` and all that it imports, below dist/. */
function loadedBy(file: URL, found: Set<string> = new Set()): ReadonlySet<string> {
  const name = file.pathname.slice(file.pathname.indexOf('/dist/') + '/dist/'.length);
  if (found.has(name)) return found;
  found.add(name);
  for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) .*?from '(\.[^']+)';$/gm,
  ))
    loadedBy(new URL(from, file), found);
  return found;
}

describe('help', () => {
  it('loads little: a command is loaded when it is called', () => {
    const loaded = [...loadedBy(new URL('../dist/cli/cli.js', import.meta.url))];
    const outside = loaded.filter((name) => !name.startsWith('cli/')).toSorted();
    // Words, addresses and names of formats: nothing that does anything.
    expect(outside).toEqual([
      'base/address.js',
      'base/at-end.js',
      'base/command-line.js',
      'base/errors.js',
      'base/reasons.js',
      'base/shell-word.js',
      'jobs/export/formats.js',
      'jobs/tool.js',
      'plan/local-path.js',
      'plan/nearest.js',
      'plan/problem.js',
      'plan/remote.js',
    ]);
    expect(loaded.filter((name) => name.endsWith('-command.js'))).toEqual([]);
  });
});
