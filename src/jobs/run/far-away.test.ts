// A series in a place that only takes whole objects, as buckets do: everything works there that works in a folder.
import type { ArchiveFormat } from '../../base/archive-format.ts';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rememberGiven } from '../../base/command-line.ts';
import { SnapshotError } from '../../base/errors.ts';
import { type Identity, newIdentity } from '../../format/age/keys.ts';
import { MemoryObjects } from '../../store/memory-objects.lab.ts';
import { ObjectStore } from '../../store/object-store.ts';
import type { Objects } from '../../store/objects.ts';
import type { Store } from '../../store/store.ts';
import { LateLocks } from '../../store/wrap/late-locks.ts';
import { CryptObjects } from '../../series/crypt/crypt-objects.ts';
import { readRuns } from '../../series/read-runs.ts';
import { Series } from '../../series/series.ts';
import { repair } from '../repair/repair.ts';
import { restore } from '../restore/restore.ts';
import { verify } from '../verify/verify.ts';
import { contentOf, SeriesLab } from './series.lab.ts';

const { signal } = new AbortController();

function short(text: string): string {
  return createHash('md5')
    .update(text.replace(/^(file \d+) \S+/, '$1'))
    .digest('hex');
}

/** What is in `root`, short: restored times are a fraction of a microsecond off. */
function treeOf(root: string): ReadonlyMap<string, string> {
  return new Map([...contentOf(root)].map(([path, text]) => [path, short(text)]));
}

/** Of the calls of a night so many are passed over; `SNAPSHOT_FAR_STEP=1` tries each. */
const STEP = Number(process.env['SNAPSHOT_FAR_STEP'] ?? 11);

/** Each call that changes something, or reads, may fail: the `failAt`-th one, and all after it until it is told otherwise. */
class FailingObjects extends MemoryObjects {
  count = 0;
  failAt = Number.POSITIVE_INFINITY;

  #step(): void {
    if (++this.count >= this.failAt) throw new SnapshotError('E_AWAY', 'Cannot reach "memory://test"');
  }

  override async list(folder: string): ReturnType<MemoryObjects['list']> {
    this.#step();
    return await super.list(folder);
  }

  override async get(...args: Parameters<MemoryObjects['get']>): ReturnType<MemoryObjects['get']> {
    this.#step();
    return await super.get(...args);
  }

  override async put(...args: Parameters<MemoryObjects['put']>): Promise<void> {
    this.#step();
    await super.put(...args);
  }

  override async remove(key: string): Promise<void> {
    this.#step();
    await super.remove(key);
  }
}

interface Bucket {
  readonly lab: SeriesLab;
  readonly objects: FailingObjects;
  readonly open: () => Store;
  readonly series: Series;
  /** Changes the source: adds, appends, moves and removes. */
  readonly change: (night: number) => void;
  readonly restored: (at: string) => Promise<ReadonlyMap<string, string>>;
}

function bucket(lag = 0, format: ArchiveFormat = 'tar.zst', isEncrypted = false): Bucket {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  lab.row = { ...lab.row, destination: 'memory://test?some=option', format, keep: { last: 2 } };
  const { identity, text } = newIdentity();
  const { recipient } = identity;
  if (isEncrypted) {
    const file = join(lab.root, 'identity.txt');
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    rememberGiven(undefined, file);
    onTestFinished(() => rememberGiven(undefined));
    lab.row = { ...lab.row, encrypt: [recipient.text] };
  }
  const identities = async (): Promise<readonly Identity[]> => await Promise.resolve([identity]);
  const objects = new FailingObjects(lag);
  const objectsOf = (): Objects => {
    // As openStore() has it; each time as another process does.
    const late = lag === 0 ? new LateLocks(objects) : objects;
    return isEncrypted ? new CryptObjects(late, { recipients: [recipient], identities }) : late;
  };
  const open = (): Store => new ObjectStore(objects.label, async () => await Promise.resolve(objectsOf()));
  const series = new Series(open(), 'data');
  mkdirSync(join(lab.source, 'folder'));
  for (let i = 0; i < 20; i++) writeFileSync(join(lab.source, 'folder', `${i}`), `${i}`.repeat(300));
  writeFileSync(join(lab.source, 'large'), Buffer.alloc(1_500_000, Math.random().toString(36)));
  const change = (night: number): void => {
    writeFileSync(join(lab.source, `new ${night}`), `night ${night}`);
    appendFileSync(join(lab.source, 'folder', '3'), `${night}`);
    renameSync(join(lab.source, 'folder', `${night + 5}`), join(lab.source, `moved ${night}`));
    rmSync(join(lab.source, `new ${night - 1}`), { force: true });
  };
  const restored = async (at: string): Promise<ReadonlyMap<string, string>> => {
    const to = mkdtempSync(join(lab.root, 'to-'));
    await restore(series, {
      at,
      globs: [],
      to,
      overwrite: 'never',
      deletes: false,
      dryRun: false,
      signal,
      report: () => {},
    });
    return treeOf(to);
  };
  return { lab, objects, open, series, change, restored };
}

