import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LocalStore } from '../store/local/local-store.ts';
import { fromBytes, fromText } from '../tree/path.ts';
import {
  guardAwayPart,
  guardBitRot,
  guardEmptySource,
  GuardError,
  guardFreeSpace,
  guardLosses,
  guardMassChange,
  liftHeld,
  optionsFor,
  readHeld,
  seriesWord,
  wayOut,
  writeHeld,
} from './guards.ts';
import { Series } from './series.ts';

describe('guardEmptySource()', () => {
  it('stops a source without files when the last snapshot had some', () => {
    expect(() => guardEmptySource({ name: 'documents', source: '/mnt/disk' }, 7, 0, false)).toThrow(
      expect.objectContaining({
        code: 'E_GUARD',
        guard: 'empty-source',
        message: 'Source "/mnt/disk" is empty, but the last snapshot has 7 files; nothing was written',
        hint: expect.stringContaining(wayOut('documents')) as string,
      }) as Error,
    );
  });

  it.each<[string, number, number, boolean]>([
    ['it has files', 7, 1, false],
    ['the last snapshot was empty, too', 0, 0, false],
    ['the user accepts it', 7, 0, true],
  ])('lets it pass when %s', (_, before, files, accepted) => {
    guardEmptySource({ name: 'documents', source: '/mnt/disk' }, before, files, accepted);
  });
});

describe('held.json that says that it was accepted', () => {
  it('holds nothing back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'snapshot-lifted-'));
    onTestFinished(async () => await rm(folder, { recursive: true }));
    const series = new Series(new LocalStore(folder), 'data');
    const held = { since: 'then', guard: 'mass-change', snapshot: 'x', message: 'much' };
    await writeHeld(series, held);
    expect(await readHeld(series)).toEqual(held);
    await writeHeld(series, { ...held, accepted: 'now' } as typeof held);
    expect(await readHeld(series)).toBeUndefined();
  });
});

describe('guardMassChange()', () => {
  it.each<[number, number, number, boolean]>([
    // files of the last snapshot, modified, removed, held
    [1000, 500, 0, false],
    [1000, 501, 0, true],
    [1000, 250, 250, false],
    [1000, 250, 251, true],
    [1000, 0, 1000, true],
    [100, 100, 0, false],
    [100, 101, 0, true],
    [150, 50, 50, false],
    [199, 50, 51, true],
    [202, 101, 0, false],
    [201, 101, 0, true],
    [0, 0, 0, false],
  ])('of %i files, %i modified and %i removed: held %s', (files, modified, removed, isHeld) => {
    const held = guardMassChange('documents', files, modified + removed);
    expect(held?.guard).toBe(isHeld ? 'mass-change' : undefined);
    if (held !== undefined)
      expect(held.message).toMatch(new RegExp(`^${modified + removed} of ${files} files `));
    if (held !== undefined) expect(held.hint).toBe(wayOut('documents'));
  });
});

describe('guardLosses()', () => {
  const SINCE = '2026-11-18T02-00-00Z';
  const docs = {
    path: fromText('my docs'),
    lost: 101,
    files: 200,
    bytes: 0,
    examples: ['a', 'b'].map(fromText),
  };
  const pics = { path: fromText('pics'), lost: 7, files: 8, bytes: 0, examples: ['c', 'd'].map(fromText) };
  const all = { path: fromText(''), lost: 300, files: 400, bytes: 0, examples: [fromText('a')] };
  const odd = { ...docs, path: fromBytes(Buffer.from([0x61, 0xff])) };

  it.each([
    [[docs], '101 of 200 files in "my docs" are', 'as "a", "b"', '--accept-changes="my docs"', 'my docs'],
    // Two are accepted together or not at all; so is the whole, and what has no name that could be typed.
    [
      [docs, pics],
      '101 of 200 files in "my docs" and 7 of 8 files in "pics" are',
      'as "a", "b", "c"',
      '--accept-changes',
      undefined,
    ],
    [[all], '300 of 400 files are', 'as "a"', '--accept-changes', ''],
    [[odd], '101 of 200 files in "a\\xff" are', 'as "a", "b"', '--accept-changes', undefined],
  ])('of %j says %s', (losses, start, examples, option, path) => {
    const held = guardLosses('documents', losses, SINCE);
    expect(held.guard).toBe('mass-change');
    expect(held.message).toBe(
      `${start} gone or modified since ${SINCE}, ${examples}; the snapshot is an extra one and nothing is rotated out`,
    );
    expect(held.hint).toContain(`\`snapshot run --only documents ${option}\``);
    expect(held.path).toBe(path);
    expect('path' in held).toBe(path !== undefined);
  });
});

describe('guardAwayPart()', () => {
  it.each([
    [
      '',
      1,
      'Source "/srv" was a mount',
      'the file that snapshot S has there stays as it is',
      '--accept-changes=.',
    ],
    [
      'disk 2',
      12,
      '"disk 2" was a mount',
      'the 12 files that snapshot S has there stay as they are',
      '--accept-changes="disk 2"',
    ],
  ])('of "%s" with %i files says what stays, and what to type', (path, files, what, stays, option) => {
    const part = { path, why: 'is not there now', files, snapshot: 'S' };
    const held = guardAwayPart({ name: 'documents', source: '/srv' }, part);
    expect(held.guard).toBe('away-part');
    expect(held.message).toContain(`${what}, and is not there now; ${stays}`);
    expect(held.hint).toContain(`\`snapshot run --only documents ${option}\``);
  });
});

