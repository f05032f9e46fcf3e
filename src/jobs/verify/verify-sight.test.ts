import { describe, expect, it } from 'vitest';
import { PieceTable } from '../../check/piece-table.ts';
import { BAD, GOOD } from '../../check/tasks.ts';
import type { Flaw, FoundBy, Sight } from '../../series/damage/damage.ts';
import type { Info } from '../../series/info.ts';
import type { Snapshot, Survey } from '../../series/series.ts';
import type { CheckedArchive } from './checked-archive.ts';
import { Findings } from './verify-findings.ts';
import { sightOf, stillKnown } from './verify-sight.ts';

const [ONE, TWO] = ['2026-01-01T00-00-00Z', '2026-01-02T00-00-00Z'];
const NOW = new Date('2026-01-03T00:00:00Z');
const SHARED = { file: 'index.jsonl.zst', bytes: 5, sha256: 'a'.repeat(64) };
const OWN = { ...SHARED, sha256: 'b'.repeat(64) };

/** A snapshot with this index and these archives. */
function snapshotOf(name: string, index: Info['index'], ...files: readonly string[]): Snapshot {
  const archives = files.map((file, number) => ({
    number,
    file,
    bytes: 9,
    sha256: `${number}`.repeat(64),
    entries: 1,
    liveBytes: 1,
  }));
  const info = { archives, index, changes: null, dead: null } as unknown as Info;
  return { name, at: NOW, info };
}

function surveyOf(...snapshots: readonly Snapshot[]): Survey {
  return { snapshots, unfinished: [], kept: [], damaged: [], foreign: [], parts: [] };
}

function archiveOf(more: Partial<CheckedArchive>): CheckedArchive {
  const file = `${ONE}/data.zip`;
  return {
    key: `data/${file}`,
    file,
    item: { name: 'data.zip', isFolder: false, isFile: true, sizeBytes: 9, modifiedMs: 0 },
    bytes: 9,
    sha256: '',
    snapshots: [ONE],
    places: new Set([file, `${TWO}/data.zip`]),
    pieces: new PieceTable(),
    isWanted: true,
    isComplete: true,
    isDamaged: false,
    isRead: false,
    states: undefined,
    ...more,
  };
}

function sight(
  archive: CheckedArchive,
  findings = new Findings(),
  snapshots = [snapshotOf(ONE, SHARED, 'data.zip')],
): Sight {
  return sightOf({ by: 'full', snapshots, archives: [archive], findings }, surveyOf(...snapshots), NOW);
}

describe('sightOf()', () => {
  it('takes an archive for sound, under all its names, only when it was read', () => {
    for (const isRead of [true, false]) {
      const { found, isInPlace, isSound, by, at } = sight(archiveOf({ isRead }));
      expect([found.size, by, at]).toEqual([0, 'full', NOW]);
      for (const name of [ONE, TWO])
        expect([isInPlace(`${name}/data.zip`), isSound(`${name}/data.zip`)]).toEqual([true, isRead]);
    }
  });

  it('takes whatever is no archive for read, and says nothing of what it was not shown', () => {
    const { isInPlace, isSound } = sight(archiveOf({}));
    for (const file of ['info.json', 'index.jsonl.zst', 'RESTORE.txt', 'SHA256SUMS'])
      expect([isInPlace(`${ONE}/${file}`), isSound(`${ONE}/${file}`)]).toEqual([true, true]);
    expect([isInPlace(`${TWO}/info.json`), isSound(`${TWO}/info.json`)]).toEqual([undefined, false]);
  });

  const pieces = new PieceTable();
  const hashes = [1, 2, 3].map((n) => Buffer.alloc(32, n));
  for (const [n, hash] of hashes.entries()) pieces.add({ offset: n, length: 1, skip: 0, size: 1, hash });
  const states = Uint8Array.from([GOOD, BAD, BAD]);
  const bad = hashes.slice(1).map((hash) => hash.toString('hex'));

  it.each<[string, Partial<CheckedArchive>, object]>([
    ['is missing', { item: undefined }, { kind: 'missing', what: 'is missing', contents: null }],
    ['was not read', {}, { kind: 'content', what: 'is cut short', contents: null }],
    ['has another size', { bytes: 10 }, { kind: 'size', what: 'is cut short', contents: null }],
    [
      'holds bad pieces',
      { pieces, states, isRead: true },
      { kind: 'content', what: 'is cut short', contents: bad },
    ],
    [
      'is bad between its pieces',
      { pieces, states: Uint8Array.from([GOOD, GOOD, GOOD]), isRead: true },
      { kind: 'content', what: 'is cut short', contents: [] },
    ],
  ])('says of an archive that %s what it lacks, under all its names', (_, more, flaw) => {
    const findings = new Findings();
    findings.add(`${ONE}/data.zip`, 'is cut short', [ONE]);
    findings.add(`${ONE}/data.zip`, 'and more', [ONE]);
    const { found, isInPlace, isSound } = sight(archiveOf({ isDamaged: true, ...more }), findings);
    expect([...found]).toEqual([ONE, TWO].map((name) => [`${name}/data.zip`, flaw]));
    expect([isInPlace(`${ONE}/data.zip`), isSound(`${ONE}/data.zip`)]).toEqual([undefined, false]);
  });

  it('has words for an archive of which nothing was said', () => {
    const { found } = sight(archiveOf({ isDamaged: true }));
    expect(found.get(`${ONE}/data.zip`)?.what).toBe('is not what it should be');
  });

  it('says of every other file what was found, and does not take it for sound', () => {
    const findings = new Findings();
    findings.add(`${ONE}/info.json`, 'is missing', [ONE]);
    findings.add(`${ONE}/RESTORE.txt`, 'has 1 byte, not 5', [ONE]);
    const { found, isInPlace, isSound } = sight(archiveOf({}), findings);
    expect([...found]).toEqual([
      [`${ONE}/info.json`, { kind: 'missing', what: 'is missing', contents: null }],
      [`${ONE}/RESTORE.txt`, { kind: 'content', what: 'has 1 byte, not 5', contents: null }],
    ]);
    for (const file of found.keys()) expect([isInPlace(file), isSound(file)]).toEqual([undefined, false]);
  });
});