const KINDS = [
  { name: 'in the clear', isEncrypted: false },
  { name: 'encrypted', isEncrypted: true },
];

const quietly = { signal, report: (): void => {} };

describe.each([
  { format: 'tar.zst', lag: 0, isEncrypted: false },
  { format: 'zip', lag: 0, isEncrypted: false },
  { format: 'tar.zst', lag: 3, isEncrypted: false },
  { format: 'tar.zst', lag: 0, isEncrypted: true },
  { format: 'zip', lag: 0, isEncrypted: true },
  { format: 'tar.zst', lag: 3, isEncrypted: true },
] as const)(
  'a series in a bucket: $format, listings that lag by $lag changes, encrypted $isEncrypted',
  (kind) => {
    const { format, lag, isEncrypted } = kind;
    it('is written, rotated, verified and restored', async () => {
      const { lab, open, series, change, restored } = bucket(lag, format, isEncrypted);
      for (let night = 0; night < 5; night++) {
        change(night);
        const end = await lab.run({ open });
        expect(end).toMatchObject({ outcome: 'written', error: null, problems: 0 });
        expect(await restored('latest')).toEqual(treeOf(lab.source));
      }
      expect(await lab.run({ open })).toMatchObject({ outcome: 'unchanged', error: null });
      const { snapshots, damaged, unfinished } = await series.survey();
      expect([snapshots.length, damaged, unfinished]).toEqual([2, [], []]);
      const { end } = await verify(series, { at: undefined, level: 'full', ...quietly });
      expect(end).toMatchObject({ status: 0, damages: 0, lost: 0, readPieces: end.pieces });
      // A listing that lags does not know of the last ones yet.
      expect((await readRuns(series)).records.length).toBeGreaterThanOrEqual(lag === 0 ? 6 : 5);
    });
  },
);

