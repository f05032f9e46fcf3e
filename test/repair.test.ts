// `snapshot verify --repair`: whatever is lost of a snapshot but for its archives comes back from them.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventsOf, hasTool, IS_WINDOWS, type JsonEvent, tool } from './support/command.ts';
import { LivingTree, randomOf } from './support/history.ts';
import { Place } from './support/place.ts';
import { lookAt, noise, type Seen } from './support/trees.ts';

const SEED = Number(process.env['SNAPSHOT_TEST_SEED'] ?? 1);
const SMALL = /(?:info\.json|\.jsonl\.zst|SHA256SUMS|RESTORE\.txt)$/;
const FORMATS = ['tar.zst', 'zip'] as const;

async function repair(
  place: Place,
  ...args: readonly string[]
): Promise<{
  status: number | null;
  stderr: string;
  repairs: readonly JsonEvent[];
}> {
  const ended = await place.command(['verify', '--repair', '--level', 'full', '--json', ...args]);
  const repairs = eventsOf(ended).filter(({ event }) => event === 'repair');
  return { status: ended.status, stderr: ended.stderr, repairs };
}

async function isHealthy(place: Place): Promise<boolean> {
  return (await place.command(['verify', '--level', 'full', '--quiet'])).status === 0;
}

/** What RESTORE.txt makes of a snapshot; without times of links, which no zip holds. */
function restored(place: Place, at: string): Map<string, Seen> {
  const target = place.path(`restored-${at}`);
  tool('sh', [place.file('RESTORE.txt', at), target]);
  const seen = lookAt(target);
  rmSync(target, { recursive: true, force: true });
  const isZip = readdirSync(place.file('', at)).some((name) => name.endsWith('.zip'));
  if (!isZip) return seen;
  return new Map(
    [...seen].map(([path, entry]) => [path, entry.type === 'link' ? { ...entry, mtimeNs: 0n } : entry]),
  );
}

function smallFiles(place: Place, at: string): string[] {
  return readdirSync(place.file('', at)).filter((name) => SMALL.test(name));
}

/** One that lived some nights, and what each snapshot gives back. */
async function living(
  format: string,
  seed: number,
): Promise<{ place: Place; moments: Map<string, Map<string, Seen>> }> {
  const place = Place.open();
  place.writePlan('source,destination,name,format,keep', `source,destination,data,${format},100`);
  const tree = new LivingTree(place.source, seed);
  for (let night = 0; night < 4; night++) {
    tree.change(night === 0 ? 25 : 6);
    place.write({ 'at/least': `${night}` });
    await place.run(['--accept-changes']);
  }
  return { place, moments: new Map(place.snapshots().map((at) => [at, restored(place, at)])) };
}

describe.skipIf(IS_WINDOWS || !hasTool('unzip')).each(FORMATS)('repair: %s', (format) => {
  it(
    'brings back any of the small files of any snapshot, and the tree with it',
    { timeout: 300_000 },
    async () => {
      const random = randomOf(SEED);
      const { place, moments } = await living(format, SEED);
      // Of a zip, the oldest and the newest: its small files are made by the same hands.
      const tried = [...moments].filter((_, i) => format !== 'zip' || i % 3 === 0);
      for (const [at, before] of tried) {
        for (const name of smallFiles(place, at)) {
          const path = place.file(name, at);
          const bytes = readFileSync(path);
          const byte = random(bytes.length);
          const flipped = Buffer.from(bytes);
          flipped[byte] = (flipped[byte] ?? 0) ^ (1 << random(8));
          const isRemoved = random(2) === 0;
          if (isRemoved) rmSync(path);
          else writeFileSync(path, flipped);
          const what = `${at}/${name} ${isRemoved ? 'removed' : `byte ${byte}`}`;
          const { status, stderr, repairs } = await repair(place);
          expect({ status, stderr, repairs }, what).toMatchObject({ status: 0, stderr: '' });
          expect(
            repairs.map(({ outcome }) => outcome),
            what,
          ).toContain('repaired');
          expect(await isHealthy(place), what).toBe(true);
          expect(restored(place, at), what).toEqual(before);
        }
      }
    },
  );

  it('brings back all of them from the archives and RESTORE.txt alone', { timeout: 120_000 }, async () => {
    const { place, moments } = await living(format, SEED + 1);
    for (const at of moments.keys()) {
      for (const name of smallFiles(place, at)) {
        if (name !== 'RESTORE.txt' && name !== 'SHA256SUMS') rmSync(place.file(name, at));
      }
      const sums = place.file('SHA256SUMS', at);
      writeFileSync(sums, readFileSync(sums, 'utf8').replace('info.json', 'infoXjson'));
    }
    const trees = [...moments.keys()].map((at) => restored(place, at));
    const { status, repairs } = await repair(place);
    expect(repairs).toHaveLength(moments.size);
    expect(status).toBe(0);
    expect(await isHealthy(place)).toBe(true);
    expect([...moments.keys()].map((at) => restored(place, at))).toEqual(trees);
    expect(trees).toEqual([...moments.values()]);
    expect(place.info()['source']).toBe('');
    // The next night goes on from there.
    place.write({ 'at/least': 'after' });
    const { row } = await place.run(['--accept-changes']);
    expect(row).toMatchObject({ outcome: 'written', error: null });
    expect(await isHealthy(place)).toBe(true);
    expect(restored(place, place.snapshots().at(-1) ?? '').get('at/least')?.size).toBe(5n);
  });

  it('brings back a folder of which nothing but the archives is left', async () => {
    const { place, moments } = await living(format, SEED + 2);
    const at = [...moments.keys()].at(-1) ?? '';
    for (const name of smallFiles(place, at)) rmSync(place.file(name, at));
    const { status, repairs } = await repair(place);
    expect([status, repairs.length]).toEqual([0, 1]);
    expect(await isHealthy(place)).toBe(true);
    const [before, after] = [moments.get(at) ?? new Map(), restored(place, at)];
    expect(
      [...before.keys()].filter((path) => before.get(path)?.type !== 'file' && !after.has(path)),
    ).toEqual([]);
  });

  it('keeps what it cannot tell from deleted files when RESTORE.txt is lost as well, and says so', async () => {
    const place = Place.open();
    place.writePlan('source,destination,name,format', `source,destination,data,${format}`);
    place.write({ stays: noise(50_000), 'folder/goes': 'x', goes: 'y' });
    await place.night();
    rmSync(`${place.source}/folder`, { recursive: true });
    rmSync(`${place.source}/goes`);
    await place.night();
    const at = place.snapshots().at(-1) ?? '';
    for (const name of smallFiles(place, at)) if (name !== 'info.json') rmSync(place.file(name, at));
    const { status, repairs } = await repair(place);
    expect(status).toBe(0);
    expect(String(repairs[0]?.['notes'])).toContain('deleted');
    expect(String(repairs[0]?.['notes'])).toContain('not what it was');
    expect([...restored(place, at).keys()]).toEqual(['folder', 'folder/goes', 'goes', 'stays']);
    expect(await isHealthy(place)).toBe(true);
  });
});

