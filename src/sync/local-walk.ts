// What a folder of this machine holds, as a side of a pair.
import { SnapshotError } from '../base/errors.ts';
import { EntryTable } from '../tree/entry-table.ts';
import { identify, isApart } from '../tree/apart.ts';
import type { LeftOut } from '../tree/left-out.ts';
import { baseName, type BytePath, display, parentOf, systemPath } from '../tree/path.ts';
import { passedOver, startScan } from '../tree/scan.ts';
import { scanTree } from '../tree/scanner.ts';
import { IGNORE_FILE } from '../tree/walk.ts';
import type { Item } from './item.ts';
import { itemOf } from './local-items.ts';
import { withoutNested } from './nested.ts';
import { isOwnPath } from './own-paths.ts';
import { isPart, type Listing, type Unknown } from './side.ts';

/**
 * @param other - The folder of the other side.
 * @throws {@link SnapshotError} `E_ROW` when it cannot be read, or the other side lies in it.
 */
export async function walkLocally(
  root: string,
  leftOut: LeftOut,
  signal: AbortSignal,
  other?: string,
): Promise<Listing> {
  const known = other === undefined ? undefined : await identify(other);
  const apart = known === undefined ? [] : [{ ...known, way: [], what: 'is the other side' }];
  const start = startScan(root, leftOut, apart);
  const { entries, problems, mounts: all } = await scanTree(root, signal, new EntryTable(), () => {}, start);
  for (const { kind, path } of problems) {
    if (kind !== 'special' || !isApart(apart, systemPath(root, path))) continue;
    const where = `"${display(path)}" in "${root}" is "${other}"`;
    throw new SnapshotError('E_ROW', `${where}: a pair is of two trees apart; nothing was synced`, {
      hint: 'Is it mounted there? Leave it out with `exclude`, or choose another folder.',
    });
  }
  const items = new Map<BytePath, Item>();
  const parts: BytePath[] = [];
  // The first one is the root itself.
  for (let i = 1; i < entries.length; i++) {
    const entry = entries.at(i);
    if (isOwnPath(entry.path)) continue;
    if (isPart(baseName(entry.path))) parts.push(entry.path);
    else items.set(entry.path, itemOf(entry));
  }
  const isLeftOut = passedOver(root, leftOut);
  const mounts = new Map(all.filter(({ path }) => path !== '').map(({ path, id }) => [path, id ?? '']));
  const unknown = problems
    .filter(({ path }) => !isOwnPath(path))
    // What rules that cannot be read would leave out is not to be touched.
    .map(({ path, kind, reason }): Unknown => ({
      path: baseName(path) === IGNORE_FILE ? parentOf(path) : path,
      reason: baseName(path) === IGNORE_FILE ? `its \`.snapshotignore\`: ${reason}` : reason,
      kind: kind === 'unreadable' ? 'trouble' : kind === 'special' ? kind : 'passing',
    }));
  return withoutNested({ items, parts, mounts, problems: unknown, isLeftOut });
}
