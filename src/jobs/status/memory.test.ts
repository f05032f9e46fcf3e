import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { thisStateFolder } from '../../host/state-folder.ts';
import {
  type KnownDestination,
  type KnownSeries,
  Memory,
  moveSeries,
  parseKnown,
  recallHere,
  withSeries,
} from './memory.ts';

const STARTED = '2026-11-19T02:00:00.000Z';
const FAILED = { outcome: 'failed', started: STARTED, guards: [], error: 'no disk' } as const;
const DATA: KnownSeries = { name: 'data', waitingSince: STARTED, records: [FAILED] };
const PHOTOS: KnownSeries = { name: 'photos', waitingSince: null, records: [] };
const KNOWN: KnownDestination = { isRemovable: true, disks: ['one', 'two'], series: [DATA, PHOTOS] };

let root: string;
let memory: Memory;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-memory-')));
  memory = new Memory(join(root, 'state'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** What is in the state folder. */
function files(): readonly string[] {
  return readdirSync(join(root, 'state', 'destinations'));
}

function fileOf(destination: string): string {
  return `${createHash('sha256').update(destination).digest('hex').slice(0, 16)}.json`;
}

describe('Memory', () => {
  it('finds nothing before something was remembered, and makes no folder for it', async () => {
    expect(await memory.find('/disk')).toBeUndefined();
    expect(readdirSync(root)).toEqual([]);
  });

  it('finds what was remembered, each destination apart, under every spelling', async () => {
    const [one, two] = [join(root, 'one'), join(root, 'two')];
    await memory.update(one, () => KNOWN);
    await memory.update(two, () => ({ ...KNOWN, isRemovable: false, series: [PHOTOS] }));
    for (const spelling of [one, `${one}/`, join(two, '..', 'one'), relative(process.cwd(), one)])
      expect(await memory.find(spelling)).toEqual(KNOWN);
    expect(await memory.find(two)).toEqual({ isRemovable: false, disks: KNOWN.disks, series: [PHOTOS] });
    expect(files().toSorted()).toEqual([fileOf(one), fileOf(two)].toSorted());
  });

  it('writes a file that people can read, with the whole path of the destination', async () => {
    const path = join(root, 'one');
    await memory.update(`${path}/`, (known) => ({ ...known, disks: ['a'] }));
    const text = readFileSync(join(root, 'state', 'destinations', fileOf(path)), 'utf8');
    const whole = { version: 1, path, isRemovable: false, disks: ['a'], series: [] };
    expect(text).toBe(`${JSON.stringify(whole, undefined, 2)}\n`);
  });

  it('loses nothing when many write at once, and one of them cannot', async () => {
    const add = async (disk: string): Promise<void> =>
      await memory.update('/disk', (known) => {
        if (disk === 'b') throw new Error('a bug');
        return { ...known, disks: [...known.disks, disk] };
      });
    const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map(add));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((await memory.find('/disk'))?.disks).toEqual(['a', 'c', 'd']);
  });

  it('says which file is damaged, and writes that one anew', async () => {
    await memory.update('/disk', () => KNOWN);
    const file = join(root, 'state', 'destinations', fileOf('/disk'));
    writeFileSync(file, '{"isRemovable":true,');
    await expect(memory.find('/disk')).rejects.toMatchObject({
      code: 'E_DAMAGED',
      message: `"${file}" is damaged: it is not JSON`,
    });
    await memory.update('/disk', (known) => withSeries(known, 'data', (one) => one));
    expect(await memory.find('/disk')).toEqual({
      isRemovable: false,
      disks: [],
      series: [{ name: 'data', waitingSince: null, records: [] }],
    });
  });

  it.each([-1, 0, 7])(
    'finds the numbers that were given, the last one of an archive being %i',
    async (archive) => {
      const series = [{ ...DATA, numbers: { sequence: 3, archive } }, PHOTOS];
      await memory.update('/disk', () => ({ ...KNOWN, series }));
      expect(await memory.find('/disk')).toEqual({ ...KNOWN, series });
    },
  );

  it('says when it cannot be written', async () => {
    writeFileSync(join(root, 'state'), 'a file');
    await expect(memory.update('/disk', () => KNOWN)).rejects.toMatchObject({ code: 'E_STORE' });
    rmSync(join(root, 'state'));
    mkdirSync(join(root, 'state'));
    await memory.update('/disk', () => KNOWN);
    expect(await memory.find('/disk')).toEqual(KNOWN);
  });
});

describe('moveSeries()', () => {
  it.each<[string, string, readonly KnownSeries[]]>([
    ['data', 'new', [PHOTOS, { ...DATA, name: 'new' }]],
    ['data', 'photos', [{ ...DATA, name: 'photos' }]],
    ['other', 'data', [DATA, PHOTOS]],
  ])('makes of what is known of %s that of %s', async (from, to, series) => {
    await memory.update('/disk', () => KNOWN);
    await moveSeries(memory, '/disk', from, to);
    expect(await memory.find('/disk')).toEqual({ ...KNOWN, series });
  });

  it('makes no file of what is not known', async () => {
    await moveSeries(memory, '/disk', 'data', 'new');
    expect(await memory.find('/disk')).toBeUndefined();
  });
});

describe('recallHere()', () => {
  it('knows what this machine does, and warns of what it cannot read', async () => {
    vi.stubEnv('XDG_STATE_HOME', root);
    onTestFinished(() => void vi.unstubAllEnvs());
    const here = new Memory(thisStateFolder());
    const warnings: string[] = [];
    const recall = recallHere((message) => warnings.push(message));
    const disk = join(root, 'disk');
    expect(await recall(disk)).toBeUndefined();
    await here.update(disk, () => KNOWN);
    expect([await recall(disk), warnings]).toEqual([KNOWN, []]);
    const file = join(here.folder, 'destinations', fileOf(disk));
    onTestFinished(() => rmSync(file, { force: true }));
    writeFileSync(file, '{');
    expect([await recall(disk), warnings]).toEqual([undefined, [expect.stringContaining(file)]]);
  });
});

function over(one: KnownSeries): KnownSeries {
  return { ...one, waitingSince: null };
}

/** What a file says that is right but for these. */
function textOf(series: object, more: object = {}): string {
  return JSON.stringify({ ...KNOWN, ...more, series: [{ ...DATA, ...series }] });
}

describe('withSeries()', () => {
  it.each<[string, KnownSeries[]]>([
    ['data', [PHOTOS, { ...DATA, waitingSince: null }]],
    ['new', [DATA, PHOTOS, { name: 'new', waitingSince: null, records: [] }]],
  ])('changes %s and nothing else', (name, series) => {
    expect(withSeries(KNOWN, name, over)).toEqual({ ...KNOWN, series });
  });
});

describe('parseKnown()', () => {
  it.each([STARTED, '2026-11-19T02:00:00Z', null, undefined])('reads a wait since %s', (waitingSince) => {
    const [series] = parseKnown(textOf({ waitingSince }), 'file').series;
    expect(series).toEqual({ ...DATA, waitingSince: waitingSince ?? null });
  });

  // One that is no time would never be over.
  it.each<[string, string]>([
    ['series.0.waitingSince', textOf({ waitingSince: '2026-13-40T02:00:00Z' })],
    ['series.0.waitingSince', textOf({ waitingSince: '2026-11-19T::Z' })],
    ['series.0.waitingSince', textOf({ waitingSince: ` ${STARTED}` })],
    ['series.0.waitingSince', textOf({ waitingSince: `${STARTED} ` })],
    ['series.0.waitingSince', textOf({ waitingSince: 1 })],
    ['series.0.name', textOf({ name: 1 })],
    ['series.0.records.0.outcome', textOf({ records: [{ ...FAILED, outcome: 'x' }] })],
    [
      'series.0.records.0.oldest',
      textOf({ records: [{ ...FAILED, snapshots: 1, oldest: '2026-13-40T02:00:00Z', seriesBytes: 1 }] }),
    ],
    ['isRemovable', textOf({}, { isRemovable: 'yes' })],
    ['disks', textOf({}, { disks: [1] })],
  ])('refuses a wrong %s: %s', (what, json) => {
    expect(() => parseKnown(json, '/state/file')).toThrow(
      expect.objectContaining({
        code: 'E_DAMAGED',
        message: `"/state/file" is damaged: \`${what}\` is missing or not what it should be`,
      }),
    );
  });
});
