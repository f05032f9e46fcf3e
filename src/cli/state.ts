import type { Nearest } from '../jobs/destinations/nearest.ts';
import { openReachable } from '../jobs/open-reachable.ts';
import { refusePlain } from '../jobs/refuse-plain.ts';
import { type Recall, recallHere } from '../jobs/status/memory.ts';
import type { Plan } from '../plan/plan.ts';
import type { Series } from '../series/series.ts';
import type { Terminal } from './terminal.ts';

/** What this machine knows of destinations. What cannot be read counts as unknown, and `terminal` is told. */
export function recallFor(terminal: Terminal): Recall {
  return recallHere((message) => terminal.err(`warning: ${message}`));
}

/** The series that a user means, to be read; see {@link openReachable}. */
export async function openSeries(
  which: string,
  loadPlan: () => Promise<Plan>,
  terminal: Terminal,
): Promise<Series> {
  return (await openNearest(which, loadPlan, terminal)).series;
}

/** The same, and where else it lies: of a row with several destinations, the nearest that answers. */
async function openNearest(
  which: string,
  loadPlan: () => Promise<Plan>,
  terminal: Terminal,
): Promise<Nearest> {
  const found = await openOrMirror(which, loadPlan, terminal);
  refusePlain(found.series);
  return found;
}

/** As {@link openNearest}; it may be a mirror as well. */
export async function openOrMirror(
  which: string,
  loadPlan: () => Promise<Plan>,
  terminal: Terminal,
): Promise<Nearest> {
  return await openReachable(which, loadPlan, recallFor(terminal));
}
