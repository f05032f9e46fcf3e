// What stops a sync before it does harm. Pure.
import { formatCountOf } from '../base/amounts.ts';
import type { Past, SideName } from './item.ts';
import type { Action } from './plan.ts';
import type { Listings } from './see.ts';

export type SyncGuard = 'empty-side' | 'replaced-side' | 'mass-change';

/** A reason to do nothing, with its evidence. */
export interface Stop {
  readonly guard: SyncGuard;
  readonly message: string;
}

/** Fewer files than this are nobody's whole life. */
const FEW_FILES = 10;
/** As good as all. */
const NEARLY_ALL = 0.9;

/** @param labels - What the sides are called. */
export function guardSync(
  past: Past,
  { here, there }: Listings,
  actions: readonly Action[],
  labels: Readonly<Record<SideName, string>>,
): Stop | undefined {
  const files = [...past.values()].filter(({ type }) => type === 'file').length;
  if (files === 0) return undefined;
  for (const [side, { items }] of [
    ['here', here],
    ['there', there],
  ] as const) {
    const isEmpty = ![...items.values()].some(({ type }) => type === 'file');
    if (isEmpty) {
      const message = `"${labels[side]}" is empty, and had ${formatCountOf(files, 'file')} at the last sync`;
      return { guard: 'empty-side', message };
    }
  }
  for (const side of ['here', 'there'] as const) {
    const other = side === 'here' ? 'there' : 'here';
    const deleted = actions.filter(
      ({ decision, past: agreed }) =>
        decision.do === 'delete' && decision.on === side && agreed?.type === 'file',
    ).length;
    if (deleted > FEW_FILES && deleted > files / 2) {
      const message = `${deleted} of ${formatCountOf(files, 'file')} are gone in "${labels[other]}"`;
      return { guard: 'mass-change', message };
    }
    const changed = actions.filter(
      ({ decision, past: agreed }) =>
        decision.do === 'copy' &&
        decision.to === side &&
        (decision.why === 'changed' || decision.why === 'newer') &&
        agreed?.type === 'file',
    ).length;
    if (changed > FEW_FILES && changed >= files * NEARLY_ALL) {
      const message = `${changed} of ${formatCountOf(files, 'file')} have changed in "${labels[other]}"`;
      return { guard: 'mass-change', message };
    }
  }
  return undefined;
}
