// What there is to say of snapshots that were taken while the clock was wrong.
import type { Snapshot } from '../series/series.ts';
import { formatLocal } from './moment.ts';

/** A sentence for each of `snapshots`, the oldest first, whose clock was wrong. */
export function oddOnes(snapshots: readonly Snapshot[]): readonly string[] {
  return snapshots.flatMap(({ name, doubt }, i) => {
    if (doubt !== 'odd') return [];
    const before = snapshots.slice(0, i).findLast((other) => other.doubt !== 'odd');
    const after = snapshots.slice(i + 1).find((other) => other.doubt !== 'odd');
    const parts = [
      ...(before === undefined ? [] : [`after ${formatLocal(before.at)}`]),
      ...(after === undefined ? [] : [`before ${formatLocal(after.at)}`]),
    ];
    const when = parts.length === 0 ? 'at a time that is not known' : parts.join(' and ');
    return [
      `${name} has a wrong name, as the clock was wrong: it was taken ${when}, and is kept accordingly`,
    ];
  });
}