describe('stillKnown()', () => {
  const flaw: Flaw = {
    kind: 'content',
    what: 'is not what it should be',
    contents: null,
    by: 'full',
    since: '2026-01-02T12:00:00.000Z',
    accepted: false,
    shared: false,
  };
  const snapshots = [snapshotOf(TWO, SHARED, 'data.zip'), snapshotOf(ONE, SHARED, 'data.zip')];
  const told = (places: readonly string[], of = snapshots, one: Flaw = flaw, found: readonly string[] = []) =>
    stillKnown(
      'data',
      new Map(places.map((place) => [place, one])),
      { found: new Map(found.map((place) => [place, one])) } as unknown as Sight,
      of,
    );

  it('tells a file with several names once, with all who need it, oldest first', () => {
    expect(told([ONE, TWO].map((name) => `${name}/index.jsonl.zst`))).toEqual([
      {
        event: 'damage',
        series: 'data',
        file: `${TWO}/index.jsonl.zst`,
        what: 'is not what it should be (found by a full verify of 2026-01-02T12:00:00.000Z, and not read now)',
        snapshots: [ONE, TWO],
        known: true,
      },
    ]);
  });

  it.each(['info.json', 'RESTORE.txt', 'SHA256SUMS'])(
    'tells of each %s, which is each snapshot’s own',
    (file) => {
      const damages = told([ONE, TWO].map((name) => `${name}/${file}`));
      expect(damages.map((one) => [one.file, one.snapshots])).toEqual(
        [TWO, ONE].map((name) => [`${name}/${file}`, [name]]),
      );
    },
  );

  it('does not take two indexes for one, only because both are damaged', () => {
    const two = [snapshotOf(ONE, SHARED), snapshotOf(TWO, OWN)];
    expect(
      told(
        [ONE, TWO].map((name) => `${name}/index.jsonl.zst`),
        two,
      ),
    ).toHaveLength(2);
  });

  it.each<[FoundBy, string]>([
    ['run', 'a run'],
    ['quick', 'a quick verify'],
    ['sample', 'a verify of a sample'],
    ['full', 'a full verify'],
  ])('says who has found it: %s', (by, who) => {
    const [damage] = told([`${ONE}/data.zip`], snapshots, { ...flaw, by });
    expect(damage?.what).toContain(`(found by ${who} of `);
  });

  it('leaves out what was looked at now, and what nothing needs', () => {
    expect(told([`${ONE}/data.zip`, `${ONE}/else`], snapshots, flaw, [`${ONE}/data.zip`])).toEqual([]);
    expect(told([], snapshots)).toEqual([]);
  });
});
