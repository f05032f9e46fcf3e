// Files with holes: neither read, nor stored, nor written back, by every way in and out.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasTool, IS_LINUX, tool } from './support/command.ts';
import { Place } from './support/place.ts';
import { takenOtherwise } from './support/taken.ts';

const isPossible = IS_LINUX && ['rsync', 'bsdtar', 'du', 'cmp', 'unzip'].every(hasTool);

const MIB = 1024 * 1024;
const LONG = `${'folder of a long name '.repeat(5)}/${'name '.repeat(20)}`;

/** Makes a file of `size` bytes with `data` at some offsets. */
function sparse(path: string, size: number, data: Readonly<Record<number, string | Buffer>> = {}): void {
  mkdirSync(join(path, '..'), { recursive: true });
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  for (const [offset, bytes] of Object.entries(data)) {
    const buffer = Buffer.from(bytes as Buffer);
    writeSync(fd, buffer, 0, buffer.length, Number(offset));
  }
  closeSync(fd);
}

/** Holes of every kind. The largest is 8 GB. */
function makeTree(source: string): void {
  const at = (path: string): string => join(source, path);
  sparse(at('all hole'), 8_000_000_000);
  sparse(at('begins'), 70_000_001, { 0: 'begin' });
  sparse(at('ends'), 30_000_007, { 29_999_000: Buffer.alloc(1007, 'end') });
  sparse(at('folder/middle'), 100 * MIB, {
    [50 * MIB]: Buffer.alloc(6 * MIB, 'middle '),
    [70 * MIB + 1]: 'x',
  });
  sparse(at('small'), MIB, { [MIB / 2]: 'small' });
  sparse(at(LONG), 20 * MIB, { 5: 'long' });
  sparse(at(`${LONG} 2`), 20 * MIB + 1);
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [n * 100_000, `stretch ${n}`]));
  sparse(at('many'), 40_000_000, many);
  writeFileSync(at('dense'), Buffer.alloc(5 * MIB, 'dense'));
  writeFileSync(at('zeros'), Buffer.alloc(5 * MIB));
  tool('ln', [at('begins'), at('folder/second name')]);
}

/** What files take, and what is in them, as du and rsync tell; of what takes nothing, du says all. */
function expectSame(place: Place, way: string): void {
  const [from, to] = [place.source, place.path(way)];
  const differs = tool('rsync', [
    '-aHnci',
    '--exclude=all hole',
    '--delete',
    `${from}/`,
    `${to}/`,
  ]).replaceAll(/^\.d\.\.t.*\n/gm, '');
  expect.soft(differs, way).toBe('');
  expect.soft(statSync(join(to, 'all hole')).size, way).toBe(statSync(join(from, 'all hole')).size);
  expect.soft(takenOtherwise(from, to), way).toEqual([]);
}

function byHand(place: Place, program: string, to: string): void {
  mkdirSync(to);
  for (const archive of place.archives()) tool(program, ['--zstd', '-xpf', archive, '-C', to]);
}

/** Long ago, so that nothing counts as changed a moment before. */
async function settle(place: Place, path: string): Promise<void> {
  const at = join(place.source, path);
  utimesSync(at, 1, 1);
  await place.night();
}

