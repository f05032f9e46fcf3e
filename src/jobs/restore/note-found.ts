import { SnapshotError } from '../../base/errors.ts';
import { type Found, lookedAgain, readDamage, writeDamage } from '../../series/damage/damage.ts';
import { lookOver } from '../../series/damage/look-over.ts';
import { findLosses } from '../../series/damage/losses.ts';
import { appendRecord } from '../../series/runs-log.ts';
import type { Series } from '../../series/series.ts';
import type { WhyNot } from '../../unpack/unpack.ts';
import { recordOf } from '../run/row-damage.ts';
import type { Wanted } from './wanted.ts';

/** What a restore has found damaged in the archives of a series. */
export class FoundDamage {
  readonly #series: Series;
  /** By place, as damage.json has it. */
  readonly #found = new Map<string, Found>();

  constructor(series: Series) {
    this.#series = series;
  }

  /** @param lost - Entries of `wanted` whose content is not where it should be, and why. */
  add(lost: ReadonlyMap<number, WhyNot>, { places, entries }: Wanted): void {
    for (const [i, { reason, isDenied = false }] of lost) {
      // What may not be read may well be whole.
      if (isDenied) continue;
      const place = places.archive(i)?.key.slice(this.#series.name.length + 1);
      const hash = entries.hash(i);
      if (place === undefined || hash === undefined) continue;
      const before = this.#found.get(place)?.contents ?? [];
      const contents = [...before, Buffer.from(hash).toString('hex')];
      this.#found.set(place, { kind: 'content', what: reason, contents });
    }
  }

  /** Notes it, see {@link noteFound}. @param snapshot - What is restored. */
  async note(snapshot: string, note: (message: string) => void): Promise<void> {
    await noteFound(this.#series, snapshot, this.#found, note);
  }
}

/**
 * Notes in damage.json, and in the log, what a restore of `snapshot` has found damaged: `status` and `list` tell it, and the
 * next run writes it again. What names and sizes say is left to those who look at them; and where the series has gone
 * meanwhile, as with its disk, nothing is written.
 *
 * @param found - By place, as damage.json has it.
 * @param note - Told when that is not possible: no reason for a restore to fail.
 */
async function noteFound(
  series: Series,
  snapshot: string,
  found: ReadonlyMap<string, Found>,
  note: (message: string) => void,
): Promise<void> {
  const started = new Date().toISOString();
  try {
    const { snapshots } = await series.survey();
    if (found.size === 0 || !snapshots.some(({ name }) => name === snapshot)) return;
    const before = await readDamage(series);
    const news = withNames(found, await lookOver(series, snapshots));
    if (news.size === 0 || before.trouble !== undefined) return;
    const flaws = lookedAgain(before.flaws, {
      by: 'sample',
      at: new Date(),
      found: news,
      isInPlace: () => undefined,
      isSound: () => false,
      isNeeded: () => true,
    });
    const { losses } = await findLosses(series, snapshots, flaws);
    await writeDamage(series, { flaws, losses });
    await appendRecord(series, {
      started,
      finished: new Date().toISOString(),
      outcome: 'verify',
      result: 'failed',
      level: 'full',
      sample: 0,
      at: snapshot,
      snapshots: 1,
      readBytes: 0,
      damages: found.size,
      lost: losses.reduce((sum, { files }) => sum + files, 0),
      damage: recordOf({ flaws, losses, trouble: undefined }, snapshots),
    });
    note('what is damaged is noted: the next run writes again what the source has');
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`what is damaged is not noted, so the next run will not write it again: ${error.message}`);
  }
}

/** Those that are in place, under all names that they have. */
function withNames(
  found: ReadonlyMap<string, Found>,
  { found: seen, inPlace }: Awaited<ReturnType<typeof lookOver>>,
): ReadonlyMap<string, Found> {
  const here = [...found].filter(([place]) => !seen.has(place) && inPlace.has(place));
  const byIdentity = new Map(here.flatMap(([place, one]) => [[inPlace.get(place) ?? place, one]]));
  const others = [...inPlace].flatMap(([place, identity]): [string, Found][] => {
    const one = identity === undefined ? undefined : byIdentity.get(identity);
    return one === undefined ? [] : [[place, one]];
  });
  return new Map([...here, ...others]);
}
