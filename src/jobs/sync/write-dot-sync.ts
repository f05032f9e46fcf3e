import type { Agreed } from '../../sync/item.ts';
import { formatDotSync, isSameDotSync } from '../../sync/dot-sync.ts';
import { DATA_FOLDER, DOT_SYNC } from '../../sync/own-paths.ts';
import type { Sides } from '../../sync/see.ts';
import { type Side, SideError } from '../../sync/side.ts';
import type { Item } from '../../sync/item.ts';
import { makeFolders } from '../../sync/make-version.ts';
import { type BytePath, join } from '../../tree/path.ts';

/** A line of it takes about 50 bytes: a tree may well have a million files. */
const DOT_SYNC_BYTES = 256 * 1024 * 1024;

/** Writes `.sync` to both roots, where it is to say something else. That it cannot be is no failure of the sync. */
export async function writeDotSync(
  sides: Sides,
  past: ReadonlyMap<BytePath, Agreed>,
  warn: (message: string) => void,
): Promise<void> {
  for (const name of ['here', 'there'] as const) {
    const items = new Map([...past].map(([path, agreed]) => [path, agreed[name]]));
    try {
      await replaceDotSync(sides[name], items);
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      warn(`\`.sync\` in "${sides[name].label}" could not be written: ${error.message}`);
    }
  }
}

/** @returns Whether there was something to write. */
export async function replaceDotSync(side: Side, items: ReadonlyMap<BytePath, Item>): Promise<boolean> {
  const before = (await side.readSmall(DOT_SYNC, DOT_SYNC_BYTES))?.toString('utf8');
  const text = formatDotSync(items, before, Date.now());
  if (before !== undefined && isSameDotSync(before, text)) return false;
  await makeFolders(side, DATA_FOLDER);
  const part = join(DATA_FOLDER, 'dot-sync.part' as BytePath);
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from(text));
  };
  await side.write(part, all(), { mtimeMs: Date.now(), mode: undefined }, new AbortController().signal);
  await side.replace(part, DOT_SYNC);
  await side.settle(new Set(['' as BytePath]));
  return true;
}