describe.skipIf(!isPossible)('files with holes', () => {
  it('come back with them by restore, GNU tar, bsdtar and RESTORE.txt', async () => {
    const place = Place.open();
    makeTree(place.source);
    await place.night();
    const marked = place.index().flatMap(({ path, sparse: is }) => (is === true ? [path ?? ''] : []));
    expect(marked.toSorted()).toEqual([
      'all hole',
      'begins',
      'ends',
      LONG,
      `${LONG} 2`,
      'folder/middle',
      'folder/second name',
      'many',
      'small',
    ]);
    expect(place.info().archives.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(200_000);
    const restored = await place.command(['restore', 'data', '--to', place.path('restored')]);
    expect(restored).toMatchObject({ status: 0, stderr: '' });
    byHand(place, 'tar', place.path('tar'));
    byHand(place, 'bsdtar', place.path('bsdtar'));
    tool('sh', [place.file('RESTORE.txt'), place.path('script')]);
    for (const way of ['restored', 'tar', 'bsdtar', 'script']) expectSame(place, way);
  });

  it('are verified, drilled, written out and exported with all their content', async () => {
    const place = Place.open();
    makeTree(place.source);
    rmSync(join(place.source, 'all hole'));
    await place.night();
    for (const how of [['--level', 'full'], ['--sample', '100%'], ['--drill']])
      expect(await place.command(['verify', 'data', ...how])).toMatchObject({ status: 0, stderr: '' });
    const cat = spawnSync(
      'sh',
      [
        '-c',
        '"$1" dist/bin/main.js cat data folder/middle --plan "$2" | cmp - "$3"',
        'sh',
        process.execPath,
        place.plan,
        join(place.source, 'folder/middle'),
      ],
      { encoding: 'utf8' },
    );
    expect(cat).toMatchObject({ status: 0, stdout: '', stderr: '' });
    for (const format of ['tar.zst', 'zip']) {
      await place.command(['export', 'data', 'folder', 'small', '--to', place.path(`out.${format}`)]);
      mkdirSync(place.path(format));
      if (format === 'zip') tool('unzip', ['-q', place.path('out.zip'), '-d', place.path(format)]);
      else tool('tar', ['-xf', place.path('out.tar.zst'), '-C', place.path(format)]);
      for (const path of ['folder/middle', 'small'])
        tool('cmp', [join(place.source, path), place.path(format, path)]);
    }
    expect((await place.command(['diff', 'data', '--to', 'now', '--json'])).stdout).not.toContain(
      '"difference"',
    );
  });

  it('share their content with files that have none, both ways', async () => {
    const place = Place.open();
    const at = (path: string): string => join(place.source, path);
    const data = { [30 * MIB]: Buffer.alloc(MIB, 'data') };
    sparse(at('sparse'), 60 * MIB, data);
    await place.night();
    tool('cp', ['--sparse=never', at('sparse'), at('whole copy')]);
    writeFileSync(at('whole first'), Buffer.concat([Buffer.alloc(20 * MIB), Buffer.alloc(MIB, 'x')]));
    await place.night();
    sparse(at('sparse later'), 21 * MIB, { [20 * MIB]: Buffer.alloc(MIB, 'x') });
    await place.night();
    const places = new Map(
      place.index().map(({ path, at: where, sparse: is }) => [path, [where?.join(), is]]),
    );
    expect(places.get('whole copy')).toEqual(places.get('sparse'));
    expect(places.get('sparse later')).toEqual(places.get('whole first'));
    expect([places.get('sparse')?.[1], places.get('whole first')?.[1]]).toEqual([true, undefined]);
    await place.command(['restore', 'data', '--to', place.path('out')]);
    tool('sh', [place.file('RESTORE.txt'), place.path('script')]);
    for (const way of ['out', 'script'])
      expect(
        tool('rsync', ['-anci', '--delete', `${place.source}/`, `${place.path(way)}/`]).replaceAll(
          /^\.d.*\n/gm,
          '',
        ),
      ).toBe('');
    expect((await place.command(['verify', 'data', '--level', 'full'])).status).toBe(0);
  });

  it('are told when they change in a hole, and when only the holes do they are not', async () => {
    const place = Place.open();
    const at = join(place.source, 'file');
    sparse(at, 50 * MIB, { 0: 'one' });
    await settle(place, 'file');
    const fd = openSync(at, 'r+');
    writeSync(fd, 'two', 30 * MIB);
    closeSync(fd);
    expect(await place.night()).toMatchObject({ outcome: 'written', change: { modified: 1 } });
    // The same zeros, now on the disk.
    const whole = openSync(at, 'r+');
    writeSync(whole, Buffer.alloc(MIB), 0, MIB, 40 * MIB);
    closeSync(whole);
    expect(await place.night()).toMatchObject({ outcome: 'unchanged' });
    await place.command(['restore', 'data', '--to', place.path('out')]);
    tool('cmp', [at, place.path('out/file')]);
  });

  it('are in the index that a repair makes, and mended where they are damaged', async () => {
    const place = Place.open();
    makeTree(place.source);
    rmSync(join(place.source, 'all hole'));
    await place.night();
    const before = place.index();
    rmSync(place.file('index.jsonl.zst'));
    rmSync(place.file('info.json'));
    expect(await place.command(['verify', 'data', '--repair', '--level', 'full'])).toMatchObject({
      status: 0,
    });
    const brief = ({ path, size, hash, at, sparse: is }: (typeof before)[number]): unknown => [
      path,
      size,
      hash,
      at?.slice(1),
      is,
    ];
    expect(
      place
        .index()
        .filter(({ type }) => type === 'file')
        .map(brief),
    ).toEqual(before.filter(({ type }) => type === 'file').map(brief));
    // The stretch in the middle of a file, in the only archive.
    const [, offset = 0, length = 0] = before.find(({ path }) => path === 'folder/middle')?.at ?? [];
    const archive = place.file(place.info().archives[0]?.file ?? '');
    const bytes = readFileSync(archive);
    bytes.fill(0xff, offset + length - 200, offset + length - 150);
    tool('chmod', ['u+w', archive]);
    writeFileSync(archive, bytes);
    const verified = await place.command(['verify', 'data', '--level', 'full']);
    expect(verified.status).toBe(1);
    expect(verified.stdout + verified.stderr).toContain('folder/middle');
    expect((await place.run(['--adopt'])).row).toMatchObject({ outcome: 'written', damage: { lost: 0 } });
    await place.command(['restore', 'data', '--to', place.path('out')]);
    tool('cmp', [join(place.source, 'folder/middle'), place.path('out/folder/middle')]);
  });

  it('are stored whole in a zip, and where the calls are missing, which is said', async () => {
    for (const [format, env] of [
      ['zip', {}],
      ['tar.zst', { SNAPSHOT_NATIVE_CALLS: 'no' }],
    ] as const) {
      const place = Place.open();
      place.writePlan('source,destination,name,format', `source,destination,data,${format}`);
      sparse(join(place.source, 'file'), 20 * MIB, { [10 * MIB]: 'x' });
      sparse(join(place.source, 'small'), MIB);
      const { status, stdout } = await place.run([], { env });
      expect(status).toBe(0);
      expect(stdout.includes('sparse files are stored whole')).toBe(format === 'tar.zst');
      expect(place.index().some(({ sparse: is }) => is === true)).toBe(false);
      await place.command(['restore', 'data', '--to', place.path('out')], { env });
      for (const name of ['file', 'small']) tool('cmp', [join(place.source, name), place.path('out', name)]);
      expect((await place.command(['verify', 'data', '--drill'], { env })).status).toBe(0);
    }
  });

  it('fill archives by what they take, and need no more room than that', async () => {
    const place = Place.open();
    // More than any disk of a test has.
    sparse(join(place.source, 'huge'), 3 * 2 ** 40, { 5: 'x' });
    place.write({ 'other.txt': 'other' });
    const { row } = await place.run(['--dry-run']);
    expect(row).toMatchObject({ outcome: 'written', guards: [], error: null });
    truncateSync(join(place.source, 'huge'), 5_000_000_000);
    expect((await place.run()).row).toMatchObject({ outcome: 'written', guards: [], error: null });
    expect(await place.command(['restore', 'data', '--to', place.path('out')])).toMatchObject({ status: 0 });
    expect(statSync(place.path('out/huge'))).toMatchObject({ size: 5_000_000_000, blocks: 8 });
    copyFileSync(join(place.source, 'other.txt'), join(place.source, 'more.txt'));
    expect((await place.run()).row).toMatchObject({ outcome: 'written', change: { added: 1 } });
  });

  it('are kept in an encrypted series as in any other', async () => {
    const place = Place.open();
    const env = { XDG_CONFIG_HOME: place.path('config'), SNAPSHOT_IDENTITY: '' };
    await place.command(['key', 'new'], { env });
    const recipients = place.path('config', 'snapshot', 'recipients.txt');
    place.writePlan('source,destination,name,encrypt', `source,destination,data,${recipients}`);
    sparse(join(place.source, 'file'), 50 * MIB, { [20 * MIB]: Buffer.alloc(5 * MIB, 'data') });
    for (const command of [
      ['run'],
      ['verify', 'data', '--level', 'full'],
      ['verify', 'data', '--drill'],
      ['restore', 'data', '--to', place.path('out')],
    ])
      expect(await place.command(command, { env }), command.join(' ')).toMatchObject({ status: 0 });
    tool('cmp', [join(place.source, 'file'), place.path('out/file')]);
    expect(takenOtherwise(place.source, place.path('out'))).toEqual([]);
  });
});
