// Which rows of a plan a run takes. Pure.
import { SnapshotError } from '../../base/errors.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import { together } from '../../plan/together.ts';

/** One of several processes that share a plan. */
export interface Shard {
  /** From 1 to {@link Shard.of}. */
  readonly number: number;
  readonly of: number;
}

export interface RowChoice {
  /** Names of rows; all when empty. */
  readonly only: readonly string[];
  readonly shard?: Shard | undefined;
}

/**
 * The active rows of `plan` that `choice` takes, in the order of the plan; of a row with several destinations, all or none.
 *
 * Shards are dealt out like cards, over all active rows; `only` takes from what was dealt. So each row is in one
 * shard, the same one with and without `only`. A shard may be empty.
 *
 * @throws {@link SnapshotError} `E_USAGE` when `only` names a row that is not there, in this shard or another.
 */
export function rowsToRun(plan: Plan, { only, shard }: RowChoice): readonly Row[] {
  const active = plan.rows.filter((row) => row.active);
  for (const name of only) {
    if (active.some((row) => isCalled(row, name, active))) continue;
    const isInactive = plan.rows.some((row) => row.name === name);
    throw new SnapshotError(
      'E_USAGE',
      `--only ${name}: ${isInactive ? 'that row is not active' : 'no row has that name'}`,
      {
        hint: `Active rows: ${active.map((row) => rowLabel(row, active)).join(', ') || 'none'}.`,
      },
    );
  }
  const all = together(active);
  const dealt = shard === undefined ? all : all.filter((_, i) => i % shard.of === shard.number - 1);
  const isNamed = (row: Row): boolean => only.some((name) => isCalled(row, name, active));
  // What is one in the plan is run as one: at a destination alone it would go on by itself.
  return (only.length === 0 ? dealt : dealt.filter((rows) => rows.some(isNamed))).flat();
}

/** By its name, which others may have too, or as a run tells it from those. */
function isCalled(row: Row, name: string, active: readonly Row[]): boolean {
  return row.name === name || rowLabel(row, active) === name;
}

/**
 * Reads `I/N`.
 *
 * @throws {@link SnapshotError} `E_USAGE` unless I is from 1 to N.
 */
export function parseShard(text: string): Shard {
  const [, first = '', second = ''] = /^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? [];
  const [number, of] = [Number(first), Number(second)];
  if (number >= 1 && number <= of) return { number, of };
  throw new SnapshotError('E_USAGE', `--shard ${text}: it takes I/N, with I from 1 to N, as 1/4`, {
    hint: 'Where the system counts from 0, add 1: --shard "$((JOB_COMPLETION_INDEX + 1))/4".',
  });
}
