import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { Series } from '../../series/series.ts';
import { WrappedStore } from '../../store/wrap/wrapped-store.ts';
import { NoLinkStore, SeriesLab } from '../run/series.lab.ts';
import { repair } from '../repair/repair.ts';
import { type Verdict, verify } from './verify.ts';
import type { VerifyEvent } from './verify-events.ts';

let lab: SeriesLab;

beforeEach(() => {
  lab = new SeriesLab();
});
afterEach(() => lab.remove());

async function look(level: 'quick' | 'full'): Promise<{ events: readonly VerifyEvent[]; status: number }> {
  const events: VerifyEvent[] = [];
  const series = new Series(new NoLinkStore(lab.row.destination), 'data');
  const { signal } = new AbortController();
  const { end } = await verify(series, {
    at: undefined,
    level,
    signal,
    report: (event) => events.push(event),
  });
  return { events: events.filter(({ event }) => event === 'damage' || event === 'lost'), status: end.status };
}

function open(destination: string): NoLinkStore {
  return new NoLinkStore(destination);
}

/** Three snapshots that share archives by name, as there are no hard links. */
async function makeSeries(): Promise<void> {
  writeFileSync(join(lab.source, 'stays'), randomBytes(50_000));
  for (const night of ['1', '2', '3']) {
    writeFileSync(join(lab.source, 'changes'), night);
    const { outcome } = await lab.run({ open });
    expect(outcome).toBe('written');
  }
}

describe.each(['tar.zst', 'zip'] as const)('verify where there are no hard links: %s', (format) => {
  beforeEach(async () => {
    lab.row = { ...lab.row, format };
    await makeSeries();
  });

  it('has nothing to say of a healthy series', async () => {
    expect(lab.info(lab.folders()[1] ?? '').archives.some(({ file }) => file.includes('/'))).toBe(true);
    expect(await look('quick')).toEqual({ events: [], status: 0 });
    expect(await look('full')).toEqual({ events: [], status: 0 });
  });

  it('names a damaged archive once, and every snapshot that needs it', async () => {
    const [first = ''] = lab.folders();
    const file = lab.folder(first, lab.info(first).archives[0]?.file ?? '');
    const bytes = readFileSync(file);
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const { events, status } = await look('full');
    expect(status).toBe(1);
    const damages = events.filter(({ event }) => event === 'damage');
    const users = lab
      .folders()
      .filter((at) => at === first || lab.info(at).archives.some((one) => one.file.includes(first)));
    expect(damages).toEqual([expect.objectContaining({ snapshots: users })]);
    expect(users.length).toBeGreaterThan(1);
  });

  it('repairs a snapshot whose archives lie elsewhere', async () => {
    const [, second = ''] = lab.folders();
    const before = lab.restored(second);
    for (const name of ['info.json', 'index.jsonl.zst']) writeFileSync(lab.folder(second, name), 'rubbish');
    const series = new Series(new NoLinkStore(lab.row.destination), 'data');
    const repaired = await repair(series, [second], new AbortController().signal);
    expect(repaired).toEqual([expect.objectContaining({ outcome: 'repaired' })]);
    expect(await look('full')).toEqual({ events: [], status: 0 });
    expect(lab.restored(second)).toEqual(before);
  });

  it('stops with the reason of the signal while it reads', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const series = new Series(new NoLinkStore(lab.row.destination), 'data');
    const report = (event: VerifyEvent): void => {
      if (event.event === 'progress' && event.phase === 'read') stop.abort(reason);
    };
    const options = { at: undefined, level: 'full', signal: stop.signal, report } as const;
    await expect(verify(series, options)).rejects.toBe(reason);
  });

  it('names an index that cannot be read, and no other file that its failure speaks of', async () => {
    const [first = '', second = ''] = lab.folders();
    const store = new NoLinkStore(lab.row.destination);
    const read = store.read.bind(store);
    store.read = async (key) => {
      // Messages of a system may hold anything.
      if (key === `data/${second}/index.jsonl.zst`)
        throw new SnapshotError(
          'E_STORE',
          `Cannot read it: worse than "${lab.folder(first, 'index.jsonl.zst')}"`,
        );
      return await read(key);
    };
    const events: VerifyEvent[] = [];
    const report = (event: VerifyEvent): void => void events.push(event);
    const options = { at: undefined, level: 'quick', signal: new AbortController().signal, report } as const;
    await verify(new Series(store, 'data'), options);
    const damages = events.flatMap((event) => (event.event === 'damage' ? [event.file] : []));
    expect(damages).toEqual([`${second}/index.jsonl.zst`]);
  });

  it('names all files of lines that are damaged, not only the first one that is read', async () => {
    const [, , third = ''] = lab.folders();
    const files = ['index.jsonl.zst', 'dead.jsonl.zst'].map((name) => lab.folder(third, name));
    for (const file of files) {
      const bytes = readFileSync(file);
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    }
    const { events } = await look('quick');
    const named = events.flatMap((event) => (event.event === 'damage' ? [event.file] : []));
    expect(named.toSorted()).toEqual([`${third}/dead.jsonl.zst`, `${third}/index.jsonl.zst`]);
  });

  it('has nothing to say of what was rotated out meanwhile', async () => {
    const series = new Series(new NoLinkStore(lab.row.destination), 'data');
    const events: VerifyEvent[] = [];
    let isRemoved: Promise<unknown> | undefined;
    const report = (event: VerifyEvent): void => {
      events.push(event);
      if (event.event !== 'progress' || isRemoved !== undefined) return;
      isRemoved = series
        .survey()
        .then(async ({ snapshots }) => await series.remove(lab.folders()[2] ?? '', snapshots));
    };
    const options = { at: undefined, level: 'full', signal: new AbortController().signal, report } as const;
    const { end } = await verify(series, options);
    await isRemoved;
    expect(events.filter(({ event }) => event === 'damage' || event === 'lost')).toEqual([]);
    expect(end.status).toBe(0);
  });
});

