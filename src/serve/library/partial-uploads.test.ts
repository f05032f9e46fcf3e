import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { parseHash } from './claimed-hash.ts';
import { type PartialUpload, PartialUploads } from './partial-uploads.ts';

const HEX = 'a'.repeat(64);
const WEEK_MS = 7 * 86_400_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-uploads-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** One of ten bytes, of which so many have arrived. */
async function begun(uploads: PartialUploads, text: string): Promise<PartialUpload> {
  const incoming = {
    path: fromText('a'),
    claim: parseHash(`blake3:${HEX}`),
    modifiedMs: undefined,
    rename: false,
    size: 10,
  };
  const upload = await uploads.create(10, incoming, Date.now());
  const body = async function* (): AsyncGenerator<Uint8Array> {
    if (text !== '') yield await Promise.resolve(Buffer.from(text));
  };
  return await uploads.append(upload, body(), async () => await Promise.resolve());
}

describe('PartialUploads', () => {
  it('cuts off what a power cut may have left behind what was flushed', async () => {
    const { id } = await begun(await PartialUploads.open(folder, Date.now()), 'half');
    appendFileSync(join(folder, id), 'rubbish');
    const again = await PartialUploads.open(folder, Date.now());
    expect(again.get(id)).toMatchObject({ offset: 4, length: 10, incoming: { path: 'a', size: 10 } });
    expect(readFileSync(again.fileOf(id), 'utf8')).toBe('half');
  });

  it('takes zeros for nothing that has arrived', async () => {
    const { id } = await begun(await PartialUploads.open(folder, Date.now()), 'half');
    truncateSync(join(folder, id), 3);
    expect((await PartialUploads.open(folder, Date.now())).get(id)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('finds what has begun to arrive by its content and its length', async () => {
    const uploads = await PartialUploads.open(folder, Date.now());
    await begun(uploads, '');
    expect(uploads.of(HEX, 10)).toBeUndefined();
    const { id } = await begun(uploads, 'half');
    expect(uploads.of(HEX, 10)?.id).toBe(id);
    expect([uploads.of(HEX, 11), uploads.of('b'.repeat(64), 10)]).toEqual([undefined, undefined]);
    await uploads.finish(id, 'stored', fromText('a'));
    expect(uploads.of(HEX, 10)).toBeUndefined();
  });

  it('remembers what became of the last 256 that have arrived, and all that have not', async () => {
    const uploads = await PartialUploads.open(folder, Date.now());
    const { id: half } = await begun(uploads, 'half');
    const ids: string[] = [];
    for (let i = 0; i < 258; i++) ids.push((await begun(uploads, '')).id);
    // The last one that was begun is the first one that arrives.
    for (const id of ids.toReversed()) await uploads.finish(id, 'known', fromText('a'));
    expect(ids.map((id) => uploads.get(id)?.done === 'known').lastIndexOf(true)).toBe(255);
    expect(uploads.get(half)?.offset).toBe(4);
    expect(readdirSync(folder)).toHaveLength(2 * 257);
  });

  it('keeps what nothing happens to for a week, and no longer', async () => {
    const uploads = await PartialUploads.open(folder, Date.now());
    const { id, touchedMs } = await begun(uploads, 'half');
    await uploads.letOldGo(touchedMs + WEEK_MS);
    expect(uploads.get(id)?.offset).toBe(4);
    await uploads.letOldGo(touchedMs + WEEK_MS + 1);
    expect(uploads.get(id)).toBeUndefined();
    expect((await PartialUploads.open(folder, Date.now())).open).toBe(0);
  });
});
