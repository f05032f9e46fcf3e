// What goes along with a series beside its snapshots.
import { SnapshotError } from '../../base/errors.ts';
import { writeAccepted } from '../../series/accepted.ts';
import { liftHeld, readHeld } from '../../series/guards.ts';
import { ACCEPTED_FILE, HELD_FILE, NAMES_FILE, OWNER_FILE } from '../../series/names.ts';
import { readPins, writePin } from '../../series/pins.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { removeIfAllowed } from '../../store/remove-if-allowed.ts';

/** Files that are about the series, wherever it lies; names.json first, as it says whose archives are its own. */
const STATE = [NAMES_FILE, OWNER_FILE, ACCEPTED_FILE, HELD_FILE];

/** Has `to` say of itself what `from` says. */
export async function carryState(from: Series, to: Series): Promise<void> {
  for (const file of STATE) {
    const [own, other] = await Promise.all([from, to].map((one) => one.store.read(one.key(file))));
    if (own === undefined && other !== undefined) await takeBack(to, file);
    if (own !== undefined && (other === undefined || !own.equals(other)))
      await to.store.put(to.key(file), own);
  }
}

/** Where nothing may be removed, a file says that it counts no more, if it can. */
async function takeBack(series: Series, file: string): Promise<void> {
  if (await removeIfAllowed(series.store, series.key(file))) return;
  if (file === ACCEPTED_FILE) await writeAccepted(series, []);
  if (file !== HELD_FILE) return;
  const held = await readHeld(series);
  if (held !== undefined) await liftHeld(series, held, new Date());
}

/** Pins at `to` what is pinned at `from`. @param there - The snapshots that `to` has. */
export async function carryPins(
  from: Series,
  to: Series,
  there: readonly Pick<Snapshot, 'name'>[],
): Promise<void> {
  const pins = await readPins(from, there);
  if (pins.size === 0) return;
  const known = await readPins(
    to,
    there.filter(({ name }) => pins.has(name)),
  );
  for (const [name, pin] of pins) {
    try {
      if (!known.has(name)) await writePin(to, name, pin);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      throw new SnapshotError(error.code, `Cannot pin ${name} there: ${error.message}`, { cause: error });
    }
  }
}
