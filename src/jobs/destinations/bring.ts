import type { Row } from '../../plan/plan.ts';
import { forkOf } from '../copy/same-series.ts';
import { bringUp, type Brought } from '../copy/bring-up.ts';
import { OtherSeriesError } from '../copy/refuse-other.ts';
import type { CopyEvent } from '../copy/copy-events.ts';
import { SnapshotError } from '../../base/errors.ts';
import type { Series } from '../../series/series.ts';
import type { AtDestination } from '../run/at-destination.ts';
import type { Settled } from '../run/run-options.ts';
import { chooseFor } from './choose.ts';
import type { Place } from './places.ts';

/** What is held while a destination is written to. */
export interface Holding {
  readonly lock?: { readonly check: () => Promise<void> } | undefined;
  readonly signal: AbortSignal;
}

/**
 * Brings to a destination what its row keeps there and others have, and mends what is damaged.
 *
 * @param from - Where the row was run, and others where files may be whole; see {@link sourcesFor}.
 * @param carries - See `BringOptions`.
 * @throws {@link SnapshotError} `E_ROW` when the series has gone on by itself there.
 */
export async function bringTo(
  at: AtDestination,
  from: readonly [Series, ...Series[]],
  options: Settled,
  { lock, signal }: Holding,
  carries: boolean,
): Promise<Brought> {
  const { row, series, label, reporter, started } = at;
  const report = (event: CopyEvent): void => {
    if (event.event !== 'snapshot') options.report(event);
    else if (event.outcome === 'damaged')
      reporter.warn(`${event.snapshot} is not brought here, as it is damaged: ${event.reason ?? ''}`);
  };
  try {
    return await bringUp(from, series, {
      dryRun: options.dryRun,
      now: started,
      recipients: row.encrypt,
      label,
      choose: async (missing, there) => await chooseFor(row, series, from[0], missing, there, started),
      carries,
      lock,
      signal,
      report,
    });
  } catch (error) {
    if (!(error instanceof OtherSeriesError)) throw error;
    throw new SnapshotError('E_ROW', error.message, {
      cause: error,
      hint: wayOut(row),
    });
  }
}

/** Where files for `to` may be had: the first of `places`, and those that have the same series. */
export function sourcesFor(
  to: AtDestination,
  [first, ...others]: readonly Place[],
): readonly [Series, ...Series[]] | undefined {
  if (first === undefined) return undefined;
  const same = others.filter(
    ({ at, survey }) =>
      at !== to &&
      (at.end?.error ?? null) === null &&
      forkOf(first.survey.snapshots, survey.snapshots) === undefined,
  );
  return [first.at.series, ...same.map(({ at }) => at.series)];
}

function wayOut({ name, destination }: Row): string {
  return `Each has gone on by itself, as on two machines. Move the folder \`${name}\` at "${destination}" away: the next run brings the series there as a whole. Nothing was written there.`;
}
