// Snapshots that are rotated out while a verify reads: only what nobody needs any more is not told.
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { verify } from './verify.ts';
import type { VerifyEvent } from './verify-events.ts';

/** Three snapshots that share the archive of the first one, in which a byte is wrong. */
async function openDamaged(): Promise<SeriesLab> {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  writeFileSync(join(lab.source, 'stays'), randomBytes(50_000));
  for (const night of ['1', '2', '3']) {
    writeFileSync(join(lab.source, 'changes'), night);
    await lab.run();
  }
  const [first = ''] = lab.folders();
  // All three names are one file.
  const file = lab.folder(first, lab.info(first).archives[0]?.file ?? '');
  const bytes = readFileSync(file);
  bytes[30_000] = (bytes[30_000] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  return lab;
}

/** What a verify tells, when the snapshots numbered `gone` are removed as soon as it has begun to read. */
async function toldWithout(lab: SeriesLab, gone: readonly number[]): Promise<readonly VerifyEvent[]> {
  const series = new Series(new LocalStore(lab.row.destination), 'data');
  const folders = gone.map((n) => lab.folder(lab.folders()[n] ?? ''));
  const events: VerifyEvent[] = [];
  const report = (event: VerifyEvent): void => {
    events.push(event);
    // At once, so that it is gone before the verify looks who is still there.
    if (event.event === 'progress' && event.phase === 'read')
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
  await verify(series, { at: undefined, level: 'full', signal: new AbortController().signal, report });
  expect(lab.folders()).toHaveLength(3 - folders.length);
  return events.filter(({ event }) => event === 'damage' || event === 'lost');
}

describe('damage', () => {
  it.each([[[]], [[0]], [[1, 2]]])(
    'is named as long as one snapshot that it touches is there: without %j',
    async (gone) => {
      const lab = await openDamaged();
      const there = lab.folders().filter((_, n) => !gone.includes(n));
      const told = await toldWithout(lab, gone);
      expect(told.filter(({ event }) => event === 'damage').length).toBeGreaterThan(0);
      const lost = told.flatMap((event) => (event.event === 'lost' ? [event.snapshot] : []));
      expect([...new Set(lost)]).toEqual(there);
    },
  );
});
