// Where the series of a plan lie: no run is to back them up because they happen to lie in its source.
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isInside, realPlace } from '../../plan/place.ts';
import type { Row } from '../../plan/plan.ts';
import type { Apart } from '../../tree/apart.ts';

export class SeriesPlaces {
  readonly #rows: readonly Row[];
  /** By row: what its series is known by. Of hundreds of rows, each is looked for once. */
  readonly #known = new Map<Row, Promise<readonly Apart[]>>();

  /** @param rows - All of the plan. */
  constructor(rows: readonly Row[]) {
    this.#rows = rows;
  }

  /** Whether some row, also one that is switched off, makes the series `name` of `destination`. */
  makes(destination: string, name: string): boolean {
    return this.#rows.some((row) => row.destination === destination && row.name === name);
  }

  /**
   * What a scan of the source of `row` leaves out: its own series, and those of the other rows. Whoever names the destination of
   * another row as a source, or a folder in it, wants what is there, unless the two would take each other's.
   */
  async apartFrom(row: Row): Promise<readonly Apart[]> {
    const [source, series] = [await realPlace(row.source), await realPlace(seriesOf(row))];
    const found: Apart[] = [];
    for (const other of this.#rows) {
      const isMeant =
        other !== row &&
        isInside(source, await realPlace(other.destination)) &&
        !isInside(series, await realPlace(other.source));
      if (isMeant) continue;
      const known = this.#known.get(other) ?? identify(other);
      this.#known.set(other, known);
      found.push(...(await known));
    }
    return found;
  }
}

function seriesOf({ destination, name }: Row): string {
  return join(destination, name);
}

/**
 * The folder of a series, by itself and by its destination: it may be made while the source is scanned. Nothing where
 * nobody can tell.
 */
async function identify(row: Row): Promise<readonly Apart[]> {
  const series = seriesOf(row);
  const what = `is the series "${row.name}" of the plan`;
  const own = await idOf(series);
  const found: Apart[] = own === undefined ? [] : [{ ...own, way: [], what }];
  const way: string[] = [];
  for (let at = series; dirname(at) !== at;) {
    way.unshift(basename(at));
    at = dirname(at);
    const id = await idOf(at);
    if (id !== undefined) return [...found, { ...id, way, what }];
  }
  return found;
}

async function idOf(place: string): Promise<Pick<Apart, 'place' | 'device' | 'inode'> | undefined> {
  const stats = await stat(place, { bigint: true }).catch(() => undefined);
  return stats?.isDirectory() === true ? { place, device: stats.dev, inode: stats.ino } : undefined;
}
