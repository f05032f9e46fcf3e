import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BARE, formatAttributes } from '../../base/attributes.ts';
import { SnapshotError } from '../../base/errors.ts';
import type { Entry } from '../../tree/entry.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import {
  type DeadMember,
  formatDead,
  formatLine,
  formatNone,
  formatPath,
  formatScanned,
  type IndexEntry,
  parseChange,
  parseDead,
  parseLine,
  pathProperty,
} from './index-line.ts';

const HASH = 'ab'.repeat(32);

const FILE: Entry = {
  path: 'folder/file' as BytePath,
  type: 'file',
  size: 5,
  mode: 0o644,
  uid: 1000,
  gid: 1001,
  mtimeNs: 1_700_000_000_123_456_789n,
  ctimeNs: 1_700_000_001_000_000_000n,
  inode: 18_446_744_073_709_551_615n,
  target: undefined,
  hardlink: undefined,
};

const ITEM: IndexEntry = {
  entry: FILE,
  user: 'alice',
  group: 'staff',
  hash: Buffer.from(HASH, 'hex'),
  at: [0, 1, 2, 3],
  changed: false,
};

/** As a reader gets it: lines are bytes, JSON is text. */
function asText(line: string): string {
  return Buffer.from(line, 'latin1').toString('utf8');
}

function parse(line: string): IndexEntry {
  return parseLine(asText(line), 'the/index');
}

function failureOf(line: string): SnapshotError {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
  throw new Error('it was read');
}

const MAX_NS = 2n ** 63n - 1n;
const anyBytes = fc
  .oneof(
    fc.uint8Array({ min: 1, minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }).map((text) => Buffer.from(text)),
    fc.constantFrom('"', '\\', '\n', '\u007F', '\u2028', 'é', '🙂', ' ').map((text) => Buffer.from(text)),
  )
  .map((some) => Buffer.from(some).toString('latin1').replaceAll('\0', '0') as BytePath);
const name = anyBytes
  .map((some) => some.replaceAll('/', '_'))
  .filter((some) => some !== '.' && some !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/') as BytePath);
const count = fc.maxSafeNat();
const attributeName = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
    fc.constantFrom('user.a', '"', '__proto__', '7'),
  )
  .map((some) => some.replaceAll('\0', '0'));
/** Of none, a line says nothing, or that the member may have some. */
const attributes = fc.oneof(
  fc.constantFrom(undefined, BARE),
  fc
    .uniqueArray(fc.tuple(attributeName, fc.uint8Array({ maxLength: 4 })), {
      selector: ([key]) => key,
      minLength: 1,
    })
    .map((some) => formatAttributes(some.map(([key, value]) => [key, Buffer.from(value)]))),
);
const common = {
  path,
  mode: fc.nat({ max: 0o7777 }),
  uid: fc.nat({ max: 0xffffffff }),
  gid: fc.nat({ max: 0xffffffff }),
  mtimeNs: fc.bigInt({ min: -MAX_NS, max: MAX_NS }),
  ctimeNs: fc.bigInt({ min: -MAX_NS, max: MAX_NS }),
  inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  attributes,
};
const nothing = fc.constant(undefined);
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    ...common,
    type: fc.constant('file' as const),
    size: count,
    target: nothing,
    hardlink: fc.option(path, { nil: undefined }),
  }),
  fc.record({
    ...common,
    type: fc.constant('folder' as const),
    size: fc.constant(0),
    target: nothing,
    hardlink: nothing,
  }),
  fc.record({
    ...common,
    type: fc.constant('link' as const),
    size: fc.constant(0),
    target: anyBytes,
    hardlink: nothing,
  }),
);
const owner = fc.option(fc.string({ unit: 'binary', maxLength: 10 }), { nil: undefined });
const items: fc.Arbitrary<IndexEntry> = fc
  .record({
    entry,
    user: owner,
    group: owner,
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
    at: fc.tuple(count, count, count, fc.oneof(count, fc.integer({ max: -1 }))),
    changed: fc.boolean(),
    oddities: fc.record(
      {
        member: path,
        stale: fc.constant(true),
        kept: fc.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z$/),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  })
  .map(({ oddities, ...item }) =>
    item.entry.type === 'file'
      ? { ...item, ...oddities }
      : { ...item, hash: undefined, at: undefined, changed: false },
  );

describe('formatLine()', () => {
  it('writes these lines', () => {
    const times = '"mtime":"1700000000.123456789","ctime":"1700000001.000000000"';
    const inode = '"inode":"18446744073709551615"';
    const owners = '"uid":1000,"gid":1001,"user":"alice","group":"staff"';
    expect(formatLine(ITEM)).toBe(
      `{"path":"folder/file","type":"file","size":5,"mode":"0644",${owners},${times},${inode},` +
        `"hash":"${HASH}","at":[0,1,2,3]}`,
    );
    expect(
      formatLine({ ...ITEM, entry: { ...FILE, hardlink: 'a' as BytePath }, user: undefined, changed: true }),
    ).toBe(
      `{"path":"folder/file","type":"file","size":5,"mode":"0644","uid":1000,"gid":1001,"group":"staff",` +
        `${times},${inode},"hash":"${HASH}","hardlink":"a","at":[0,1,2,3],"changed":true}`,
    );
    expect(
      formatLine({
        ...ITEM,
        entry: { ...FILE, type: 'link', path: '\xff' as BytePath, mode: 0o7, target: '\xe9"' as BytePath },
        hash: undefined,
        at: undefined,
      }),
    ).toBe(
      `{"pathBase64":"/w==","type":"link","mode":"0007",${owners},${times},${inode},"targetBase64":"6SI="}`,
    );
    expect(formatLine({ ...ITEM, entry: { ...FILE, type: 'folder', path: fromText('é"\n') } })).toBe(
      `{"path":"${fromText('é')}\\"\\n","type":"folder","mode":"0644",${owners},${times},${inode}}`,
    );
  });

  it('writes no line end, and bytes only', () => {
    fc.assert(
      fc.property(items, (item) => {
        // oxlint-disable-next-line no-control-regex -- all of latin1 but the line end is meant
        expect(formatLine(item)).toMatch(/^[\0-\x09\x0b-\xff]*$/);
      }),
    );
  });

  it('begins with what formatScanned() gives, and goes on with a comma or the end', () => {
    fc.assert(
      fc.property(items, (item) => {
        const line = formatLine(item);
        const scanned = formatScanned(item.entry, item);
        expect(line.startsWith(scanned)).toBe(true);
        expect(line[scanned.length]).toMatch(/[,}]/);
      }),
    );
  });
});

