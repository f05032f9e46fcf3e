// names.json: what a series was called before. Archives keep the names they were written with, so that no snapshot has to
// be written anew when its series is renamed. Its form is in docs/format.md.
import { SnapshotError } from '../base/errors.ts';
import type { StoreItem } from '../store/store.ts';
import { Fields } from './index/fields.ts';
import { isCalledAfter, NAMES_FILE } from './names.ts';
import type { Series } from './series.ts';
import type { Home } from './survey.ts';

/** What the series was called before, oldest first; nothing where it says nothing, or cannot be read. @throws `E_STORE` */
export async function readFormerNames(home: Home): Promise<readonly string[]> {
  const bytes = await home.store.read(home.key(NAMES_FILE));
  if (bytes === undefined) return [];
  try {
    return Fields.parse(bytes.toString('utf8'), home.place(NAMES_FILE)).strings('names');
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // Archives of earlier names are no files of this program then: nothing of them is removed.
    return [];
  }
}

/** Whether `series` is there, and was called `name` once, by what names.json or one of its snapshots says. @throws `E_STORE` */
export async function wasCalled(series: Series, name: string): Promise<boolean> {
  if ((await readFormerNames(series)).includes(name)) return true;
  return (await series.survey()).snapshots.some(({ info }) => info.name === name);
}

/** Remembers that the series was called `name`, also. @throws {@link SnapshotError} `E_STORE`, `E_SPACE` */
export async function addFormerName(home: Home, name: string): Promise<void> {
  const names = await readFormerNames(home);
  if (names.at(-1) === name) return;
  const all = [...names.filter((one) => one !== name), name];
  const text = `${JSON.stringify({ version: 1, names: all }, undefined, 2)}\n`;
  await home.store.put(home.key(NAMES_FILE), Buffer.from(text));
}

/** The names after which archives among `items` may be called. The file is read only where there is one of another name. */
export async function namesFor(
  home: Home,
  items: readonly Pick<StoreItem, 'name'>[],
): Promise<readonly string[]> {
  const own = [home.name];
  const isOther = items.some(({ name }) => isCalledAfter(name) && !isCalledAfter(name, own));
  return isOther ? [...own, ...(await readFormerNames(home))] : own;
}
