// The stores of series: whether they are encrypted, a row says, or what lies there.
import type { Row } from '../plan/plan.ts';
import { readIdentities } from '../series/crypt/identities.ts';
import { recipientsOf } from '../series/crypt/stub.ts';
import { wrapFor } from '../series/crypt/wrap.ts';
import { INFO_FILE, MIRROR_DATA, snapshotTime } from '../series/names.ts';
import { Series } from '../series/series.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { PairSeries } from './sync/pair-series.ts';

/** The store that a row writes to. @throws {@link SnapshotError} `E_USAGE` when its address cannot be used. */
export function storeOf({ destination, encrypt }: Pick<Row, 'destination' | 'encrypt'>): Store {
  return openStore(destination, undefined, wrapFor(encrypt));
}

/**
 * The series of a row. Of a mirror, it is its own folder: the same locks, owner and log are there. Of a sync, it is the log that
 * this machine keeps of it.
 *
 * @param open - Opens its store; not called for a sync.
 */
export function seriesOf(
  row: Pick<Row, 'source' | 'destination' | 'encrypt' | 'name' | 'strategy'>,
  open: () => Store = () => storeOf(row),
): Series {
  return row.strategy === 'sync' ? new PairSeries(row) : new Series(open(), seriesName(row));
}

/** What the series of a row is called in its destination. */
export function seriesName({ name, strategy }: Pick<Row, 'name' | 'strategy'>): string {
  return strategy === 'mirror' ? `${name}/${MIRROR_DATA}` : name;
}

/** The series `name` at `destination`, of which no row says whether it is encrypted. @throws {@link SnapshotError} */
export async function seriesThere(destination: string, name: string): Promise<Series> {
  const series = new Series(openStore(destination), name);
  const recipients = await recipientsThere(series);
  if (recipients === undefined) return series;
  await series.store.close();
  return new Series(openStore(destination, undefined, wrapFor(recipients)), name);
}

/** Whom the newest snapshot is encrypted for; undefined when it is not. */
export async function recipientsThere({ store, name }: Series): Promise<readonly string[] | undefined> {
  const dated = (await store.list(name)).filter(
    (item) => item.isFolder && snapshotTime(item.name) !== undefined,
  );
  for (const folder of dated.toReversed()) {
    const info = await store.read(`${name}/${folder.name}/${INFO_FILE}`);
    const recipients = recipientsOf(info);
    if (recipients !== undefined || info !== undefined) return recipients;
    // What says so is lost, and is written anew by a repair: for those who can read it now.
    const items = await store.list(`${name}/${folder.name}`);
    if (items.some((item) => item.name.endsWith('.age')))
      return (await readIdentities()).map(({ recipient }) => recipient.text);
  }
  return undefined;
}
