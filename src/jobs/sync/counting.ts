import type { Action } from '../../sync/plan.ts';
import type { SyncOptions } from './sync.ts';

/** Tells `progress` how far it has come, from what is added. */
export function counting(
  actions: readonly Action[],
  { progress }: SyncOptions,
): (files: number, bytes: number) => void {
  const all = { files: 0, bytes: 0 };
  for (const { decision, here, there } of actions) {
    if (decision.do !== 'copy') continue;
    all.files++;
    all.bytes += (decision.to === 'here' ? there : here)?.size ?? 0;
  }
  const done = { files: 0, bytes: 0 };
  return (files, bytes) => {
    done.files += files;
    done.bytes += bytes;
    progress(done, all);
  };
}
