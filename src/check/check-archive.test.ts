import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ArchiveSource } from '../format/found-member.ts';
import { END_OF_ARCHIVE } from '../format/tar/tar.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { framed, memberOf } from './archive.lab.ts';
import { type ArchiveReader, checkArchive } from './check-archive.ts';
import { PieceTable } from './piece-table.ts';
import { readAll } from './read-members.ts';
import { readChosen } from './read-pieces.ts';
import { BAD, type CheckResult, GOOD } from './tasks.ts';

const blake3 = await loadBlake3();
const CONTENTS = ['one', 'two', 'three'].map((text) => Buffer.from(text));
const MEMBERS = CONTENTS.map((content, i) => memberOf(`${i}`, content));
const { bytes, frames } = framed([...MEMBERS, END_OF_ARCHIVE]);

/**
 * What is said of an archive with three files.
 *
 * @param contents - What it should hold.
 * @param most - So many files are remembered.
 */
async function check(contents: readonly Buffer[], most?: number, own = bytes): Promise<CheckResult> {
  const table = new PieceTable();
  let offset = 0;
  for (const [i, content] of contents.entries()) {
    const length = frames[i]?.length ?? 0;
    const skip = (MEMBERS[i]?.length ?? 0) - 512;
    table.add({ offset, length, skip, size: content.length, hash: Buffer.from(blake3.hash(content)) });
    offset += length;
  }
  const archive = {
    folder: undefined,
    key: 'a',
    where: 'a',
    format: 'tar.zst',
    sizeBytes: own.length,
  } as const;
  const source: ArchiveSource = {
    sizeBytes: own.length,
    read: async (at, size) => await Promise.resolve(Buffer.from(own.subarray(at, at + size))),
  };
  const reader: ArchiveReader = {
    read: async () => await readAll(archive, source, await blake3.create(), most),
    pieces: async (_, pieces, chosen) =>
      await readChosen({ kind: 'pieces', archive, pieces, chosen }, source, await blake3.create()),
  };
  const expected = Promise.resolve({ pieces: table.share(), isComplete: true });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return await checkArchive({ archive, sha256, expected, chosen: undefined }, reader);
}

// What a made-up archive claims must not take more memory: beyond some number, files are looked for one by one.
describe.each([undefined, 3, 2, 0])('checkArchive(), which remembers %s files', (most) => {
  it('finds nothing wrong with what is whole', async () => {
    expect(await check(CONTENTS, most)).toEqual({ flaws: [], states: Uint8Array.of(GOOD, GOOD, GOOD) });
  });

  it('names what is another one', async () => {
    const { flaws, states } = await check(CONTENTS.with(1, Buffer.from('xxx')), most);
    expect([...states]).toEqual([GOOD, BAD, GOOD]);
    expect(flaws.map(({ what }) => what)).toEqual([
      `the content of a file from byte ${frames[0]?.length} on is not what the index says`,
    ]);
  });

  it('says that there is more than any index knows', async () => {
    const { flaws, states } = await check(CONTENTS.slice(0, 1), most);
    expect([...states]).toEqual([GOOD]);
    const isRemembered = most === undefined || most >= 3;
    const where = isRemembered ? `, the first at byte ${frames[0]?.length},` : '';
    expect(flaws.map(({ what }) => what)).toEqual([`2 files in it${where} no index knows`]);
  });

  it('says what is broken, and what of it is whole', async () => {
    const broken = Buffer.from(bytes);
    const at = (frames[0]?.length ?? 0) + 20;
    broken[at] = 1 ^ (broken[at] ?? 0);
    const { flaws, states } = await check(CONTENTS, most, broken);
    expect([...states]).toEqual([GOOD, BAD, GOOD]);
    expect(flaws.map(({ what }) => what)).toEqual([
      expect.stringContaining(`the frame at byte ${frames[0]?.length}`),
    ]);
  });
});
