// Snapshots that are removed on demand, and those that nothing removes.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { SharedLock } from '../../series/lock/shared-lock.ts';
import { readPin } from '../../series/pins.ts';
import { readRuns } from '../../series/read-runs.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { NoLinkStore, SeriesLab } from '../run/series.lab.ts';
import { forget } from './forget.ts';
import { pin, unpin } from './pin.ts';
import { prune, type Pruned } from './prune.ts';

let lab: SeriesLab;
let notes: string[];
beforeEach(() => {
  lab = new SeriesLab();
  notes = [];
});
afterEach(() => {
  lab.remove();
});

function series(store = new LocalStore(lab.row.destination)): Series {
  return new Series(store, 'data');
}

/** So many nights, each with something new. */
async function nights(count: number, open?: (folder: string) => LocalStore): Promise<readonly string[]> {
  for (let night = 0; night < count; night++) {
    writeFileSync(join(lab.source, `file ${lab.events.length}`), String(night));
    await lab.run(open && { open });
  }
  return lab.folders();
}

const OPTIONS = {
  now: () => new Date(Date.now() + 30 * 86_400_000),
  note: (text: string) => void notes.push(text),
};

async function pruneTo(last: number, dryRun = false, store?: LocalStore): Promise<Pruned> {
  return await prune({ ...lab.row, keep: { last } }, series(store), { ...OPTIONS, dryRun });
}

async function forgetOne(name: string, store?: LocalStore): Promise<string> {
  return await forget(series(store), name, { ...OPTIONS, confirm: async () => await Promise.resolve() });
}

/** Which lines of the log say that something was held back. */
async function heldBack(): Promise<readonly boolean[]> {
  return (await readRuns(series())).records.map(
    (record) => 'heldBack' in record && record.heldBack !== undefined,
  );
}