describe('formatLine(), of what few files have', () => {
  it('writes these lines', () => {
    const start = formatLine(ITEM).slice(0, -1);
    expect(formatLine({ ...ITEM, member: 'old/é' as BytePath, stale: true })).toBe(
      `${start},"memberBase64":"b2xkL+k=","stale":true}`,
    );
    expect(
      formatLine({ ...ITEM, member: 'a' as BytePath, kept: '2026-11-19T02-00-00Z', changed: true }),
    ).toBe(`${start},"member":"a","kept":"2026-11-19T02-00-00Z","changed":true}`);
    expect(formatLine({ ...ITEM, stale: false })).toBe(`${start}}`);
  });
});

describe('formatPath()', () => {
  it('is how the line of that path begins, and of no other', () => {
    fc.assert(
      fc.property(items, path, (item, other) => {
        const line = formatLine(item);
        expect(line.startsWith(formatPath(item.entry.path))).toBe(true);
        expect(line.startsWith(formatPath(other))).toBe(other === item.entry.path);
        expect(formatNone(other).startsWith(formatPath(other))).toBe(true);
      }),
    );
  });
});

describe('parseChange()', () => {
  it('gives back any entry, and any path that is gone', () => {
    fc.assert(
      fc.property(items, path, (item, gone) => {
        expect(parseChange(asText(formatLine(item)), 'the/changes')).toEqual(item);
        expect(parseChange(asText(formatNone(gone)), 'the/changes')).toBe(gone);
      }),
    );
  });

  it.each([
    '{"type":"none"}',
    '{"path":"","pathBase64":"?","type":"none","path":7}',
    '{"path":"../a","type":"none"}',
  ])('refuses %s', (line) => {
    expect(() => parseChange(line, 'the/changes')).toThrow(
      expect.objectContaining({
        code: 'E_DAMAGED',
        message: '"the/changes" is damaged: `path` is missing or not what it should be',
      }) as Error,
    );
  });

  it('knows `none` in the changes only', () => {
    expect(failureOf(formatNone('a' as BytePath)).message).toContain('`type`');
  });
});

describe('parseDead()', () => {
  const DEAD: DeadMember = {
    path: 'a' as BytePath,
    size: 5,
    hash: Buffer.from(HASH, 'hex'),
    at: [9, 1, 2, 3],
  };

  it('gives back what formatDead() wrote', () => {
    expect(formatDead(DEAD)).toBe(`{"path":"a","size":5,"hash":"${HASH}","at":[9,1,2,3]}`);
    const dead = fc.record({
      path,
      size: count,
      hash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
      at: fc.tuple(count, count, count, count),
    });
    fc.assert(
      fc.property(dead, (member) => {
        expect(parseDead(asText(formatDead(member)), 'the/dead')).toEqual(member);
      }),
    );
  });

  it.each(['path', 'size', 'hash', 'at'])('names `%s` when it is missing or not what it should be', (key) => {
    const line = JSON.parse(formatDead(DEAD)) as Record<string, unknown>;
    for (const value of [undefined, null, {}, -1, true, '../a', [1, 2, 3]]) {
      expect(() => parseDead(JSON.stringify({ ...line, [key]: value }), 'the/dead')).toThrow(
        expect.objectContaining({
          code: 'E_DAMAGED',
          message: `"the/dead" is damaged: \`${key}\` is missing or not what it should be`,
        }) as Error,
      );
    }
  });
});

