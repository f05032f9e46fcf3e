// Times that only a file system with seconds of 64 bits has: kept in archive, index and restore, and no damage.
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { restore } from '../restore/restore.ts';
import type { RestoreEvent } from '../restore/restore-events.ts';
import { verify } from '../verify/verify.ts';
import { SeriesLab } from './series.lab.ts';

const SECONDS = [
  '-3000000000',
  '-2147483649',
  '9223372037',
  '253402300800',
  '300000000000',
  '99999999999999',
];

const CAN_MOUNT =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

describe.skipIf(!CAN_MOUNT)('a time of a file', () => {
  let lab: SeriesLab;
  let mounts: string[];

  beforeEach(() => {
    lab = new SeriesLab();
    mounts = [lab.source, join(lab.root, 'out')];
    for (const point of mounts) {
      mkdirSync(point, { recursive: true });
      if (spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', point]).status !== 0) throw new Error('cannot mount');
    }
    for (const seconds of SECONDS) {
      writeFileSync(join(lab.source, seconds), seconds);
      spawnSync('touch', ['-d', `@${seconds}`, join(lab.source, seconds)]);
    }
  });
  afterEach(() => {
    for (const point of mounts) spawnSync('umount', [point]);
    lab.remove();
  });

  it.each(['tar.zst', 'zip'] as const)('is kept in whatever year, and is no damage: %s', async (format) => {
    lab.row = { ...lab.row, format };
    expect(await lab.run()).toMatchObject({ outcome: 'written', status: 0 });
    expect(await lab.run()).toMatchObject({ outcome: 'unchanged', status: 0 });
    const series = new Series(new LocalStore(join(lab.root, 'destination')), 'data');
    const signal = new AbortController().signal;
    const { end } = await verify(series, { at: undefined, level: 'full', signal, report: () => {} });
    expect(end).toMatchObject({ status: 0, damages: 0, readPieces: SECONDS.length });
    const events: RestoreEvent[] = [];
    const report = (event: RestoreEvent): void => void events.push(event);
    const restoreTo = async (to: string): Promise<number> => {
      const options = { at: 'latest', globs: [], overwrite: 'never', deletes: false, dryRun: false } as const;
      return (await restore(series, { ...options, to, signal, report })).status;
    };
    expect(await restoreTo(join(lab.root, 'out', 'data'))).toBe(0);
    for (const seconds of SECONDS) {
      const { mtimeNs } = lstatSync(join(lab.root, 'out', 'data', seconds), { bigint: true });
      expect(mtimeNs / 1_000_000_000n).toBe(BigInt(seconds));
    }
    // The common part of all file systems is smaller: then it is named.
    const there = join(lab.root, 'probe');
    writeFileSync(there, '');
    spawnSync('touch', ['-d', '@99999999999999', there]);
    const hasAll = lstatSync(there, { bigint: true }).mtimeNs === 99_999_999_999_999n * 1_000_000_000n;
    expect(await restoreTo(join(lab.root, 'clamped'))).toBe(hasAll ? 0 : 3);
    if (hasAll) return;
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'attributes',
        path: '99999999999999',
        reason: expect.stringContaining('year'),
      }),
    );
  });
});
