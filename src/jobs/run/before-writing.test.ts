// Whether there is room for what a run will write, what a dry run says of it, and what the snapshot says of the time it took.
import { rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from './series.lab.ts';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
});
afterEach(() => {
  lab.remove();
});

/** With room for 20 MB. */
class SmallStore extends LocalStore {
  override async freeBytes(): Promise<number> {
    return await Promise.resolve(20_000_000);
  }
}

function open(destination: string): LocalStore {
  return new SmallStore(destination);
}

it.each([
  ['tar.zst', { outcome: 'written', status: 0 }],
  // It holds the file whole.
  ['zip', { outcome: 'failed', status: 4, guards: [{ guard: 'free-space' }] }],
] as const)('a file with holes takes the room that a %s needs for it', async (format, end) => {
  lab.row = { ...lab.row, format };
  writeFileSync(join(lab.source, 'disk.img'), 'data');
  truncateSync(join(lab.source, 'disk.img'), 200_000_000);
  expect(await lab.run({ open, acceptChanges: false })).toMatchObject(end);
});

it('a dry run counts what the run will find, though it knows early that something changed', async () => {
  for (const name of ['touched', 'other', 'gone']) writeFileSync(join(lab.source, name), 'one');
  await lab.run();
  utimesSync(join(lab.source, 'touched'), 1, 1);
  writeFileSync(join(lab.source, 'other'), 'two');
  writeFileSync(join(lab.source, 'new'), 'new');
  rmSync(join(lab.source, 'gone'));
  const { change, newBytes } = await lab.run({ dryRun: true });
  expect({ change, newBytes }).toEqual({ change: { added: 1, modified: 1, removed: 1 }, newBytes: 6 });
  expect(await lab.run()).toMatchObject({ change });
});

it('a snapshot says when it was begun, and when it was finished', async () => {
  writeFileSync(join(lab.source, 'file'), 'one');
  let ms = Date.parse('2026-11-20T02:00:00Z');
  await lab.run({ now: () => new Date((ms += 1000)) });
  const { started, finished } = lab.info(lab.folders()[0] ?? '').time;
  expect(Date.parse(finished)).toBeGreaterThan(Date.parse(started));
});
