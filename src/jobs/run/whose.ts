// Whether a series is the row's to write into.
import { SnapshotError } from '../../base/errors.ts';
import { type Machine, thisMachine } from '../../host/machine.ts';
import { realPlace } from '../../plan/place.ts';
import type { Row } from '../../plan/plan.ts';
import { GuardError, optionsFor } from '../../series/guards.ts';
import { isSameMachine, readOwner, type SeriesOwner, writeOwner } from '../../series/owner.ts';
import type { Series } from '../../series/series.ts';

/** Why a row is not to write into a series. */
export interface Stranger {
  readonly message: string;
  readonly hint: string;
  /** Who the row is. */
  readonly self: SeriesOwner;
}

type Whose = Pick<Row, 'name' | 'source'>;

/**
 * Why the series is not that of `row`; undefined when it is, or belongs to nobody yet. Nothing is written.
 *
 * @throws {@link SnapshotError} `E_STORE` when the series cannot be read.
 */
export async function findStranger(
  series: Series,
  row: Whose,
  { host, id }: Machine = thisMachine(),
): Promise<Stranger | undefined> {
  const self = { host, machine: id, source: row.source };
  const hint = `If this row is to go on with it, run this once: \`${optionsFor(row.name, '--adopt')}\`. Else give the row another \`name\` or \`destination\`.`;
  let owner: SeriesOwner | undefined;
  try {
    owner = await readOwner(series);
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
    const message = `Whose the series "${series.name}" is cannot be told: ${error.message}`;
    return { message, hint, self };
  }
  if (owner === undefined) return undefined;
  const isOurs = isSameMachine(owner, self);
  if (isOurs && (await isSameSource(owner.source, self.source))) return undefined;
  const message = `Series "${series.place()}" belongs to ${describe(owner)}, not to ${describe(self)}${doubt(owner, self)}`;
  return { message, hint, self };
}

/** Refuses a row that the series does not belong to, before anything is written. @throws GuardError */
export async function refuseStranger(series: Series, row: Whose, machine?: Machine): Promise<void> {
  const stranger = await findStranger(series, row, machine);
  if (stranger !== undefined)
    throw new GuardError('owner', `${stranger.message}; nothing was written`, stranger.hint);
}

/**
 * Gives the series to `row`. Where it belongs to it already, nothing is done.
 *
 * @param note - Told of what is done, or would be.
 */
export async function adopt(
  series: Series,
  row: Whose,
  machine: Machine | undefined,
  isDryRun: boolean,
  note: (message: string) => void,
): Promise<void> {
  const stranger = await findStranger(series, row, machine);
  if (stranger === undefined) return;
  if (!isDryRun) await writeOwner(series, stranger.self);
  note(`the series ${isDryRun ? 'would belong' : 'belongs'} to ${describe(stranger.self)} from now on`);
}

/** What was refused for this reason leaves no trace in a series that is another's. */
export function isRefusal(guards: readonly { readonly guard: string }[]): boolean {
  return guards.some(({ guard }) => guard === 'owner');
}

function describe({ source, host }: SeriesOwner): string {
  const what = source === '' ? 'a source' : `"${source}"`;
  return host === '' ? what : `${what} on ${host}`;
}

/** What two descriptions that look alike do not say. */
function doubt(owner: SeriesOwner, self: SeriesOwner): string {
  if (owner.machine === '' || self.machine === '' || owner.source !== self.source) return '';
  if (owner.machine !== self.machine) return owner.host === self.host ? ', another machine of that name' : '';
  return ', which has the id of that machine: it is a copy, or was renamed';
}

/** Whether two paths are one place: links are followed, and Windows does not tell upper from lower case. */
async function isSameSource(one: string, other: string): Promise<boolean> {
  if (one === '' || one === other) return true;
  // What is not there any more can be no link to what is.
  const [a, b] = await Promise.all([one, other].map(realPlace));
  return a === b || (process.platform === 'win32' && a?.toLowerCase() === b?.toLowerCase());
}