describe('a series in a bucket', () => {
  it('is left at once by a run that is stopped, however much of an archive is still to be sent', async () => {
    const { lab, objects, open, change } = bucket();
    change(0);
    const stop = new AbortController();
    let seen: AbortSignal | undefined;
    const put = objects.put.bind(objects);
    objects.put = async (key, bytes, asked) => {
      if (!key.endsWith('Z.tar.zst')) return await put(key, bytes);
      seen = asked;
      stop.abort(new Error('stopped'));
      asked?.throwIfAborted();
      await put(key, bytes);
    };
    expect(await lab.run({ open, signal: stop.signal })).toMatchObject({ outcome: 'stopped' });
    expect(seen?.aborted).toBe(true);
    expect([...objects.kept.keys()].filter((key) => !key.includes('runs.jsonl'))).toEqual([]);
  });

  it('says which archive is damaged, and gives the rest', async () => {
    const { lab, objects, open, series, change } = bucket();
    change(0);
    await lab.run({ open });
    const [key, kept] = [...objects.kept].find(([name]) => name.endsWith('Z.tar.zst')) ?? ['', undefined];
    const bytes = Buffer.from(kept?.bytes ?? []);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    objects.kept.set(key, { bytes, modifiedMs: kept?.modifiedMs ?? 0 });
    const { end } = await verify(series, { at: undefined, level: 'full', ...quietly });
    expect(end.status).toBe(1);
    expect(end.damages).toBeGreaterThan(0);
  });

  it.each(KINDS)('says that an index is damaged, and where, $name', async ({ isEncrypted }) => {
    const { lab, objects, open, series, change } = bucket(0, 'tar.zst', isEncrypted);
    change(0);
    const { snapshot } = await lab.run({ open });
    const key = `data/${snapshot}/index.jsonl.zst${isEncrypted ? '.age' : ''}`;
    const { bytes } = objects.kept.get(key) ?? {};
    bytes?.fill(0, 30, 40);
    const events: object[] = [];
    const report = (event: object): void => void events.push(event);
    expect((await verify(series, { at: undefined, level: 'full', signal, report })).end.status).toBe(1);
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'damage',
        file: `${snapshot}/index.jsonl.zst`,
        what: expect.any(String),
      }),
    );
    const [one] = (await series.survey()).snapshots;
    if (one === undefined) throw new Error('no snapshot');
    await expect((async () => [...(await series.entries(one))])()).rejects.toThrow(
      `"memory://test/${key}?some=option" is damaged`,
    );
  });

  it.each(KINDS)('gets back what it lost but for its archives, $name', async ({ isEncrypted }) => {
    const { lab, objects, open, series, change, restored } = bucket(0, 'tar.zst', isEncrypted);
    for (const night of [0, 1]) {
      change(night);
      await lab.run({ open });
    }
    const [newest = ''] = (await series.survey()).snapshots.map(({ name }) => name).slice(-1);
    for (const key of objects.kept.keys()) {
      if (key.startsWith(`data/${newest}/`) && /(?:info\.json|index\.jsonl\.zst)(?:\.age)?$/.test(key))
        objects.kept.delete(key);
    }
    expect((await repair(series, [newest], signal))[0]).toMatchObject({ outcome: 'repaired' });
    expect([...(await restored(newest)).keys()]).toEqual([...treeOf(lab.source).keys()]);
  });

  it.each(KINDS)(
    'needs no hand after it was away from any call on, $name',
    { timeout: 300_000 },
    async (kind) => {
      const { isEncrypted } = kind;
      const first = bucket(0, 'tar.zst', isEncrypted);
      first.change(0);
      await first.lab.run({ open: first.open });
      first.change(1);
      first.objects.count = 0;
      await first.lab.run({ open: first.open });
      const calls = first.objects.count;
      expect(calls).toBeGreaterThan(20);
      for (let failAt = 1 + Math.floor(Math.random() * STEP); failAt <= calls; failAt += STEP) {
        const { lab, objects, open, series, change, restored } = bucket(0, 'tar.zst', isEncrypted);
        change(0);
        await lab.run({ open });
        const before = treeOf(lab.source);
        change(1);
        objects.count = 0;
        objects.failAt = failAt;
        await lab.run({ open });
        objects.failAt = Number.POSITIVE_INFINITY;
        const { snapshots } = await series.survey();
        expect(snapshots.length, `call ${failAt}`).toBeGreaterThan(0);
        expect(await restored(snapshots[0]?.name ?? '')).toEqual(before);
        // The lock of the run that could not remove it ends by itself, as its process is known to be dead or to be this one.
        change(2);
        const end = await lab.run({ open });
        expect(end, `call ${failAt}: ${end.error?.message}`).toMatchObject({
          outcome: 'written',
          error: null,
        });
        expect(await restored('latest')).toEqual(treeOf(lab.source));
        const events: unknown[] = [];
        const report = (event: unknown): void => void events.push(event);
        const { end: proof } = await verify(series, { at: undefined, level: 'full', signal, report });
        expect(proof.status, `call ${failAt}: ${JSON.stringify(events)}`).toBe(0);
      }
    },
  );
});
