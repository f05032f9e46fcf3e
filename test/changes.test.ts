// What is a change, and what is none: a snapshot is written only when something changed.
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IS_WINDOWS } from './support/command.ts';
import { listing, Place } from './support/place.ts';

/** A place whose source has a first snapshot. */
async function openWithSnapshot(): Promise<Place> {
  const place = Place.open();
  place.write({
    'a/one.txt': 'one',
    'a/two.txt': 'two',
    'b/three.txt': 'three',
    'b/deep/four.txt': 'four',
    'top.txt': 'top',
  });
  if (!IS_WINDOWS) symlinkSync('a/one.txt', place.path('source', 'link'));
  await place.night();
  return place;
}

describe('a second run', () => {
  it.each<[string, (source: string) => void]>([
    ['right after the first', () => {}],
    ['after a touch', (source) => utimesSync(join(source, 'a', 'one.txt'), 1, 1)],
    ['after a touch of a folder', (source) => utimesSync(join(source, 'a'), 1, 1)],
    [
      'after a file was written anew with the same content',
      (source) => writeFileSync(join(source, 'top.txt'), 'top'),
    ],
    [
      'after a file was replaced by one with the same content',
      (source) => {
        writeFileSync(join(source, 'new'), 'top');
        renameSync(join(source, 'new'), join(source, 'top.txt'));
      },
    ],
  ])('%s says that nothing changed and writes a line in runs.jsonl only', async (_, change) => {
    const place = await openWithSnapshot();
    change(place.source);
    const before = listing(place.destination);
    const { status, row, stderr } = await place.run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(row).toMatchObject({ outcome: 'unchanged', snapshot: place.snapshots()[0], newBytes: 0 });
    expect(listing(place.destination)).toEqual(before);
    expect(place.runs().map(({ outcome }) => outcome)).toEqual(['written', 'unchanged']);
  });

  it('says so in words', async () => {
    const place = await openWithSnapshot();
    const { stdout } = await place.command(['run']);
    expect(stdout).toMatch(/^data: .*nothing changed/);
  });

  it('finds a change of content behind a time that was set back, by the inode change time', async () => {
    const place = await openWithSnapshot();
    const file = join(place.source, 'top.txt');
    const { atime, mtime } = statSync(file);
    writeFileSync(file, 'TOP');
    utimesSync(file, atime, mtime);
    expect((await place.run(IS_WINDOWS ? ['--rehash'] : [])).row).toMatchObject({ outcome: 'written' });
  });

  it('with --rehash reads everything, and still finds nothing', async () => {
    const place = await openWithSnapshot();
    const { row, events } = await place.run(['--rehash']);
    expect(row).toMatchObject({ outcome: 'unchanged' });
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'progress', phase: 'look', totalFiles: 5 }),
    );
  });
});

type Change = [string, { added: number; modified: number; removed: number }, (source: string) => void];

const CHANGES: readonly Change[] = [
  [
    'one changed byte',
    { added: 0, modified: 1, removed: 0 },
    (source) => writeFileSync(join(source, 'a', 'one.txt'), 'onE'),
  ],
  [
    'a byte more',
    { added: 0, modified: 1, removed: 0 },
    (source) => writeFileSync(join(source, 'a', 'one.txt'), 'one!'),
  ],
  [
    'a new file',
    { added: 1, modified: 0, removed: 0 },
    (source) => writeFileSync(join(source, 'b', 'new'), ''),
  ],
  ['a new empty folder', { added: 1, modified: 0, removed: 0 }, (source) => mkdirSync(join(source, 'new'))],
  ['a removed file', { added: 0, modified: 0, removed: 1 }, (source) => unlinkSync(join(source, 'top.txt'))],
  [
    'a renamed file',
    { added: 1, modified: 0, removed: 1 },
    (source) => renameSync(join(source, 'top.txt'), join(source, 'Top')),
  ],
  [
    'a moved file',
    { added: 1, modified: 0, removed: 1 },
    (source) => renameSync(join(source, 'top.txt'), join(source, 'a', 'top.txt')),
  ],
  [
    'a removed folder',
    { added: 0, modified: 0, removed: 4 },
    (source) => rmSync(join(source, 'b'), { recursive: true }),
  ],
  [
    'a renamed folder',
    { added: 3, modified: 0, removed: 3 },
    (source) => renameSync(join(source, 'a'), join(source, 'z')),
  ],
  [
    'a file that became a folder',
    { added: 1, modified: 1, removed: 0 },
    (source) => {
      unlinkSync(join(source, 'top.txt'));
      mkdirSync(join(source, 'top.txt'));
      writeFileSync(join(source, 'top.txt', 'inner'), '');
    },
  ],
];

