// Two machines at one series: who has lost the lock commits nothing and removes nothing, and who reads is waited for.
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { SharedLock } from '../../series/lock/shared-lock.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { StoreWriter } from '../../store/store.ts';
import type { RowEnd } from '../events.ts';
import { SeriesLab } from './series.lab.ts';

let lab: SeriesLab;
let first: string;

beforeEach(async () => {
  lab = new SeriesLab();
  lab.row = { ...lab.row, keep: { last: 1 } };
  writeFileSync(join(lab.source, 'file'), 'first');
  first = (await lab.run()).snapshot ?? '';
  writeFileSync(join(lab.source, 'file'), 'changed');
});

afterEach(() => {
  lab.remove();
});

/** Another machine takes the series over right after the commit of an object whose key has `part` in it. */
async function runLosing(part: string): Promise<RowEnd> {
  class LosingStore extends LocalStore {
    override async create(key: string): Promise<StoreWriter> {
      const writer = await super.create(key);
      const commit = writer.commit.bind(writer);
      writer.commit = async () => {
        await commit();
        if (key.includes(part)) takeOver();
      };
      return writer;
    }
  }
  return await lab.run({ open: (folder) => new LosingStore(folder) });
}

function takeOver(): void {
  for (const name of lab.locks()) if (name.startsWith('.lock-')) rmSync(lab.folder(name));
  const owner = { host: 'other', machine: 'another', boot: 'b', pid: 1, started: '1' };
  const lock = { owner, held: true, since: '2026-11-19T02:00:00.000Z' };
  writeFileSync(lab.folder('.lock-other'), JSON.stringify(lock));
}

function lastRecord(): unknown {
  return JSON.parse(readFileSync(lab.folder('runs.jsonl'), 'utf8').trim().split('\n').at(-1) ?? '');
}

describe('a run whose lock is lost', () => {
  it.each(['~tree', 'index.jsonl', 'SHA256SUMS'])(
    'after %s commits nothing, and leaves what lies there to the other one',
    async (part) => {
      // So that there is an archive of folders, too.
      mkdirSync(join(lab.source, 'folder'));
      const store = new LocalStore(lab.row.destination);
      const end = await runLosing(part);
      expect(end).toMatchObject({
        outcome: 'failed',
        status: 11,
        removed: [],
        error: {
          code: 'E_LOCKED',
          message: expect.stringMatching(/^The lock of series "data" was lost: process 1 on other/) as string,
        },
      });
      const survey = await new Series(store, 'data').survey();
      expect(survey.snapshots.map(({ name }) => name)).toEqual([first]);
      expect(survey.unfinished).toHaveLength(1);
      expect(readdirSync(lab.folder(survey.unfinished[0] ?? ''))).not.toContain('info.json');
      expect(readdirSync(lab.folder())).toContain('.lock-other');
      expect(lastRecord()).toMatchObject({ outcome: 'failed', error: end.error?.message });
      expect(lab.restored(first).get('file')).toContain(btoa('first'));
    },
  );

  it('right after the commit says so, and rotates nothing out: who took over may have removed archives', async () => {
    const end = await runLosing('/info.json');
    expect(end).toMatchObject({ outcome: 'failed', status: 11, removed: [], error: { code: 'E_LOCKED' } });
    expect(lab.folders()).toHaveLength(2);
    expect(lab.folders()[0]).toBe(first);
  });
});

describe('a run while somebody reads the series', () => {
  it('rotates nothing out, says so, and does it the next time', async () => {
    const reader = await SharedLock.acquire(
      new Series(new LocalStore(lab.row.destination), 'data'),
      () => {},
    );
    const end = await lab.run();
    expect(end).toMatchObject({ outcome: 'written', status: 0, removed: [] });
    expect(lab.folders()).toEqual([first, end.snapshot]);
    expect(lab.notes().at(-1)).toMatch(
      new RegExp(`^nothing more is rotated out, as process ${process.pid} on .*, reads the series`),
    );
    await reader?.release(() => {});
    writeFileSync(join(lab.source, 'file'), 'changed again');
    const next = await lab.run();
    expect(next.removed.map(({ snapshot }) => snapshot)).toEqual([first, end.snapshot]);
    expect(lab.locks()).toEqual([]);
  });

  it('waits for no reader that is dead', async () => {
    const owner = { host: 'other', machine: 'another', boot: 'b', pid: 1, started: '1' };
    const file = lab.folder('.shared-dead');
    writeFileSync(file, JSON.stringify({ owner, held: true, since: '' }));
    const past = Date.now() / 1000 - 31 * 60;
    utimesSync(file, past, past);
    expect((await lab.run()).removed).toHaveLength(1);
    expect(readdirSync(lab.folder())).not.toContain('.shared-dead');
  });
});