/** Reads archives as one that is far away, and tells of it; what `read` does comes before each index. */
class IndexStore extends WrappedStore {
  readonly #read: () => Promise<void>;
  readonly #files: string | undefined;
  readonly #onRange: () => unknown;

  constructor(
    read: () => Promise<void>,
    {
      files,
      onRange = (): unknown => undefined,
    }: { files?: string | undefined; onRange?: () => unknown } = {},
  ) {
    super(new NoLinkStore(lab.row.destination));
    this.#read = read;
    this.#files = files;
    this.#onRange = onRange;
  }

  override get files(): string | undefined {
    return this.#files;
  }

  override async read(key: string): Promise<Buffer | undefined> {
    if (key.includes('index.jsonl')) await this.#read();
    return await super.read(key);
  }

  override async readRange(...args: Parameters<WrappedStore['readRange']>): Promise<Buffer> {
    const bytes = await super.readRange(...args);
    this.#onRange();
    return bytes;
  }
}

async function verifyIn(store: IndexStore, level: 'quick' | 'full' = 'full'): Promise<Verdict> {
  const { signal } = new AbortController();
  return await verify(new Series(store, 'data'), { at: undefined, level, signal, report: () => {} });
}

describe('a full verify', () => {
  beforeEach(makeSeries);

  it('reads archives before any index has said what they hold', async () => {
    const reading = new EventEmitter();
    const isRead = once(reading, 'read');
    const store = new IndexStore(async () => void (await isRead), { onRange: () => reading.emit('read') });
    const { end } = await verifyIn(store);
    expect(end).toMatchObject({ damages: 0, lost: 0, status: 0 });
    expect(end.readPieces).toBe(end.pieces);
    expect(end.pieces).toBeGreaterThan(1);
  });

  it.each([true, false])(
    'ends with what keeps an index from being read, archives far away: %s',
    async (isFar) => {
      const gone = new SnapshotError('E_AWAY', 'The server is away');
      const files = isFar ? undefined : lab.row.destination;
      const store = new IndexStore(async () => await Promise.reject(gone), { files });
      await expect(verifyIn(store)).rejects.toBe(gone);
    },
  );

  it('ends with what keeps an archive from being read, though indexes come', async () => {
    const broken = new Error('a mistake of the program');
    const store = new IndexStore(async () => {}, {
      onRange: () => {
        throw broken;
      },
    });
    await expect(verifyIn(store)).rejects.toBe(broken);
    await expect(verifyIn(store, 'quick')).resolves.toMatchObject({ end: { status: 0 } });
  });
});

async function namesAt(at: string): Promise<readonly string[]> {
  const options = { at, level: 'quick', signal: new AbortController().signal, report: () => {} } as const;
  return (await verify(new Series(new NoLinkStore(lab.row.destination), 'data'), options)).names;
}

describe('verify of one snapshot', () => {
  it('takes the newest at or before a date, one that cannot be read included', async () => {
    await makeSeries();
    const [first = '', second = '', third = ''] = lab.folders();
    writeFileSync(lab.folder(second, 'info.json'), 'rubbish');
    const { started } = lab.info(third).time;
    const before = new Date(Date.parse(started) - 1000).toISOString();
    expect(await namesAt(started)).toEqual([third]);
    expect(await namesAt(before)).toEqual([second]);
    expect(await namesAt(second.slice(0, 16))).toEqual([second]);
    expect(await namesAt(first)).toEqual([first]);
    expect(await namesAt('latest')).toEqual([third]);
    await expect(namesAt('2001-01-01')).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});