describe('prune()', () => {
  it('removes what a lowered `keep` lets go, and tells what it would do before', async () => {
    const [first = '', second = '', ...others] = await nights(4);
    const would = await pruneTo(2, true);
    expect(lab.folders()).toHaveLength(4);
    expect(lab.locks()).toEqual([]);
    expect(await pruneTo(2)).toEqual({ ...would, cut: undefined });
    expect(would).toMatchObject({ status: 0, removed: [{ snapshot: first }, { snapshot: second }] });
    expect(lab.folders()).toEqual(others);
    for (const name of others) expect(lab.restored(name).size).toBeGreaterThan(2);
    expect((await readRuns(series())).records.at(-1)).toMatchObject({
      outcome: 'prune',
      removed: [first, second],
    });
    expect(await pruneTo(2)).toMatchObject({ status: 0, removed: [] });
  });

  it('takes nothing that others need, where there are no hard links', async () => {
    await nights(3, (folder) => new NoLinkStore(folder));
    await pruneTo(1, false, new NoLinkStore(lab.row.destination));
    const { snapshots } = await series().survey();
    expect(snapshots).toHaveLength(1);
    expect(lab.restored(snapshots[0]?.name ?? '').size).toBe(3);
  });

  it('removes nothing while a guard holds rotation back, or the last run could not read something', async () => {
    await nights(3);
    const held = { since: '', guard: 'mass-change', snapshot: 'x', message: 'all is gone' };
    writeFileSync(lab.folder('held.json'), JSON.stringify(held));
    expect(await pruneTo(1)).toMatchObject({ status: 4, removed: [], heldBack: 'all is gone (since x)' });
    expect(notes.at(-1)).toContain('--accept-changes');
    rmSync(lab.folder('held.json'));
    const lines = readFileSync(lab.folder('runs.jsonl'), 'utf8').trimEnd().split('\n');
    const last = lines.findLast((line) => line.includes('"written"')) ?? '';
    writeFileSync(lab.folder('runs.jsonl'), `${last.replace('"missing":0', '"missing":2')}\n`);
    expect(await pruneTo(1)).toMatchObject({ status: 3, removed: [] });
    expect(lab.folders()).toHaveLength(3);
  });

  it('removes nothing while a damaged snapshot may need archives of the others', async () => {
    const all = await nights(3, (folder) => new NoLinkStore(folder));
    writeFileSync(lab.folder(all[1] ?? '', 'info.json'), 'rubbish');
    const pruned = await pruneTo(1, false, new NoLinkStore(lab.row.destination));
    expect(pruned).toMatchObject({ removed: [], heldBack: expect.stringContaining('may need archives') });
    const forgotten = forgetOne(all[0] ?? '', new NoLinkStore(lab.row.destination));
    await expect(forgotten).rejects.toMatchObject({ code: 'E_DAMAGED' });
    expect(lab.folders()).toEqual(all);
  });

  it('says in the log that nothing is in the way any more', async () => {
    await nights(2);
    const held = { since: '', guard: 'mass-change', snapshot: 'x', message: 'all is gone' };
    writeFileSync(lab.folder('held.json'), JSON.stringify(held));
    await pruneTo(1);
    rmSync(lab.folder('held.json'));
    expect(await heldBack()).toEqual([false, false, true]);
    // The second one has nothing to say.
    for (const _ of ['first', 'second']) await pruneTo(2);
    expect(await heldBack()).toEqual([false, false, true, false]);
  });

  it('removes nothing without a lock while another one has it', async () => {
    const all = await nights(3);
    class FullStore extends LocalStore {
      override async put(): Promise<void> {
        await Promise.reject(new SnapshotError('E_SPACE', 'no room'));
      }
    }
    const lock = await SeriesLock.acquire(series());
    await expect(pruneTo(1, false, new FullStore(lab.row.destination))).rejects.toThrow(SnapshotError);
    await lock.release();
    expect(lab.folders()).toEqual(all);
  });

  it('removes no more as soon as somebody begins to read the series', async () => {
    const [first = '', ...others] = await nights(4);
    class ReadStore extends LocalStore {
      override async remove(key: string): Promise<void> {
        await super.remove(key);
        if (key === `data/${first}/LET-GO`) reader = await SharedLock.acquire(series(), () => {});
      }
    }
    let reader: SharedLock | undefined;
    const pruned = await pruneTo(1, false, new ReadStore(lab.row.destination));
    expect(pruned.removed).toEqual([{ snapshot: first, reasons: [] }]);
    expect(lab.folders()).toEqual(others);
    await reader?.release(() => {});
  });

  it('takes nothing of a snapshot of which it cannot tell whether it is gone', async () => {
    const [first = ''] = await nights(3, (folder) => new NoLinkStore(folder));
    class SilentStore extends NoLinkStore {
      #isSilent = false;

      override async remove(key: string): Promise<void> {
        if (key === `data/${first}/info.json`) this.#isSilent = true;
        if (this.#isSilent && key.startsWith(`data/${first}/`))
          throw new SnapshotError('E_STORE', 'no answer');
        await super.remove(key);
      }

      override async list(key: string): ReturnType<LocalStore['list']> {
        if (this.#isSilent && key === `data/${first}`) throw new SnapshotError('E_STORE', 'no answer');
        return await super.list(key);
      }
    }
    const pruned = await pruneTo(1, false, new SilentStore(lab.row.destination));
    expect(pruned.removed.map(({ snapshot }) => snapshot)).not.toContain(first);
    expect(pruned.heldBack).toBe(`${first} cannot be removed: no answer`);
    expect(lab.restored(first).size).toBe(1);
  });

  it('is refused while a run is at work, and by the series of another', async () => {
    await nights(2);
    const lock = await SeriesLock.acquire(series());
    await expect(pruneTo(1)).rejects.toMatchObject({ code: 'E_LOCKED' });
    await lock.release();
    const other = { ...lab.row, keep: { last: 1 }, source: '/elsewhere' };
    await expect(prune(other, series(), { ...OPTIONS, dryRun: false })).rejects.toMatchObject({
      code: 'E_GUARD',
    });
    expect(lab.folders()).toHaveLength(2);
  });

  it('makes room on a disk that has none for a lock, and takes the lock for the second one', async () => {
    const [first = ''] = await nights(3);
    /** Full until a snapshot is gone. */
    class FullStore extends LocalStore {
      override async put(key: string, bytes: Uint8Array): Promise<void> {
        if (existsSync(lab.folder(first, 'info.json'))) throw new SnapshotError('E_SPACE', 'no room');
        seen.push(key);
        await super.put(key, bytes);
      }
    }
    const seen: string[] = [];
    expect(await pruneTo(1, false, new FullStore(lab.row.destination))).toMatchObject({ status: 0 });
    expect(lab.folders()).toHaveLength(1);
    expect(seen[0]).toContain('.lock-');
    expect(lab.locks()).toEqual([]);
  });
});

describe('a pinned snapshot', () => {
  it.each([['rotation'], ['a prune']])(
    'stays at %s, whatever `keep` says, until it is unpinned',
    async (by) => {
      const [first = ''] = await nights(2);
      expect(await pin(series(), first.slice(0, 10), 'before the move', new Date())).toBe(first);
      expect(await readPin(series(), first)).toMatchObject({ reason: 'before the move' });
      lab.row = { ...lab.row, keep: { last: 1 } };
      if (by === 'rotation') {
        writeFileSync(join(lab.source, 'more'), '');
        const end = await lab.run();
        expect(end.removed).toHaveLength(1);
        expect(end.kept.at(-1)).toEqual({ snapshot: first, reasons: ['pinned'] });
      } else expect((await pruneTo(1)).kept.at(-1)).toEqual({ snapshot: first, reasons: ['pinned'] });
      expect(lab.folders()).toContain(first);
      await expect(forgetOne(first)).rejects.toMatchObject({
        code: 'E_USAGE',
        message: expect.stringMatching(/is pinned/) as string,
      });
      expect(lab.restored(first).size).toBeGreaterThan(0);
      await unpin(series(), first, new Date());
      await expect(unpin(series(), first, new Date())).rejects.toMatchObject({ code: 'E_USAGE' });
      expect(readdirSync(lab.folder(first)).filter((name) => /PINNED|LET-GO/.test(name))).toEqual([]);
      expect((await pruneTo(1)).removed).toEqual([{ snapshot: first, reasons: [] }]);
      expect(existsSync(lab.folder(first))).toBe(false);
    },
  );

  it('stays when what its pin says is damaged, and when rotation has decided before', async () => {
    const [first = ''] = await nights(2);
    await pin(series(), first, '', new Date());
    writeFileSync(lab.folder(first, 'PINNED'), '');
    expect((await pruneTo(1)).removed).toEqual([]);
    await expect(series().remove(first, [])).rejects.toMatchObject({
      message: expect.stringMatching(/is pinned/) as string,
    });
    expect((await series().survey()).snapshots).toHaveLength(2);
  });

  it('may be pinned, and go, where a rotation was cut short while it began', async () => {
    const [first = ''] = await nights(2);
    writeFileSync(lab.folder(first, 'LET-GO.part'), '');
    await pin(series(), first, '', new Date());
    expect((await pruneTo(1)).removed).toEqual([]);
    await unpin(series(), first, new Date());
    writeFileSync(lab.folder(first, 'LET-GO.part'), '');
    expect((await pruneTo(1)).removed).toHaveLength(1);
    expect(existsSync(lab.folder(first))).toBe(false);
  });

  it('is bolted against versions that know no pins: they can put no LET-GO there', async () => {
    const [first = ''] = await nights(2);
    await pin(series(), first, '', new Date());
    await expect(series().store.put(`data/${first}/LET-GO`, Buffer.alloc(0))).rejects.toMatchObject({
      code: 'E_STORE',
    });
    // What a pin has left that was never finished is in nobody's way.
    rmSync(lab.folder(first, 'PINNED'));
    expect((await pruneTo(1)).removed).toHaveLength(1);
    expect(existsSync(lab.folder(first))).toBe(false);
  });
});

describe('forget()', () => {
  it('removes one snapshot, but never the last, and says so in the log', async () => {
    const [first = '', second = ''] = await nights(2);
    expect(await forgetOne(second)).toBe(second);
    expect(lab.folders()).toEqual([first]);
    expect((await readRuns(series())).records.at(-1)).toMatchObject({ outcome: 'forget', removed: [second] });
    await expect(forgetOne(first)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(/is the last one/) as string,
    });
    expect(lab.restored(first).size).toBe(1);
  });

  it('removes nothing when the answer is no, or somebody reads the series', async () => {
    const [first = ''] = await nights(2);
    const no = new Error('no');
    const refusal = forget(series(), first, { ...OPTIONS, confirm: async () => await Promise.reject(no) });
    await expect(refusal).rejects.toBe(no);
    const reader = await SharedLock.acquire(series(), () => {});
    await expect(forgetOne(first)).rejects.toMatchObject({ code: 'E_LOCKED' });
    await reader?.release(() => {});
    expect(lab.folders()).toHaveLength(2);
  });
});

describe('an old snapshot that cannot be removed', () => {
  it('is a note: the row is what it is, and the other ones go', async () => {
    const [first = '', second = ''] = await nights(2);
    // A folder in the place of a marker: nothing of that snapshot can be removed.
    mkdirSync(lab.folder(first, 'LET-GO.part', 'in the way'), { recursive: true });
    lab.row = { ...lab.row, keep: { last: 1 } };
    writeFileSync(join(lab.source, 'more'), '');
    const end = await lab.run();
    expect(end).toMatchObject({
      outcome: 'written',
      status: 0,
      error: null,
      removed: [{ snapshot: second }],
    });
    expect(end.kept.at(-1)).toEqual({ snapshot: first, reasons: ['due'] });
    expect(lab.notes()).toContainEqual(
      expect.stringMatching(new RegExp(`^${first} cannot be removed: .*tries again$`)),
    );
    expect((await readRuns(series())).records.at(-1)).toMatchObject({
      heldBack: expect.stringContaining('cannot be removed'),
    });
    expect(lab.restored(first).size).toBe(1);
  });
});

describe('a lock that is lost in the middle of a rotation', () => {
  it('does not hide what was removed already', async () => {
    const [first = ''] = await nights(3);
    class LosingStore extends LocalStore {
      override async remove(key: string): Promise<void> {
        await super.remove(key);
        if (key === `data/${first}/LET-GO`) takeOver();
      }
    }
    lab.row = { ...lab.row, keep: { last: 1 } };
    writeFileSync(join(lab.source, 'more'), '');
    const end = await lab.run({ open: (folder) => new LosingStore(folder) });
    expect(end).toMatchObject({ outcome: 'written', removed: [{ snapshot: first, reasons: [] }] });
    expect(lab.folders()).toHaveLength(3);
    expect(end.series?.snapshots).toBe(3);
    expect(lab.notes().slice(-2)).toEqual([
      `rotated out before the lock was lost: ${first}`,
      expect.stringMatching(/^the snapshot is written; nothing more was done: The lock of series/),
    ]);
  });
});

function takeOver(): void {
  for (const name of lab.locks()) if (name.startsWith('.lock-')) rmSync(lab.folder(name));
  const owner = { host: 'other', machine: 'another', boot: 'b', pid: 1, started: '1' };
  writeFileSync(
    lab.folder('.lock-other'),
    JSON.stringify({ owner, held: true, since: '2026-11-19T02:00:00Z' }),
  );
}
