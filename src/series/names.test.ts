import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACCEPTED_FILE,
  archiveDate,
  archiveName,
  BOLT_FOLDER,
  CHANGES_FILE,
  DAMAGE_FILE,
  DEAD_FILE,
  HELD_FILE,
  INDEX_FILE,
  INFO_FILE,
  INFO_PART,
  isArchive,
  isCalledAfter,
  isSeriesPart,
  LET_GO_FILE,
  MIRROR_DATA,
  NAMES_FILE,
  OWNER_FILE,
  PINNED_FILE,
  RESTORE_FILE,
  SUMS_FILE,
  UNFINISHED_FILE,
  VERSION_BOLT,
  WATCH_FILE,
  isContentArchive,
  isOurs,
  nextArchiveDate,
  nextSnapshotName,
  snapshotName,
  snapshotTime,
  treeArchiveName,
} from './names.ts';

const dates = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-30') });

describe('snapshotName()', () => {
  it('is the time in UTC, to the second', () => {
    expect(snapshotName(new Date('2026-11-19T02:03:04.999Z'))).toBe('2026-11-19T02-03-04Z');
  });

  it('is undone by snapshotTime()', () => {
    fc.assert(
      fc.property(dates, (at) => {
        expect(snapshotTime(snapshotName(at))?.getTime()).toBe(Math.floor(at.getTime() / 1000) * 1000);
      }),
    );
  });

  it.each([-1, 10_000])('has no name for the year %i', (year) => {
    expect(() => snapshotName(new Date(Date.UTC(year, 0)))).toThrow(
      expect.objectContaining({ code: 'E_HOST', message: expect.stringContaining(String(year)) }),
    );
  });

  it('has one for the first and the last year', () => {
    const ends = ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z'].map((at) => snapshotName(new Date(at)));
    expect(ends).toEqual(['0000-01-01T00-00-00Z', '9999-12-31T23-59-59Z']);
  });

  it('sorts as the times do', () => {
    fc.assert(
      fc.property(dates, dates, (a, b) => {
        const [x, y] = [snapshotName(a), snapshotName(b)];
        if (x !== y) expect(x < y).toBe(a.getTime() < b.getTime());
      }),
    );
  });
});

describe('snapshotTime()', () => {
  it.each([
    '',
    '2026-11-19',
    '2026-11-19T02:03:04Z',
    '2026-11-19T02-03-04',
    '2026-11-19T02-03-04Z.bak',
    ' 2026-11-19T02-03-04Z',
    '2026-11-19T02-03-04Z\n',
    '2026-13-19T02-03-04Z',
    '2026-11-19T25-03-04Z',
    // No such day, or the first moment of the next one: no snapshot is called that.
    '2026-02-30T00-00-00Z',
    '2026-11-19T24-00-00Z',
  ])('knows that %j is no snapshot', (name) => {
    expect(snapshotTime(name)).toBeUndefined();
  });
});

describe('nextSnapshotName()', () => {
  const at = new Date('2026-11-19T02:00:00.500Z');

  it.each<[string, string[], string]>([
    ['the time when nothing is taken', [], '2026-11-19T02-00-00Z'],
    ['the time when all others are older', ['2026-11-18T02-00-00Z'], '2026-11-19T02-00-00Z'],
    ['the next second when this one is taken', ['2026-11-19T02-00-00Z'], '2026-11-19T02-00-01Z'],
    [
      'later than the last when the clock was set back by a little',
      ['2026-11-19T02-59-00Z', '2026-11-19T02-00-00Z'],
      '2026-11-19T02-59-01Z',
    ],
    [
      'true to the clock when another one was far ahead',
      ['2030-01-01T00-00-00Z', '2020-01-01T00-00-00Z'],
      '2026-11-19T02-00-00Z',
    ],
    [
      'the next free one, when the ones after the last are taken',
      ['2026-11-19T02-59-59Z', '2026-11-19T03-00-00Z', '2026-11-19T03-00-01Z'],
      '2026-11-19T03-00-02Z',
    ],
    ['the time when what is taken is no snapshot', ['zzz'], '2026-11-19T02-00-00Z'],
  ])('is %s', (_, taken, name) => {
    expect(nextSnapshotName(at, taken)).toBe(name);
  });

  it('is never taken, and within two hours of the clock', () => {
    const hours = fc.array(fc.integer({ min: -9000, max: 9000 }), { maxLength: 40 });
    fc.assert(
      fc.property(dates, hours, (now, seconds) => {
        const taken = seconds.map((second) => snapshotName(new Date(now.getTime() + second * 1000)));
        const name = nextSnapshotName(now, taken);
        expect(taken).not.toContain(name);
        expect(name >= snapshotName(now)).toBe(true);
        expect((snapshotTime(name)?.getTime() ?? 0) - now.getTime()).toBeLessThan(7_200_000);
      }),
    );
  });
});

