// What all calls of the API take, and how they end when they are stopped.
import { SnapshotError } from '../base/errors.ts';
import { thisStateFolder } from '../host/state-folder.ts';
import { findEach, seriesOfPlan } from '../jobs/address.ts';
import { refusePlain } from '../jobs/refuse-plain.ts';
import { openReachable } from '../jobs/open-reachable.ts';
import { Memory, type Recall } from '../jobs/status/memory.ts';
import { loadPlan, type Plan } from '../plan/plan.ts';
import type { Series } from '../series/series.ts';
import type { Nearest } from '../jobs/destinations/nearest.ts';

export interface CallOptions<Event> {
  /** The plan, a CSV file; default: `backup-plan.csv` in the current folder. Not read when a series is named by its folder. */
  readonly plan?: string | undefined;
  /** Stops the call: it rejects with `E_STOPPED`, and leaves nothing half done. */
  readonly signal?: AbortSignal | undefined;
  /** Told what goes on; docs/cli.md lists the events under "JSON output". */
  readonly onEvent?: ((event: Event) => void) | undefined;
}

export interface SeriesOptions {
  /** A name from the plan, or the path of a series' folder. */
  readonly series: string;
}

export interface SnapshotOptions extends SeriesOptions {
  /** Which snapshot: `latest` (the default), the start of a name, or a date: the newest until then. */
  readonly at?: string | undefined;
  /** What of it, in the syntax of .gitignore; everything by default. */
  readonly globs?: readonly string[] | undefined;
}

const DEFAULT_PLAN = 'backup-plan.csv';

export async function planOf({ plan = DEFAULT_PLAN }: Pick<CallOptions<never>, 'plan'>): Promise<Plan> {
  return await loadPlan(plan);
}

/** What this machine knows of destinations. */
export function recallHere(): Recall {
  const memory = new Memory(thisStateFolder());
  return async (destination) => await memory.find(destination);
}

/** The series that is named, to be looked into; and the plan, if it was needed for that. @throws E_STORE when it is out of reach. */
export async function seriesOf(
  options: SeriesOptions & Pick<CallOptions<never>, 'plan'>,
): Promise<Nearest & { readonly plan: Plan | undefined }> {
  let plan: Plan | undefined;
  const found = await openReachable(options.series, async () => (plan = await planOf(options)), recallHere());
  refusePlain(found.series);
  return { ...found, plan };
}

/** The series that is named, at each destination of its row, or all of the plan; and the plan, if it was needed for that. */
export async function eachOf(
  options: Partial<SeriesOptions> & Pick<CallOptions<never>, 'plan'>,
): Promise<{ readonly all: readonly Series[]; readonly plan: Plan | undefined }> {
  const { series } = options;
  let plan: Plan | undefined;
  if (series === undefined) {
    plan = await planOf(options);
    return { all: seriesOfPlan(plan).filter((one) => one.hasSnapshots), plan };
  }
  const all = await findEach(series, async () => (plan = await planOf(options)), recallHere());
  for (const one of all) refusePlain(one);
  return { all, plan };
}

/**
 * Does `work`, which `given` may stop.
 *
 * @throws {@link SnapshotError} `E_STOPPED` when it did.
 */
export async function stoppable<T>(
  given: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = given ?? new AbortController().signal;
  try {
    const result = await work(signal);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    if (!signal.aborted || error instanceof SnapshotError) throw error;
    throw new SnapshotError('E_STOPPED', 'Stopped', { cause: error });
  }
}
