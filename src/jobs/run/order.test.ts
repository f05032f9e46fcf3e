// In which order a run does what cannot be undone: nothing goes before its successor is there.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { StoreWriter } from '../../store/store.ts';
import { SeriesLab } from './series.lab.ts';

/** A folder whose changes are written down, and may be refused. */
class WatchedStore extends LocalStore {
  readonly #before: (what: string) => void;

  constructor(folder: string, before: (what: string) => void) {
    super(folder);
    this.#before = before;
  }

  override async create(key: string): Promise<StoreWriter> {
    this.#before(`write ${key}`);
    const writer = await super.create(key);
    const commit = writer.commit.bind(writer);
    writer.commit = async () => {
      this.#before(`commit ${key}`);
      await commit();
    };
    return writer;
  }

  override async remove(key: string): Promise<void> {
    this.#before(`remove ${key}`);
    await super.remove(key);
  }
}

/** A series that keeps one snapshot, has it, and a source that has changed since. */
async function openChanged(): Promise<{ lab: SeriesLab; first: string }> {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  lab.row = { ...lab.row, keep: { last: 1 } };
  writeFileSync(join(lab.source, 'file'), 'first');
  const { snapshot } = await lab.run();
  writeFileSync(join(lab.source, 'file'), 'changed');
  writeFileSync(join(lab.source, 'other'), 'new');
  return { lab, first: snapshot ?? '' };
}

function watching(before: (what: string) => void): { open: (folder: string) => LocalStore } {
  return { open: (folder) => new WatchedStore(folder, before) };
}

describe('a run', () => {
  it('removes nothing of older snapshots before info.json of the new one is written', async () => {
    const { lab, first } = await openChanged();
    const steps: string[] = [];
    const { snapshot } = await lab.run(watching((what) => steps.push(what)));
    expect(lab.folders()).toEqual([snapshot]);
    const removed = steps.findIndex((step) => step.startsWith(`remove data/${first}/`));
    expect(removed).toBeGreaterThan(steps.indexOf(`write data/${snapshot}/info.json`));
    expect(steps.indexOf(`write data/${snapshot}/info.json`)).toBeGreaterThan(0);
  });

  it('removes nothing when any of its writes fails', async () => {
    for (let count = 0; ; count++) {
      const { lab, first } = await openChanged();
      let writes = 0;
      const refuse = (what: string): void => {
        // Neither the lock, nor the log of how it ended; nor what rotation writes once all is done.
        if (!what.startsWith('write data/2') || what.endsWith('LET-GO')) return;
        if (writes++ === count) throw new SnapshotError('E_SPACE', 'no room left');
      };
      const { status, removed } = await lab.run(watching(refuse));
      if (writes <= count) {
        expect(status).toBe(0);
        break;
      }
      expect({ status, removed }).toEqual({ status: 1, removed: [] });
      expect(lab.info(first).name).toBe('data');
      expect(lab.restored(first).get('file')).toContain(btoa('first'));
      expect(count).toBeLessThan(20);
    }
  });

  it('rotates all the same when there is not even room to say what is to go', async () => {
    const { lab, first } = await openChanged();
    const refuse = (what: string): void => {
      if (what === `write data/${first}/LET-GO`) throw new SnapshotError('E_SPACE', 'no room left');
    };
    const { status, snapshot } = await lab.run(watching(refuse));
    expect({ status, left: lab.folders() }).toEqual({ status: 0, left: [snapshot] });
  });

  it('that is stopped when its last archive is written commits nothing', async () => {
    const { lab, first } = await openChanged();
    const stopping = new AbortController();
    const steps: string[] = [];
    const stop = watching((what) => {
      steps.push(what);
      // The archive of folders and links comes last; then only the files of the snapshot itself are written.
      if (what.startsWith('commit ') && what.includes('~tree')) stopping.abort(new Error('stopped'));
    });
    // A folder, so that there is such an archive.
    mkdirSync(join(lab.source, 'folder'));
    const { outcome, removed } = await lab.run({ ...stop, signal: stopping.signal });
    expect({ outcome, removed }).toEqual({ outcome: 'stopped', removed: [] });
    expect(steps.filter((step) => step.endsWith('info.json') && step.startsWith('write'))).toEqual([]);
    expect(lab.restored(first).get('file')).toContain(btoa('first'));
  });
});
