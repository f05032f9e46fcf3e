// Damage that a restore has found: from then on it is known, as if verify had found it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { list } from '../look/list.ts';
import { watchedAlone } from '../status/watched.ts';
import { readStatus } from '../status/read-status.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { restore } from './restore.ts';
import type { RestoreEvent } from './restore-events.ts';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
});
afterEach(() => lab.remove());

const nothing = async (): Promise<undefined> => await Promise.resolve(undefined);

describe('a restore that finds damage', () => {
  it('notes it: status and list know, and the next run writes it again', async () => {
    writeFileSync(join(lab.source, 'file'), 'content '.repeat(1000));
    const { snapshot } = await lab.run({ now: () => new Date(Date.now() - 3_600_000) });
    const archive = lab.folder(snapshot ?? '', `data-${snapshot}.tar.zst`);
    const bytes = readFileSync(archive);
    bytes.fill(0xff, 40, 60);
    writeFileSync(archive, bytes);
    const series = new Series(new LocalStore(lab.row.destination), 'data');
    const events: RestoreEvent[] = [];
    const options = { at: 'latest', globs: [], overwrite: 'never', deletes: false } as const;
    const signal = new AbortController().signal;
    const report = (event: RestoreEvent): void => void events.push(event);
    const to = join(lab.root, 'out');

    await restore(series, { ...options, to, dryRun: true, signal, report });
    expect((await list(watchedAlone(series), nothing, new Date())).snapshots[0]?.flaws).toEqual([]);
    expect(await restore(series, { ...options, to, dryRun: false, signal, report })).toMatchObject({
      status: 1,
    });
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'problem', kind: 'damaged', path: 'file' }),
    );
    const [listed] = (await list(watchedAlone(series), nothing, new Date())).snapshots;
    expect(listed?.flaws).toEqual([expect.stringContaining('tar.zst')]);
    const status = await readStatus({ series, everyMs: 86_400_000 }, new Date(), nothing);
    expect(status).toMatchObject({ state: 'failing', isFailing: true });
    const healed = await lab.run({ acceptChanges: false });
    expect(healed).toMatchObject({ outcome: 'written', status: 0, damage: { healed: 1 } });
  });
});
