import type { BytePath } from '../tree/path.ts';
import { isUntouched, type Item } from './item.ts';
import { type Side, SideError } from './side.ts';

/** @throws {@link SideError} when a path has something else than it had when it was decided about. */
export async function expect(side: Side, path: BytePath, item: Item | undefined): Promise<void> {
  const now = await side.look(path);
  const isSame = now === undefined || item === undefined ? now === item : isUntouched(now, item);
  if (!isSame) throw new SideError('has changed meanwhile');
}