describe('guardFreeSpace()', () => {
  const MIB = 1024 * 1024;

  it('stops a run for which there is no room, and says how much there is and would have to be', () => {
    expect(() => guardFreeSpace({ name: 'documents', destination: '/mnt/disk' }, 100e6, 50e6, false)).toThrow(
      expect.objectContaining({
        code: 'E_GUARD',
        guard: 'free-space',
        message: '"/mnt/disk" has 50 MB free, and about 104 MB are needed; nothing was written',
        hint: expect.stringContaining('--accept-changes') as string,
      }) as Error,
    );
  });

  it.each([
    [0, '0 B'],
    [99_949_999, '99.9 MB'],
    [100e6, '100 MB'],
    [2_499e6, '2.5 GB'],
  ])('says of %d bytes that it is %s', (bytes, text) => {
    const stop = (): void =>
      guardFreeSpace({ name: 'documents', destination: '/mnt/disk' }, 1e12, bytes, false);
    expect(stop).toThrow(`"/mnt/disk" has ${text} free, `);
  });

  it.each<[number, number | undefined, boolean, boolean]>([
    // needed for archives, free, accepted, stopped
    [0, 4 * MIB, false, false],
    [0, 4 * MIB - 1, false, true],
    [1000, 4 * MIB + 1000, false, false],
    [1000.5, 4 * MIB + 1000, false, true],
    [1e12, 0, false, true],
    [1e12, 0, true, false],
    [1e12, undefined, false, false],
  ])('for %d bytes, with %d free, accepted %s: stopped %s', (bytes, free, accepted, isStopped) => {
    const stop = (): void =>
      guardFreeSpace({ name: 'documents', destination: '/mnt/disk' }, bytes, free, accepted);
    if (isStopped) expect(stop).toThrow(GuardError);
    else expect(stop).not.toThrow();
  });
});

describe('guardBitRot()', () => {
  it('says how many files rot', () => {
    expect(guardBitRot('documents', 1).guard).toBe('bit-rot');
    expect(guardBitRot('documents', 1).hint).toContain(wayOut('documents'));
    expect(guardBitRot('documents', 1).message).toMatch(/^1 file has /);
    expect(guardBitRot('documents', 2).message).toMatch(/^2 files have /);
  });
});

describe('wayOut()', () => {
  it.each([
    ['documents', 'documents'],
    ['Größe_2026.old-1', 'Größe_2026.old-1'],
    ['my documents', '"my documents"'],
    ['$HOME`id`', '"\\$HOME\\`id\\`"'],
    [String.raw`a"b\c`, String.raw`"a\"b\\c"`],
    ['', '""'],
    ['a\nb', '"a\nb"'],
  ])('names the row %s in words that can be typed', (name, word) => {
    const once = (options: string): string => `run this once: \`snapshot run --only ${word} ${options}\`.`;
    expect(wayOut(name)).toBe(`If that is what you want, ${once('--accept-changes')}`);
    expect(seriesWord(name)).toBe(word);
    expect(optionsFor(name, '--move')).toBe(`snapshot run --only ${word} --move`);
  });

  it('accepts one path only, and on another condition', () => {
    expect(wayOut('documents', 'a b')).toMatch(
      /^If that is .*`snapshot run --only documents --accept-changes="a b"`\.$/,
    );
    expect(wayOut('documents', '')).toContain('`snapshot run --only documents --accept-changes=.`');
    expect(wayOut('documents', 'a', 'Else')).toMatch(/^Else, run this once: .*=a`\.$/);
  });
});

describe('held.json', () => {
  const HELD = {
    since: '2026-11-19T02:00:00.000Z',
    guard: 'bit-rot',
    snapshot: '2026-11-19T02-00-00Z',
    message: 'a file rots',
  };
  let folder: string;
  let series: Series;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guards-'));
    series = new Series(new LocalStore(folder), 'documents');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('says what holds rotation back, until it is removed', async () => {
    expect(await readHeld(series)).toBeUndefined();
    await writeHeld(series, HELD);
    expect(await readHeld(series)).toEqual(HELD);
    expect(JSON.parse(await readFile(join(folder, 'documents', 'held.json'), 'utf8'))).toEqual(HELD);
    await liftHeld(series, HELD, new Date());
    await liftHeld(series, HELD, new Date());
    expect(await readHeld(series)).toBeUndefined();
    expect(await readdir(join(folder, 'documents'))).toEqual([]);
  });

  it.each(['a b', ''])('says which folder it is about: "%s"', async (path) => {
    await writeHeld(series, { ...HELD, path });
    expect(await readHeld(series)).toEqual({ ...HELD, path });
  });

  it.each(['', '{', '{"since":1}', '[]'])('holds rotation back as well when it says %j', async (text) => {
    await writeHeld(series, HELD);
    await writeFile(join(folder, 'documents', 'held.json'), text);
    const held = await readHeld(series);
    expect(held).toMatchObject({ since: '', guard: 'mass-change', snapshot: 'an earlier run' });
    expect(held?.message).toMatch(/held\.json" is damaged/);
  });
});
