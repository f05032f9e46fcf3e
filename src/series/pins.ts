// Snapshots that rotation never takes. The form of the file is in docs/format.md.
import { SnapshotError } from '../base/errors.ts';
import { Fields } from './index/fields.ts';
import { BOLT_FOLDER, PINNED_FILE } from './names.ts';
import { unbolt } from './removal.ts';
import type { Series } from './series.ts';

/** Why a snapshot stays. */
export interface Pin {
  /** May be empty. */
  readonly reason: string;
  /** When it was pinned. */
  readonly since: string;
}

/** The pin of `snapshot`; undefined without one. @throws {@link SnapshotError} `E_STORE` when nobody can tell. */
export async function readPin(series: Series, snapshot: string): Promise<Pin | undefined> {
  const bytes = await series.store.read(series.key(snapshot, PINNED_FILE));
  if (bytes === undefined) return undefined;
  try {
    const fields = Fields.parse(bytes.toString('utf8'), series.place(snapshot, PINNED_FILE));
    return { reason: fields.text('reason'), since: fields.text('since') };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // That it lies there is what counts.
    return { reason: '', since: '' };
  }
}

/** Those of `snapshots` that are pinned. @throws {@link SnapshotError} `E_STORE` */
export async function readPins(
  series: Series,
  snapshots: readonly { readonly name: string }[],
): Promise<ReadonlyMap<string, Pin>> {
  const pins = new Map<string, Pin>();
  for (const { name } of snapshots) {
    const pin = await readPin(series, name);
    if (pin !== undefined) pins.set(name, pin);
  }
  return pins;
}

/** Pins a snapshot that is there, or gives its pin another reason. */
export async function writePin(series: Series, snapshot: string, pin: Pin): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(pin)}\n`);
  if (series.store.folder !== undefined) {
    // A rotation that was cut short may have left a file where the folder is to be; one that puts it there now fails by this.
    const items = await series.store.list(series.key(snapshot));
    if (items.some(({ name, isFile }) => name === BOLT_FOLDER && isFile))
      await series.store.remove(series.key(snapshot, BOLT_FOLDER));
    await series.store.put(series.key(snapshot, BOLT_FOLDER, PINNED_FILE), text);
  }
  await series.store.put(series.key(snapshot, PINNED_FILE), text);
}

/** Takes a pin back. */
export async function removePin(series: Series, snapshot: string): Promise<void> {
  await series.store.remove(series.key(snapshot, PINNED_FILE));
  await unbolt(series, snapshot, await series.store.list(series.key(snapshot)));
}
