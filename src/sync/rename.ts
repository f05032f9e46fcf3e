// Gives something another name, also one that its side takes for the name it has.
import { type BytePath, join } from '../tree/path.ts';
import { foldedName } from './names.ts';
import type { Side } from './side.ts';

/** @throws {@link SideError} where something else has the name. */
export async function rename(side: Side, from: BytePath, to: BytePath): Promise<void> {
  if (side.replacesAtOnce && (await isOneThing(side, from, to))) await side.replace(from, to);
  else await side.move(from, to);
}

/**
 * Whether both names, which differ in case or Unicode form only, are of one thing. Inodes do not tell: some file systems give another
 * one to each spelling.
 */
async function isOneThing(side: Side, from: BytePath, to: BytePath): Promise<boolean> {
  if (from === to || foldedName(from) !== foldedName(to) || (await side.look(to)) === undefined) return false;
  const others = to.split('/');
  let folder = '' as BytePath;
  for (const [n, name] of from.split('/').entries()) {
    const folded = foldedName(name as BytePath);
    const same = name === others[n] ? [] : await side.names(folder);
    // A side that tells them apart would have both.
    if (same.filter((one) => foldedName(one) === folded).length > 1) return false;
    folder = join(folder, name as BytePath);
  }
  return true;
}
