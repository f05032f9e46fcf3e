// Where there are no hard links, what is left of a snapshot is a part of others: one that is brought there again leaves it to them.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readDamage, writeDamage } from '../../series/damage/damage.ts';
import { ROTTEN } from '../../series/damage/rotten.lab.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { MemoryObjects } from '../../store/memory-objects.lab.ts';
import { ObjectStore } from '../../store/object-store.ts';
import { repair } from '../repair/repair.ts';
import { NoLinkStore, SeriesLab } from '../run/series.lab.ts';
import { flawsIn } from '../verify/flaws.lab.ts';
import { bringUp, type Brought } from './bring-up.ts';

const { signal } = new AbortController();

let lab: SeriesLab;
let first: string;
let second: string;
/** The archive with content of the first night, which both snapshots need. */
let archive: string;

beforeEach(async () => {
  lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (let i = 0; i < 40; i++) writeFileSync(join(lab.source, `file ${i}`), `content ${i}`.repeat(50));
  first = (await lab.run({ smallIndexBytes: 0 })).snapshot ?? '';
  rmSync(join(lab.source, 'file 7'));
  second = (await lab.run({ smallIndexBytes: 0 })).snapshot ?? '';
  archive = readdirSync(lab.folder(first)).find((name) => name.includes(first) && !name.includes('~')) ?? '';
});

async function bring(to: Series): Promise<Brought> {
  const from = new Series(new LocalStore(lab.row.destination), 'data');
  const options = { dryRun: false, now: new Date(), recipients: [], label: 'data', signal };
  return await bringUp([from], to, { ...options, report: () => {} });
}

/** As a rotation does it: what the second one needs stays. */
async function letFirstGo(series: Series): Promise<void> {
  const { snapshots } = await series.survey();
  await series.remove(first, snapshots);
  expect(await series.survey()).toMatchObject({ kept: [first], damaged: [] });
}

describe('a snapshot that is brought again where others need what is left of it', () => {
  it('does not replace the index that they name', async () => {
    const to = new Series(new NoLinkStore(join(lab.root, 'other')), 'data');
    await bring(to);
    await letFirstGo(to);
    const index = `${first}/index.jsonl.zst`;
    expect((await to.survey()).snapshots[0]?.info.index.file).toBe(index);
    const before = await to.store.read(to.key(index));
    // At home it was written anew, from its archives.
    rmSync(lab.folder(first, 'index.jsonl.zst'));
    const home = new Series(new LocalStore(lab.row.destination), 'data');
    expect(await repair(home, [first], signal)).toMatchObject([{ outcome: 'repaired' }]);
    expect(lab.info(first).index.sha256).not.toBe(lab.info(second).index.sha256);
    expect(await bring(to)).toMatchObject({ copied: [], damaged: [first] });
    expect(await to.store.read(to.key(index))).toEqual(before);
    expect(await flawsIn(to)).toEqual([]);
  });

  it('takes no archive from them that is sound in part, where no other is better', async () => {
    const to = new Series(new NoLinkStore(join(lab.root, 'other')), 'data');
    await bring(to);
    await letFirstGo(to);
    const place = join(lab.root, 'other/data', first, archive);
    const bytes = readFileSync(place);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(place, bytes);
    await writeDamage(to, { flaws: new Map([[`${first}/${archive}`, ROTTEN]]), losses: [] });
    const here = [first, second].map((name) => lab.folder(name, archive));
    for (const path of here) renameSync(path, `${path}.away`);
    expect(await bring(to)).toMatchObject({ copied: [], damaged: [first] });
    expect(readFileSync(place)).toEqual(bytes);
    for (const path of here) renameSync(`${path}.away`, path);
    expect(await bring(to)).toMatchObject({ copied: [first], damaged: [] });
    expect((await readDamage(to)).flaws.size).toBe(0);
    expect(await flawsIn(to)).toEqual([]);
  });

  it('takes nothing that is known to be rotten for what has arrived', async () => {
    const objects = new MemoryObjects();
    const store = new ObjectStore(objects.label, async () => await Promise.resolve(objects));
    const to = new Series(store, 'data');
    await bring(to);
    await letFirstGo(to);
    const place = `${first}/${archive}`;
    await store.put(to.key(place), readFileSync(lab.folder(first, archive)).fill(0));
    await writeDamage(to, { flaws: new Map([[place, ROTTEN]]), losses: [] });
    expect(await bring(to)).toMatchObject({ copied: [first], damaged: [] });
    expect((await store.read(to.key(place)))?.equals(readFileSync(lab.folder(first, archive)))).toBe(true);
    expect((await readDamage(to)).flaws.size).toBe(0);
    expect(await flawsIn(to)).toEqual([]);
  });
});

it('takes nothing for arrived of a snapshot that was begun there for others', async () => {
  const objects = new MemoryObjects();
  const store = new ObjectStore(objects.label, async () => await Promise.resolve(objects));
  const to = new Series(store, 'data');
  await to.begin(first, ['age1somebody']);
  const bytes = readFileSync(lab.folder(first, archive));
  await store.put(to.key(first, archive), Buffer.alloc(bytes.length, 'encrypted otherwise'));
  expect(await bring(to)).toMatchObject({ copied: [first, second], damaged: [] });
  expect((await store.read(to.key(first, archive)))?.equals(bytes)).toBe(true);
  expect(await flawsIn(to)).toEqual([]);
});