describe('parseLine()', () => {
  it('gives back any entry, byte for byte', () => {
    fc.assert(
      fc.property(items, (item) => {
        expect(parse(formatLine(item))).toEqual(item);
      }),
      { numRuns: 500 },
    );
  });

  const OTHER = [{}, [], -1, 1.5, true, 'x y', '', [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, -4], '08888'];
  const line = JSON.parse(formatLine(ITEM)) as Record<string, unknown>;
  const link = JSON.parse(
    formatLine({
      ...ITEM,
      entry: { ...FILE, type: 'link', target: 'to' as BytePath },
      hash: undefined,
      at: undefined,
    }),
  ) as Record<string, unknown>;
  const hard = {
    ...line,
    hardlink: 'a',
    member: 'm',
    stale: true,
    kept: '2026-11-19T02-00-00Z',
    sparse: true,
    changed: true,
  };
  /** Any text is right for these. */
  const TEXTS = new Set(['path', 'user', 'group', 'target', 'hardlink', 'member']);

  it.each([
    ...Object.keys(hard).map((key): [string, Record<string, unknown>] => [key, hard]),
    ['target', link] as [string, Record<string, unknown>],
  ])('names `%s` when it is not what it should be', (key, whole) => {
    let refused = 0;
    for (const value of OTHER) {
      if (typeof value === 'string' && TEXTS.has(key)) continue;
      if (
        (value === true && (key === 'changed' || key === 'stale' || key === 'sparse')) ||
        (value === '08888' && key === 'inode')
      )
        continue;
      const failure = failureOf(JSON.stringify({ ...whole, [key]: value }));
      expect(failure.code).toBe('E_DAMAGED');
      expect(failure.message).toBe(`"the/index" is damaged: \`${key}\` is missing or not what it should be`);
      refused++;
    }
    expect(refused).toBeGreaterThan(5);
  });

  it.each(['path', 'type', 'size', 'mode', 'uid', 'gid', 'mtime', 'ctime', 'inode', 'hash', 'at'])(
    'names `%s` when it is missing',
    (key) => {
      const failure = failureOf(JSON.stringify({ ...line, [key]: undefined }));
      expect(failure.message).toContain(`\`${key}\``);
    },
  );

  it('names the target when a link has none', () => {
    expect(failureOf(JSON.stringify({ ...link, target: undefined })).message).toContain('`target`');
  });

  it.each<[string, Record<string, unknown>]>([
    ['a NUL', { path: 'a\0b' }],
    ['a NUL in base64', { path: undefined, pathBase64: 'YQBi' }],
    ['a way out', { path: '../../etc/passwd' }],
    ['a way out further down', { path: 'a/../../b' }],
    ['a place of its own', { path: '/etc/passwd' }],
    ['an empty name', { path: 'a//b' }],
    ['nothing', { path: undefined, pathBase64: '' }],
    ['no base64', { path: undefined, pathBase64: '?' }],
  ])('refuses a path with %s', (_, change) => {
    const failure = failureOf(JSON.stringify({ ...line, ...change }));
    expect([failure.code, failure.message]).toEqual(['E_DAMAGED', expect.stringContaining('`path')]);
  });

  it.each(['../a', '/a', 'a/', 'a//b', 'a/./b', '', 'a\0b'])('refuses a member called %j', (member) => {
    expect(failureOf(JSON.stringify({ ...line, member })).message).toContain('`member`');
  });

  it.each([{ '': '' }, { 'a\0b': '' }, { 'user.a': '?' }, { 'user.a': 7 }, ['user.a']])(
    'refuses the attributes %j',
    (xattrs) => {
      expect(failureOf(JSON.stringify({ ...line, xattrs })).message).toContain('`xattrs');
    },
  );

  it.each(['..', '2026-11-19', '2026-11-19T02-00-00Z/', '../2026-11-19T02-00-00Z'])(
    'refuses a file that is kept from %j',
    (kept) => {
      expect(failureOf(JSON.stringify({ ...line, kept })).message).toContain('`kept`');
    },
  );

  it('takes the root, which is a folder with an empty path', () => {
    const root = {
      ...ITEM,
      entry: { ...FILE, type: 'folder', path: '', size: 0 } as Entry,
      hash: undefined,
      at: undefined,
    };
    expect(parse(formatLine(root))).toEqual(root);
  });

  it.each(['', '{', '[]', 'null', '{}x'])('refuses %j', (text) => {
    expect(failureOf(text).code).toBe('E_DAMAGED');
  });

  it('throws nothing but E_DAMAGED, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(hard)), fc.jsonValue(), (key, value) => {
        try {
          parse(JSON.stringify({ ...hard, [key]: value }));
        } catch (error) {
          expect(error).toMatchObject({ name: 'SnapshotError', code: 'E_DAMAGED' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('pathProperty()', () => {
  it('is text where it can be, else base64', () => {
    expect(pathProperty(fromText('é'))).toEqual({ path: 'é' });
    expect(pathProperty('\xe9' as BytePath)).toEqual({ pathBase64: '6Q==' });
  });
});
