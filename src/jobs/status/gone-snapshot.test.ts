import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { PastRecord, PastRun } from '../../series/past.ts';
import type { Survey } from '../../series/series.ts';
import { goneSnapshot } from './lost-archives.ts';

function wrote(snapshot: string | null): PastRun {
  return { outcome: 'written', started: '2026-11-19T02:00:00Z', guards: [], error: null, snapshot };
}

function removed(outcome: 'prune' | 'forget', ...names: readonly string[]): PastRecord {
  return { outcome, started: '2026-11-20T02:00:00Z', removed: names };
}

function snapshotsOf(names: readonly string[]): Survey['snapshots'] {
  return names.map((name) => ({ name })) as unknown as Survey['snapshots'];
}

describe('goneSnapshot()', () => {
  const [OLD, NEW] = ['2026-11-18T02-00-00Z', '2026-11-19T02-00-00Z'];
  it.each<[string, PastRecord[], string[], boolean | undefined]>([
    ['nothing was ever written', [{ ...wrote(null), outcome: 'failed' }], [], undefined],
    ['the log does not say which it is', [wrote(null)], [], undefined],
    ['it is there', [wrote(OLD), wrote(NEW)], [OLD, NEW], undefined],
    ['it is the only one that is left', [wrote(OLD), wrote(NEW)], [NEW], undefined],
    ['it is not', [wrote(OLD), wrote(NEW), { ...wrote(null), outcome: 'failed' }], [OLD], false],
    ['nor is any other', [wrote(OLD), wrote(NEW)], [], true],
    ['somebody has removed it', [wrote(OLD), wrote(NEW), removed('forget', OLD, NEW)], [], undefined],
    ['somebody has removed another one', [wrote(OLD), wrote(NEW), removed('prune', OLD)], [], true],
    ['somebody had removed one of that name before', [removed('forget', NEW), wrote(NEW)], [OLD], false],
  ])('where %s', (_, logged, names, isAll) => {
    const gone = goneSnapshot(logged, { snapshots: snapshotsOf(names), damaged: [] });
    expect(gone?.isAll).toBe(isAll);
    expect(gone?.message.includes(NEW)).toBe(isAll === undefined ? undefined : !isAll);
    const damaged = names.map((name) => ({ name, error: new SnapshotError('E_DAMAGED', 'damaged') }));
    expect(goneSnapshot(logged, { snapshots: [], damaged })).toEqual(gone);
  });
});