describe('nextArchiveDate()', () => {
  it('is that of the snapshot, unless an older archive has a later one', () => {
    const snapshot = '2026-11-19T02-00-00Z';
    expect(nextArchiveDate(snapshot, [])).toBe(snapshot);
    expect(nextArchiveDate(snapshot, ['2026-11-18T02-00-00Z'])).toBe(snapshot);
    const ahead = ['2027-11-01T02-00-00Z', '2026-11-18T02-00-00Z'];
    expect(nextArchiveDate(snapshot, ahead)).toBe('2027-11-01T02-00-01Z');
    expect(nextArchiveDate(snapshot, [snapshot])).toBe('2026-11-19T02-00-01Z');
  });
});

describe('archiveDate()', () => {
  it('is in the name of every archive with content, and comes before later ones in byte order', () => {
    const [snapshot, later] = ['2026-11-19T02-00-00Z', '2027-11-01T02-00-01Z'];
    const own = archiveName('docs', snapshot, 0, 'zip');
    const moved = [0, 1, 9].map((n) => archiveName('docs', snapshot, n, 'zip', later));
    expect(moved).toEqual(['-01', '-02', '-010'].map((end) => `docs-${later}${end}.zip`));
    expect([own, ...moved].map((file) => archiveDate(file))).toEqual([snapshot, later, later, later]);
    expect(archiveDate(`${snapshot}/${own}`)).toBe(snapshot);
    expect(moved.every((file) => file > own && isOurs(file, ['docs']))).toBe(true);
    // One that an earlier version writes for a snapshot of that name comes after them, and is another.
    for (const n of [0, 1, 9]) {
      const theirs = archiveName('docs', later, n, 'zip');
      expect(moved.every((file) => file < theirs)).toBe(true);
    }
  });

  it.each([
    'docs-2026-11-19T02-00-00Z~tree.zip',
    'docs-2026-13-40T02-00-00Z.zip',
    'docs-2026-11-19T02-00-00Z.zip.part',
    '-2026-11-19T02-00-00Z.zip',
    'docs-x.zip',
    'info.json',
  ])('is not in %s', (file) => {
    expect(archiveDate(file)).toBeUndefined();
  });

  it('is the last one where the name of the series has one, too', () => {
    expect(archiveDate('docs-2020-01-01T00-00-00Z-2026-11-19T02-00-00Z-2.zip')).toBe('2026-11-19T02-00-00Z');
  });
});

describe('archiveName()', () => {
  it('numbers archives from the second one on', () => {
    const [first, second] = [0, 1].map((n) => archiveName('docs', '2026-11-19T02-00-00Z', n, 'tar.zst'));
    expect([first, second]).toEqual([
      'docs-2026-11-19T02-00-00Z.tar.zst',
      'docs-2026-11-19T02-00-00Z-2.tar.zst',
    ]);
  });
});

describe('treeArchiveName()', () => {
  it('comes after the names of all archives with content, in byte order', () => {
    const tree = treeArchiveName('docs', '2026-11-19T02-00-00Z', 'tar.zst');
    expect(tree).toBe('docs-2026-11-19T02-00-00Z~tree.tar.zst');
    fc.assert(
      fc.property(fc.nat({ max: 5000 }), fc.constantFrom('tar.zst' as const, 'zip' as const), (n, format) => {
        const content = archiveName('docs', '2026-11-19T02-00-00Z', n, format);
        expect(content < treeArchiveName('docs', '2026-11-19T02-00-00Z', format)).toBe(true);
      }),
    );
  });
});

describe('isContentArchive()', () => {
  it('knows every archive with content of its snapshot, and no other', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((name) => !name.includes('/')),
        dates,
        dates,
        fc.nat({ max: 2000 }),
        fc.constantFrom('tar.zst' as const, 'zip' as const),
        (series, at, later, n, format) => {
          const [snapshot, other] = [snapshotName(at), snapshotName(later)];
          const name = archiveName(series, snapshot, n, format);
          expect(isContentArchive(name, [series], snapshot)).toBe(true);
          expect(isContentArchive(`${name}.part`, [series], snapshot)).toBe(false);
          expect(isContentArchive(name, [series], other)).toBe(other === snapshot);
          expect(isContentArchive(treeArchiveName(series, snapshot, format), [series], snapshot)).toBe(false);
        },
      ),
    );
  });

  it.each([
    'info.json',
    'docs-2026-11-19T02-00-00Z.tar',
    'docs-2026-11-19T02-00-00Z-.zip',
    'docs-2026-11-19T02-00-00Z-x.zip',
    'docs-2026-11-19T02-00-00Z-2.zip.part',
    'docs-2026-11-19T02-00-00Z-2-3.zip',
    'docs-2026-11-19T02-00-00ZZ.zip',
    'other-2026-11-19T02-00-00Z.zip',
    'xdocs-2026-11-19T02-00-00Z.zip',
  ])('knows that %s is none', (file) => {
    expect(isContentArchive(file, ['docs'], '2026-11-19T02-00-00Z')).toBe(false);
  });
});

