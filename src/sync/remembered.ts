// What both sides are said to agree on, after something was done.
import { type Agreed, FRESH, type Item, type SideName } from './item.ts';

/** A file that changed so shortly before it was read may change once more within the same tick of a clock. */
const TICK_MS = 2000;

export function agreedOf(
  what: Pick<Agreed, 'type' | 'hash' | 'target'>,
  from: SideName,
  source: Item,
  placed: Item,
): Agreed {
  return from === 'here'
    ? { ...what, here: source, there: placed }
    : { ...what, here: placed, there: source };
}

/**
 * `item`, as it is remembered: one that may still change within the same tick is looked into next time.
 *
 * @param aheadMs - What the clock of its side says more than the one of this machine.
 */
export function settledItem(item: Item, aheadMs: number): Item {
  const { type, size, mtimeMs, mode, target, tag } = item;
  const ageMs = Date.now() + aheadMs - mtimeMs;
  const isFresh = type === 'file' && Math.abs(ageMs) < TICK_MS;
  return { type, size, mtimeMs, mode, target, tag: isFresh ? FRESH : tag };
}
