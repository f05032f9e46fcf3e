// What a run is expected to come to, against what it came to.
import { strict as assert } from 'node:assert';
import type { RowEnd } from '../../src/jobs/events.ts';
import { changeBetween, type Moment } from './moment.ts';

/** What a run is expected to come to, unless it is stopped. */
export interface Expected {
  readonly outcome: RowEnd['outcome'];
  readonly moment: Moment;
  readonly snapshot: string | null;
  readonly isMassChange: boolean;
  /** Undefined where a clock was wrong: which ones is for the tests of that. */
  readonly removed: readonly string[] | undefined;
}

/** @param last - The newest snapshot before. */
export function compareEnd(end: RowEnd, expected: Expected, last: Moment, guards: readonly string[]): void {
  const { outcome, snapshot, removed, change, error } = end;
  const all = changeBetween(last, expected.moment);
  assert.deepEqual(
    {
      outcome,
      snapshot,
      removed: expected.removed === undefined ? undefined : removed.map((gone) => gone.snapshot),
      change: { ...change },
      guards: end.guards.map(({ guard }) => guard),
    },
    {
      outcome: expected.outcome,
      snapshot: expected.snapshot,
      removed: expected.removed,
      change:
        expected.outcome === 'failed'
          ? { added: 0, modified: 0, removed: 0 }
          : { added: all.added, modified: all.modified, removed: all.removed },
      guards: guards,
    },
    error?.message,
  );
}
