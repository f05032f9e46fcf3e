import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import { formatInfo, type Info, newBytesOf, parseInfo } from './info.ts';

const HASH = '0123456789abcdef'.repeat(4);

const INFO: Info = {
  version: 1,
  tool: 'snapshot 0.1.0',
  name: 'documents',
  host: 'laptop',
  machine: '0123456789abcdef'.repeat(2),
  source: '/home/alice/documents',
  destination: '/mnt/disk',
  time: { started: '2026-11-19T02:00:00.123Z', finished: '2026-11-19T02:00:07Z' },
  sequence: 12,
  zone: 'America/Argentina/Buenos_Aires',
  archiveDate: '2027-11-01T02-00-01Z',
  strategy: 'incremental',
  format: 'tar.zst',
  hash: { algorithm: 'blake3', tree: HASH, folders: { letters: HASH } },
  count: { files: 3, folders: 2, links: 1 },
  bytes: 1234,
  change: { added: 1, modified: 2, removed: 3 },
  previous: '2026-11-18T02-00-00Z',
  archives: [
    {
      number: 7,
      file: '2026-11-18T02-00-00Z/documents-2026-11-18T02-00-00Z.tar.zst',
      bytes: 1000,
      sha256: HASH,
      entries: 2,
      liveBytes: 900,
    },
    {
      number: 9,
      file: 'documents-2026-11-19T02-00-00Z.tar.zst',
      bytes: 99,
      sha256: HASH,
      entries: 3,
      liveBytes: 12,
    },
  ],
  index: { file: '2026-11-18T02-00-00Z/index.jsonl.zst', bytes: 55, sha256: HASH },
  changes: { file: 'changes.jsonl.zst', bytes: 12, sha256: HASH },
  dead: { file: 'dead.jsonl.zst', bytes: 13, sha256: HASH },
  skipped: [
    { path: 'a/b', reason: 'permission denied' },
    { pathBase64: '/w==', reason: 'vanished' },
  ],
};

const text = fc.string({ unit: 'binary' });
const count = fc.maxSafeNat();
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const fileName = fc.stringMatching(/^[\w -]{1,20}\.zip$/);
/** In the snapshot's own folder, or in that of another. */
const place = fc.oneof(
  fileName,
  fileName.map((file) => `2026-11-18T02-00-00Z/${file}`),
);
const aFile = { file: place, bytes: count, sha256: hash };
const time = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
  .map((date) => date.toISOString());

const infos: fc.Arbitrary<Info> = fc.record({
  version: fc.constantFrom(1, 2),
  tool: text,
  name: fileName,
  host: text,
  machine: fc.stringMatching(/^[0-9a-f]{32}$/),
  source: text,
  destination: text,
  time: fc.record({ started: time, finished: time }),
  sequence: count,
  zone: fc.constantFrom('UTC', 'Etc/GMT+5', 'Europe/Berlin'),
  archiveDate: fc.constant('2027-11-01T02-00-01Z'),
  strategy: fc.constantFrom('incremental', 'full'),
  format: fc.constantFrom('tar.zst', 'zip'),
  hash: fc.record({
    algorithm: fc.constant('blake3' as const),
    tree: hash,
    folders: fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor')), hash, {
      noNullPrototype: true,
    }),
  }),
  count: fc.record({ files: count, folders: count, links: count }),
  bytes: count,
  change: fc.record({ added: count, modified: count, removed: count }),
  previous: fc.option(text),
  archives: fc.array(fc.record({ number: count, ...aFile, entries: count, liveBytes: count }), {
    maxLength: 3,
  }),
  index: fc.record(aFile),
  changes: fc.option(fc.record(aFile)),
  dead: fc.option(fc.record(aFile)),
  skipped: fc.array(
    fc.oneof(fc.record({ path: text, reason: text }), fc.record({ pathBase64: text, reason: text })),
    { maxLength: 3 },
  ),
});

/** Every way from the top of `value` to something in it. */
function* places(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (path.length > 0) yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* places(inner, [...path, key]);
}

