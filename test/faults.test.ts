// Any call of the store that goes wrong, once or from then on. A small share of `npm run campaign -- faults`, which also lets
// the threads' calls go wrong, and kills the process at each.
import { describe, expect, it } from 'vitest';
import { IS_WINDOWS } from './support/command.ts';
import type { Fault } from './campaigns/fault-plan.ts';
import { FaultSweep } from './campaigns/fault-sweep.ts';
import { KINDS } from './campaigns/small-series.ts';

const FAULTS: readonly (readonly Fault[])[] = [
  ['EIO', 'late', 'ENOSPC', 'ENOENT', 'short'],
  ['EACCES', 'EBUSY'],
  ['ENOENT', 'delay'],
];

// RESTORE.txt is run by a shell.
describe.skipIf(IS_WINDOWS)('a file call that goes wrong', () => {
  it.each(KINDS.map((kind, i) => ({ ...kind, faults: FAULTS[i] ?? [] })))(
    'breaks no promise: $format, hard links: $links, $faults',
    async ({ faults, ...kind }) => {
      // A zip has fewer calls, and these faults fewer places.
      const step = kind.format === 'zip' ? 149 : 251;
      const sweep = new FaultSweep({ seed: 3, step, faults, tell: () => {} });
      await sweep.play(kind);
      expect(sweep.broken).toEqual([]);
      expect(sweep.injected).toBeGreaterThan(10);
    },
  );
});
