import type { Series } from '../../series/series.ts';
import { verify } from './verify.ts';
import type { Damage, Lost } from './verify-events.ts';

/** All that a full verify of `series` finds damaged or lost. */
export async function flawsIn(series: Series): Promise<readonly (Damage | Lost)[]> {
  const found: (Damage | Lost)[] = [];
  const { signal } = new AbortController();
  await verify(series, {
    at: undefined,
    level: 'full',
    signal,
    report: (event) => {
      if (event.event === 'damage' || event.event === 'lost') found.push(event);
    },
  });
  return found;
}