describe('isOurs()', () => {
  it('knows every archive of the series, whole or in part', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((name) => !name.includes('/')),
        dates,
        fc.nat({ max: 2000 }),
        fc.constantFrom('tar.zst' as const, 'zip' as const),
        (series, at, n, format) => {
          const name = archiveName(series, snapshotName(at), n, format);
          expect([isOurs(name, [series]), isOurs(`${name}.part`, [series])]).toEqual([true, true]);
          const tree = treeArchiveName(series, snapshotName(at), format);
          expect([isOurs(tree, [series]), isOurs(`${tree}.part`, [series])]).toEqual([true, true]);
        },
      ),
    );
  });

  it.each([
    'info.json',
    'index.jsonl.zst',
    'changes.jsonl.zst',
    'dead.jsonl.zst',
    'SHA256SUMS',
    'RESTORE.txt',
    'info.json.part',
    'dead.jsonl.zst.part',
    'index.jsonl.zst.damaged',
    'docs-2026-11-19T02-00-00Z.zip.damaged',
    'UNFINISHED',
    'LET-GO',
  ])('knows %s', (name) => {
    expect(isOurs(name, ['docs'])).toBe(true);
  });

  it.each([
    'PINNED',
    'owner.json',
    'notes.txt',
    'info.json.bak',
    'Info.json',
    'info.json.part.part',
    '.part',
    'docs.zip',
    'docs-2026.zip',
    'docs-2026-11-19T02-00-00Z.tar',
    'docs-2026-11-19T02-00-00Z.zip~',
    'docs-2026-11-19T02-00-00Z-x.zip',
    'docs-2026-11-19T02-00-00Z~tree-2.zip',
    'docs-2026-11-19T02-00-00Z-2~tree.zip',
    'docs-2026-11-19T02-00-00Z~other.zip',
    'other-2026-11-19T02-00-00Z.zip',
    'docs2-2026-11-19T02-00-00Z.zip',
    'xdocs-2026-11-19T02-00-00Z.zip',
    'docs-mine-2026-11-19T02-00-00Z.zip',
  ])('leaves %s alone', (name) => {
    expect(isOurs(name, ['docs'])).toBe(false);
  });
});

describe('isCalledAfter()', () => {
  const ARCHIVE = 'docs-2026-11-19T02-00-00Z-2.zip';

  it.each<[string, readonly string[] | undefined, boolean]>([
    [ARCHIVE, undefined, true],
    [ARCHIVE, ['docs'], true],
    [ARCHIVE, ['old', 'docs'], true],
    [ARCHIVE, ['other'], false],
    [ARCHIVE, [], false],
    [`2026-11-19T02-00-00Z/${ARCHIVE}.part`, ['docs'], true],
    [`${ARCHIVE}.damaged`, undefined, true],
    [`${ARCHIVE}.part.damaged`, undefined, false],
    ['info.json', undefined, false],
  ])('of %s and %j is %s', (file, series, isSo) => {
    expect(isCalledAfter(file, series)).toBe(isSo);
  });
});

describe('isSeriesPart()', () => {
  const FILES = ['accepted', 'damage', 'held', 'owner', 'names'].map((name) => `${name}.json`);

  it('knows what is left of a write in the folder of a series, and leaves all else alone', () => {
    const others = [...FILES, '.part', 'info.json.part', 'notes.txt.part', 'owner.json.part.part'];
    const parts = FILES.map((name) => `${name}.part`);
    expect([...parts, ...others].filter(isSeriesPart)).toEqual(parts);
  });
});

it.each([
  ['a.tar.zst', true],
  ['a.zip', true],
  ['a.zip.part', false],
  ['zip', false],
])('isArchive(): %s: %s', (file, isSo) => {
  expect(isArchive(file)).toBe(isSo);
});

describe('what lies on disk', () => {
  const format = readFileSync(new URL('../../docs/format.md', import.meta.url), 'utf8');
  const own = [INFO_FILE, INFO_PART, INDEX_FILE, CHANGES_FILE, DEAD_FILE, SUMS_FILE, RESTORE_FILE];
  const markers = [UNFINISHED_FILE, LET_GO_FILE, PINNED_FILE, BOLT_FOLDER, VERSION_BOLT];
  const others = [ACCEPTED_FILE, DAMAGE_FILE, HELD_FILE, OWNER_FILE, NAMES_FILE];

  const mirror = readFileSync(new URL('../../docs/mirror.md', import.meta.url), 'utf8');
  const named: (readonly [string, string])[] = [
    ...[...own, ...markers, ...others].map((name) => [name, format] as const),
    ...[MIRROR_DATA, WATCH_FILE].map((name) => [name, mirror] as const),
  ];

  it.each(named)('is called as the docs say: %s', (name, docs) => {
    // As a word of its own.
    expect(docs.split(/[^\w.-]+/).map((word) => word.replace(/\.$/, ''))).toContain(name);
    expect(name).not.toBe('');
  });

  it('has a name of its own each', () => {
    const names = [...own, ...markers, ...others];
    expect(new Set(names).size).toBe(names.length);
  });
});
