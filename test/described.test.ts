// What a snapshot says of itself: info.json, the index, the check sums, the log of runs.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool, IS_WINDOWS, tool } from './support/command.ts';
import { type IndexLine, Place } from './support/place.ts';
import { lookAt, makeTortureTree, type Seen } from './support/trees.ts';

describe.skipIf(IS_WINDOWS)('the first snapshot of a tree with everything in it', () => {
  let place: Place;
  let source: Map<string, Seen>;

  beforeAll(async () => {
    place = new Place();
    makeTortureTree(place.source);
    place.writePlan(
      'source,destination,name,format',
      'source,destination,data,tar.zst',
      'source,destination,zipped,zip',
    );
    source = lookAt(place.source);
    const { status, stderr } = await place.run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
  afterAll(() => place.remove());

  it.each(['data', 'zipped'])('has check sums of every file in its folder: %s', (series) => {
    const folder = place.file('', place.snapshots(series)[0], series);
    const checker = hasTool('sha256sum') ? ['sha256sum'] : ['shasum', '-a', '256'];
    const [file = '', ...args] = checker;
    const said = tool(file, [...args, '-c', 'SHA256SUMS'], folder);
    const files = said.trimEnd().split('\n').toSorted();
    const { archives } = place.info(place.snapshots(series)[0], series);
    expect(files).toEqual(
      [...archives.map((one) => one.file), 'RESTORE.txt', 'index.jsonl.zst', 'info.json']
        .map((name) => `${name}: OK`)
        .toSorted(),
    );
  });

  it('has an index that says what the tree holds', () => {
    const lines = tool('zstd', ['-dc', place.file('index.jsonl.zst')])
      .trimEnd()
      .split('\n');
    const index = lines.map((line) => JSON.parse(line) as IndexLine);
    const [root, ...entries] = index;
    expect(root).toMatchObject({ path: '', type: 'folder' });
    const found = new Map(
      entries.map((line) => [
        Buffer.from(
          line.pathBase64 ?? line.path ?? '',
          line.pathBase64 === undefined ? 'utf8' : 'base64',
        ).toString('latin1'),
        line,
      ]),
    );
    expect([...found.keys()].toSorted()).toEqual([...source.keys()].toSorted());
    for (const [path, entry] of source) {
      const seconds = entry.mtimeNs / 1_000_000_000n;
      expect(found.get(path), path).toMatchObject({
        type: entry.type,
        mode: entry.mode.padStart(4, '0'),
        ...(entry.mtimeNs >= 0n && {
          mtime: `${seconds}.${String(entry.mtimeNs % 1_000_000_000n).padStart(9, '0')}`,
        }),
        ...(entry.type === 'file' && {
          size: Number(entry.size),
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        }),
        ...(entry.sameAs !== undefined && { hardlink: Buffer.from(entry.sameAs, 'latin1').toString() }),
      });
    }
    // The same content has the same hash, and no other has it.
    const hashes = new Map([...source].map(([path, { sha256 }]) => [sha256, found.get(path)?.hash]));
    expect(new Set(hashes.values()).size).toBe(hashes.size);
  });

  it('has an info.json that counts what the tree holds', () => {
    const all = [...source.values()];
    const count = (type: Seen['type']): number => all.filter((entry) => entry.type === type).length;
    const bytes = all.reduce(
      (sum, { size, sameAs }) => sum + (sameAs === undefined ? Number(size ?? 0n) : 0),
      0,
    );
    const info = place.info();
    // Not every system has an id that could stand there.
    expect(Object.keys(info).filter((key) => key !== 'machine')).toEqual([
      'version',
      'tool',
      'name',
      'host',
      'source',
      'destination',
      'time',
      'sequence',
      'zone',
      'strategy',
      'format',
      'hash',
      'count',
      'bytes',
      'change',
      'previous',
      'archives',
      'mounts',
      'attributes',
      'index',
      'changes',
      'dead',
      'skipped',
    ]);
    expect(info).toMatchObject({
      version: 2,
      name: 'data',
      source: place.source,
      destination: place.destination,
      format: 'tar.zst',
      count: { files: count('file'), folders: count('folder'), links: count('link') },
      bytes,
      change: { added: all.length, modified: 0, removed: 0 },
      previous: null,
      changes: null,
      dead: null,
      skipped: [],
    });
    const { archives } = info;
    expect(archives.map(({ number }) => number)).toEqual([0, 1]);
    const contents = all.filter(({ type, sameAs }) => type === 'file' && sameAs === undefined);
    expect(archives.map(({ entries }) => entries)).toEqual([contents.length, 0]);
    expect(archives.map(({ liveBytes }) => liveBytes)).toEqual([bytes, 0]);
    expect(readFileSync(place.file('info.json'), 'utf8')).toBe(`${JSON.stringify(info, undefined, 2)}\n`);
  });

  it('says the same of the tree in both formats', () => {
    expect(place.info(place.snapshots('zipped')[0], 'zipped').hash).toEqual(place.info().hash);
  });

  it('is recorded as one run', () => {
    expect(place.runs()).toEqual([
      expect.objectContaining({
        outcome: 'written',
        snapshot: place.snapshots()[0],
        skipped: 0,
        error: null,
        removed: [],
      }),
    ]);
  });
});
