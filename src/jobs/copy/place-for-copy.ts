// Where a copy is to be written, and for whom.
import { resolve, sep } from 'node:path';
import { addressKind, checkedAddress } from '../../base/address.ts';
import { SnapshotError } from '../../base/errors.ts';
import { localPath } from '../../plan/local-path.ts';
import { isInside, realPlace } from '../../plan/place.ts';
import { InvalidValue } from '../../plan/problem.ts';
import { isFile, parseEncrypt, readRecipients } from '../../plan/recipients.ts';
import { snapshotTime } from '../../series/names.ts';
import type { Series } from '../../series/series.ts';
import { labelOf, openStore } from '../../store/open-store.ts';

/** What `--encrypt` says of a copy in the clear. */
const NOBODY = 'none';

/** The place that `text` names: an absolute folder, or an address. @throws {@link SnapshotError} `E_USAGE` */
export function destinationOf(text: string): string {
  return addressKind(text) === undefined ? resolve(localPath('The destination', text)) : checkedAddress(text);
}

/** Whom `--encrypt` names; nobody for `none`. @throws {@link SnapshotError} `E_USAGE` */
export async function recipientsOf(text: string): Promise<readonly string[]> {
  if (text.trim().toLowerCase() === NOBODY) return [];
  try {
    const named = parseEncrypt(text);
    return isFile(named) ? await readRecipients(resolve(named[0] ?? '')) : named;
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new SnapshotError('E_USAGE', `--encrypt: ${error.inColumn('encrypt')}`, { cause: error });
  }
}

/** Refuses a place in the series itself, or where a series is and not one for series. @throws {@link SnapshotError} `E_USAGE` */
export async function refusePlace(from: Series, destination: string): Promise<void> {
  const place = `${destination}/${from.name}`;
  const isFar = addressKind(destination) !== undefined;
  if (isFar ? isSameAddress(from, destination) : await isWithin(from, place)) {
    throw new SnapshotError('E_USAGE', `"${destination}" is where series "${from.place()}" lies already`, {
      hint: 'Name another place: the copy becomes a folder of the same name there.',
    });
  }
  const store = openStore(destination);
  try {
    const dated = (await store.list('')).find(({ name }) => snapshotTime(name) !== undefined);
    if (dated === undefined) return;
  } finally {
    await store.close();
  }
  throw new SnapshotError('E_USAGE', `"${destination}" is a series, not a place for series`, {
    hint: 'Name the folder above it: the copy becomes a folder of its name there.',
  });
}

function isSameAddress({ store, name }: Series, destination: string): boolean {
  const own = labelOf(store.label);
  return own === destination || destination === `${own}/${name}` || destination.startsWith(`${own}/${name}/`);
}

/** Whether one of the two lies in the other, links followed. */
async function isWithin(from: Series, place: string): Promise<boolean> {
  const { folder } = from.store;
  if (folder === undefined) return false;
  const [own, other] = [await realPlace(`${folder}${sep}${from.name}`), await realPlace(place)];
  return isInside(own, other) || isInside(other, own);
}