async function open(): Promise<{ place: Place; at: string }> {
  const place = Place.open();
  place.write({ a: noise(50_000), b: 'b' });
  await place.night();
  return { place, at: place.snapshots()[0] ?? '' };
}

describe('repair', () => {
  it('keeps what was there, byte for byte, and leaves what was right as it was', async () => {
    const { place, at } = await open();
    const restore = readFileSync(place.file('RESTORE.txt', at));
    const index = readFileSync(place.file('index.jsonl.zst', at));
    const info = readFileSync(place.file('info.json', at));
    writeFileSync(place.file('RESTORE.txt', at), 'rubbish');
    const { status, repairs } = await repair(place);
    expect([status, repairs[0]?.['files']]).toEqual([0, ['RESTORE.txt']]);
    expect(readFileSync(place.file('RESTORE.txt', at))).toEqual(restore);
    expect(readFileSync(place.file('RESTORE.txt.damaged', at), 'utf8')).toBe('rubbish');
    expect(readFileSync(place.file('index.jsonl.zst', at))).toEqual(index);
    expect(readFileSync(place.file('info.json', at))).toEqual(info);
    expect(readdirSync(place.file('', at)).filter((name) => name.endsWith('.damaged'))).toEqual([
      'RESTORE.txt.damaged',
    ]);
  });

  it('leaves a healthy series alone', async () => {
    const { place, at } = await open();
    const before = lookAt(place.file('', at));
    expect(await repair(place)).toEqual({ status: 0, stderr: '', repairs: [] });
    expect(lookAt(place.file('', at))).toEqual(before);
  });

  it('writes nothing when an archive is damaged too', async () => {
    const { place, at } = await open();
    rmSync(place.file('index.jsonl.zst', at));
    const archive = place.file(place.info(at).archives[0]?.file ?? '', at);
    const bytes = readFileSync(archive);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(archive, bytes);
    const before = lookAt(place.file('', at));
    const { status, repairs } = await repair(place);
    expect(status).toBe(1);
    expect(repairs).toEqual([expect.objectContaining({ outcome: 'impossible' })]);
    expect(lookAt(place.file('', at))).toEqual(before);
  });

  it('does not write over what a newer version has written', async () => {
    const { place, at } = await open();
    const info = readFileSync(place.file('info.json', at), 'utf8');
    writeFileSync(place.file('info.json', at), info.replace('"version": 2', '"version": 3'));
    const sum = tool('sha256sum', [place.file('info.json', at)]).slice(0, 64);
    const sums = readFileSync(place.file('SHA256SUMS', at), 'utf8');
    writeFileSync(place.file('SHA256SUMS', at), sums.replace(/^.{64}(?= {2}info\.json)/m, sum));
    const before = lookAt(place.file('', at));
    expect(await repair(place)).toMatchObject({ status: 1, repairs: [{ outcome: 'impossible' }] });
    expect(lookAt(place.file('', at))).toEqual(before);
  });

  it('lets rotation take what it has kept', async () => {
    const { place, at } = await open();
    writeFileSync(place.file('RESTORE.txt', at), 'rubbish');
    await repair(place);
    place.writePlan('source,destination,name,keep', 'source,destination,data,1');
    place.write({ b: 'changed' });
    await place.night();
    expect(place.snapshots()).toHaveLength(1);
    expect(place.snapshots()).not.toContain(at);
  });
});