const POSIX_CHANGES: readonly Change[] = [
  [
    'a permission bit of a file',
    { added: 0, modified: 1, removed: 0 },
    (source) => chmodSync(join(source, 'top.txt'), 0o755),
  ],
  [
    'a permission bit of a folder',
    { added: 0, modified: 1, removed: 0 },
    (source) => chmodSync(join(source, 'a'), 0o700),
  ],
  [
    'a retargeted link',
    { added: 0, modified: 1, removed: 0 },
    (source) => {
      unlinkSync(join(source, 'link'));
      symlinkSync('a/two.txt', join(source, 'link'));
    },
  ],
  [
    'a folder that became a link',
    { added: 0, modified: 1, removed: 3 },
    (source) => {
      rmSync(join(source, 'b'), { recursive: true });
      symlinkSync('a', join(source, 'b'));
    },
  ],
  [
    'a link that became the file it leads to',
    { added: 0, modified: 1, removed: 0 },
    (source) => {
      unlinkSync(join(source, 'link'));
      writeFileSync(join(source, 'link'), 'one');
    },
  ],
];

describe('one more snapshot is written after', () => {
  it.each([...CHANGES, ...(IS_WINDOWS ? [] : POSIX_CHANGES)])('%s', async (_, change, make) => {
    const place = await openWithSnapshot();
    const [first = ''] = place.snapshots();
    const firstInfo = readFileSync(place.file('info.json', first));
    make(place.source);
    const { status, row, stderr } = await place.run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(place.snapshots()).toHaveLength(2);
    expect(place.info()).toMatchObject({ change, previous: first, skipped: [] });
    expect(row).toMatchObject({ outcome: 'written', snapshot: place.snapshots()[1], change });
    expect(place.info().hash.tree).not.toBe(place.info(first).hash.tree);
    expect(readFileSync(place.file('info.json', first))).toEqual(firstInfo);
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged' });
  });
});

describe('a dry run', () => {
  it('says what it would write, and writes nothing', async () => {
    const place = await openWithSnapshot();
    place.write({ 'a/one.txt': 'changed' });
    const before = listing(place.destination);
    const runs = place.runs().length;
    const { status, row } = await place.run(['--dry-run']);
    expect(status).toBe(0);
    expect(row).toMatchObject({
      outcome: 'written',
      dryRun: true,
      change: { added: 0, modified: 1, removed: 0 },
    });
    expect(listing(place.destination)).toEqual(before);
    expect(place.runs()).toHaveLength(runs);
    expect((await place.command(['run', '--dry-run'])).stdout).toContain('would write');
  });

  it('makes no destination', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    expect((await place.run(['--dry-run'])).row).toMatchObject({ outcome: 'written', dryRun: true });
    expect(readdirSync(place.root)).not.toContain('destination');
  });

  it('names what it would rotate out, and why it would keep the rest', async () => {
    const place = await openWithSnapshot();
    place.writePlan('source,destination,name,keep', 'source,destination,data,1');
    place.write({ 'top.txt': 'changed' });
    const [first] = place.snapshots();
    const { row } = await place.run(['--dry-run']);
    expect(row).toMatchObject({ removed: [{ snapshot: first }], kept: [{ reasons: ['last'] }] });
    expect((await place.command(['run', '--dry-run'])).stdout).toContain(`would rotate out ${first}`);
    expect(place.snapshots()).toEqual([first]);
  });
});
