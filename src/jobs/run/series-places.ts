// Where the series of a plan lie: no run is to back them up because they happen to lie in its source.
import { basename, dirname, join } from 'node:path';
import { isInside, realPlace } from '../../plan/place.ts';
import type { Row } from '../../plan/plan.ts';
import { type Apart, identify } from '../../tree/apart.ts';

export class SeriesPlaces {
  readonly #rows: readonly Row[];
  /** By row: what its series is known by. Of hundreds of rows, each is looked for once. */
  readonly #known = new Map<Row, Promise<readonly Apart[]>>();
  #places: Promise<readonly Places[]> | undefined;

  /** @param rows - All of the plan. */
  constructor(rows: readonly Row[]) {
    // A sync makes no series: what lies at its other side is backed up like anything else.
    this.#rows = rows.filter(({ strategy }) => strategy !== 'sync');
  }

  /** Whether some row, also one that is switched off, makes the series `name` of `destination`. */
  makes(destination: string, name: string): boolean {
    return this.#rows.some((row) => row.destination === destination && row.name === name);
  }

  /**
   * What a scan of the source of `row` leaves out: its own series, and those of the other rows. Whoever names the destination of
   * another row as a source, or a folder in it, wants what is there, unless what it writes comes back to it that way: each
   * would take what the other has written, and all of them grow every night. In such a ring, every row leaves the others' out.
   */
  async apartFrom(row: Row): Promise<readonly Apart[]> {
    const places = await (this.#places ??= Promise.all(this.#rows.map(placesOf)));
    const own = places.find((one) => one.row === row) ?? (await placesOf(row));
    const taking = takenOn(own, places);
    const found: Apart[] = [];
    for (const other of places) {
      const isMeant = other.row !== row && isNamed(own, other) && !taking.has(other);
      if (isMeant) continue;
      const known = this.#known.get(other.row) ?? apartOf(other.row);
      this.#known.set(other.row, known);
      found.push(...(await known));
    }
    return found;
  }
}

/** Where a row takes from, and where it writes: real paths. */
interface Places {
  readonly row: Row;
  readonly source: string;
  readonly destination: string;
  readonly series: string;
}

async function placesOf(row: Row): Promise<Places> {
  const [source, destination, series] = await Promise.all(
    [row.source, row.destination, seriesOf(row)].map(realPlace),
  );
  return { row, source: source ?? '', destination: destination ?? '', series: series ?? '' };
}

/** Whether `taker` names the destination of `other` as its source. */
function isNamed(taker: Places, other: Places): boolean {
  return isInside(taker.source, other.destination);
}

/** Those that take what `row` writes, by themselves or from others that do. */
function takenOn(row: Places, all: readonly Places[]): ReadonlySet<Places> {
  const taking = new Set<Places>();
  const next = [row];
  for (let writer = next.pop(); writer !== undefined; writer = next.pop()) {
    for (const taker of all) {
      // What no row names, each leaves out by its device and inode.
      if (taking.has(taker) || taker === writer || !isNamed(taker, writer)) continue;
      const { source } = taker;
      if (!isInside(writer.series, source) && !isInside(source, writer.series)) continue;
      taking.add(taker);
      next.push(taker);
    }
  }
  return taking;
}

function seriesOf({ destination, name }: Row): string {
  return join(destination, name);
}

/**
 * The folder of a series, by itself and by its destination: it may be made while the source is scanned. Nothing where
 * nobody can tell.
 */
async function apartOf(row: Row): Promise<readonly Apart[]> {
  const series = seriesOf(row);
  const what = `is the series "${row.name}" of the plan`;
  const own = await identify(series);
  const found: Apart[] = own === undefined ? [] : [{ ...own, way: [], what }];
  const way: string[] = [];
  for (let at = series; dirname(at) !== at;) {
    way.unshift(basename(at));
    at = dirname(at);
    const id = await identify(at);
    if (id !== undefined) return [...found, { ...id, way, what }];
  }
  return found;
}