/** `INFO` with something else at `path`; `undefined` takes the key out. */
function damagedAt(path: readonly string[], value: unknown): string {
  const copy = structuredClone(INFO) as unknown as Record<string, unknown>;
  let inside = copy;
  for (const key of path.slice(0, -1)) inside = inside[key] as Record<string, unknown>;
  inside[path.at(-1) ?? ''] = value;
  return JSON.stringify(copy);
}

function failureOf(json: string): SnapshotError {
  try {
    parseInfo(json, 'the/info.json');
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
  throw new Error('it was read');
}

/** Keys that may be missing or null. */
const OPTIONAL = new Set([
  'sequence',
  'zone',
  'archiveDate',
  'machine',
  'previous',
  'hash.folders.letters',
  'changes',
  'dead',
  'skipped.0.path',
  'skipped.1.pathBase64',
]);

const PLACES = [...places(INFO)].map((path): [string, readonly string[]] => [path.join('.'), path]);

describe('formatInfo()', () => {
  it('writes the keys in the order of docs/format.md, indented by two spaces', () => {
    const written = formatInfo(INFO);
    expect(Object.keys(JSON.parse(written) as object)).toEqual([
      'version',
      'tool',
      'name',
      'host',
      'machine',
      'source',
      'destination',
      'time',
      'sequence',
      'zone',
      'archiveDate',
      'strategy',
      'format',
      'hash',
      'count',
      'bytes',
      'change',
      'previous',
      'archives',
      'index',
      'changes',
      'dead',
      'skipped',
    ]);
    expect(written).toMatch(/^\{\n {2}"version": 1,\n {2}"tool"/);
    expect(written).toMatch(/\n\}\n$/);
  });
});

describe('parseInfo()', () => {
  it('gives back what was written', () => {
    expect(parseInfo(formatInfo(INFO), 'info.json')).toEqual(INFO);
    fc.assert(
      fc.property(infos, (info) => {
        expect(parseInfo(formatInfo(info), 'info.json')).toEqual(info);
      }),
    );
  });

  it('does not mind keys that it does not know', () => {
    expect(parseInfo(JSON.stringify({ ...INFO, comment: 'mine' }), 'info.json')).toEqual(INFO);
  });

  it('reads what has neither changes nor dead content, said or not', () => {
    const plain = { ...INFO, changes: null, dead: null };
    expect(parseInfo(formatInfo(plain), 'info.json')).toEqual(plain);
    const { changes, dead, ...rest } = plain;
    expect([changes, dead]).toEqual([null, null]);
    expect(parseInfo(JSON.stringify(rest), 'info.json')).toEqual(plain);
  });

  it.each(['archives.0.file', 'archives.1.file', 'index.file', 'changes.file', 'dead.file'])(
    'refuses every `%s` that leads anywhere but into a snapshot of the series',
    (name) => {
      for (const file of [
        '',
        '.',
        '..',
        '/',
        '../index',
        '../../etc/passwd',
        '/etc/passwd',
        'sub/index',
        String.raw`a\b`,
        'a\0b',
        '2026-11-18T02-00-00Z/',
        '2026-11-18T02-00-00Z/.',
        '2026-11-18T02-00-00Z/..',
        '2026-11-18T02-00-00Z/../..',
        '2026-11-18T02-00-00Z//etc',
        '2026-11-18T02-00-00Z/a/b',
        '2026-11-18T02-00-00Z/2026-11-18T02-00-00Z/a',
        String.raw`2026-11-18T02-00-00Z/..\a`,
        '2026-11-18T02-00-00Z/a\0b',
        '/2026-11-18T02-00-00Z/a',
        './2026-11-18T02-00-00Z/a',
        '2026-11-18T02-00-00/a',
        ' 2026-11-18T02-00-00Z/a',
        '2026-11-18T02-00-00Z\n/a',
        7,
        null,
        ['a'],
      ]) {
        const failure = failureOf(damagedAt(name.split('.'), file));
        expect([failure.code, failure.message]).toEqual([
          'E_DAMAGED',
          `"the/info.json" is damaged: \`${name}\` is missing or not what it should be`,
        ]);
      }
    },
  );

  it.each(PLACES.filter(([name]) => !OPTIONAL.has(name) && !/^(?:archives|skipped)\.\d+$/.test(name)))(
    'names `%s` when it is missing',
    (name, path) => {
      const failure = failureOf(damagedAt(path, undefined));
      expect(failure.code).toBe('E_DAMAGED');
      expect(failure.message).toContain(`\`${name}\``);
    },
  );

  it.each<[string, unknown]>([
    ['time.started', '2026-11-19 02:00:00'],
    // What runs compute with such a time is no number.
    ['time.started', '2026-13-40T02:00:00Z'],
    ['time.finished', '2026-11-19T25:00:00Z'],
    ['time.finished', '2026-11-19T02:00:00+01:00'],
    ['machine', 'the machine-id itself'],
    ['sequence', 1.5],
    ['zone', 'a\nb'],
    ['archiveDate', '../2027'],
    ['strategy', 'differential'],
    ['format', 'tar.gz'],
    ['hash.algorithm', 'md5'],
    ['hash.tree', HASH.slice(1)],
    ['hash.tree', HASH.toUpperCase()],
    ['hash.folders.letters', 'none'],
    ['count.files', -1],
    ['bytes', '12'],
    ['bytes', 2 ** 53],
    ['archives.0.sha256', `${HASH}0`],
    ['archives.0.number', -1],
    ['archives.0.number', 1.5],
    ['changes.bytes', -1],
    ['dead.sha256', 'none'],
    ['name', '.'],
    ['name', '2026-11-18T02-00-00Z/documents'],
  ])('refuses `%s` when it is %j', (name, value) => {
    const failure = failureOf(damagedAt(name.split('.'), value));
    expect([failure.code, failure.message]).toEqual([
      'E_DAMAGED',
      `"the/info.json" is damaged: \`${name}\` is missing or not what it should be`,
    ]);
  });

  it('sends whoever has a newer version to that one', () => {
    const failure = failureOf(damagedAt(['version'], 3));
    expect(failure.message).toBe('"the/info.json" has version 3, which is not known here');
    expect(failure.hint).toMatch(/newer version/);
    const encrypted = failureOf(damagedAt(['encrypted'], true));
    expect(encrypted.message).toBe('"the/info.json" is encrypted, and its row says nothing of that');
  });

  it.each(['', '{', 'null', '[]', '"text"', '\0\0\0\0', formatInfo(INFO).slice(0, 200)])(
    'refuses what is no JSON object: %j',
    (json) => {
      expect(failureOf(json).code).toBe('E_DAMAGED');
    },
  );

  it('throws nothing but E_DAMAGED, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PLACES), fc.jsonValue(), ([, path], value) => {
        try {
          parseInfo(damagedAt(path, value), 'info.json');
        } catch (error) {
          expect(error).toMatchObject({ name: 'SnapshotError', code: 'E_DAMAGED' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('newBytesOf()', () => {
  const NAME = '2026-11-19T02-00-00Z';
  const own = INFO.archives[1];
  if (own === undefined) throw new Error('no archive');
  const shared = { ...own, file: 'documents-2026-11-18T02-00-00Z.tar.zst', bytes: 10_000 };

  it.each<[string, Partial<Info>, number]>([
    ['its own archives, changes and dead content', {}, 99 + 12 + 13],
    [
      'nothing that lies in the folder of another',
      { archives: [{ ...own, file: `${NAME}/${own.file}` }] },
      12 + 13,
    ],
    ['nothing that is a link to what an older one wrote', { archives: [shared, own] }, 99 + 12 + 13],
    ['its index when there are no changes', { changes: null, dead: null }, 99 + 55],
    [
      'all of its archives',
      {
        archives: [
          own,
          { ...own, file: `documents-${NAME}-2.tar.zst` },
          { ...own, file: `documents-${NAME}~tree.tar.zst` },
        ],
      },
      3 * 99 + 12 + 13,
    ],
  ])('counts %s', (_, change, bytes) => {
    expect(newBytesOf(NAME, { ...INFO, ...change })).toBe(bytes);
  });
});
