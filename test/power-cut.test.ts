// A power cut at any moment: what was flushed is there, of the rest anything may be. A small share of
// `npm run campaign -- power-cut`.
import { describe, expect, it } from 'vitest';
import { IS_WINDOWS } from './support/command.ts';
import { PowerCuts } from './campaigns/power-cuts.ts';
import { KINDS } from './campaigns/small-series.ts';

const QUIET = { seed: 1, tell: (): void => {} };

// RESTORE.txt is run by a shell.
describe.skipIf(IS_WINDOWS)('a power cut', () => {
  it.each(KINDS)('breaks no promise: $format, hard links: $links', async (kind) => {
    const power = new PowerCuts({ ...QUIET, luck: 1, every: 100 });
    await power.cut(kind);
    expect(power.faults).toEqual([]);
    expect(power.cuts).toBeGreaterThan(20);
  });

  // Some last for one moment only: between a rename and the flush that comes too late for it.
  it('breaks no promise at any moment of a first run', async () => {
    const power = new PowerCuts({ ...QUIET, luck: 0, every: 1, nights: 1 });
    for (const kind of KINDS.slice(0, 1)) await power.cut(kind);
    expect(power.faults).toEqual([]);
    expect(power.disks).toBeGreaterThan(40);
  });

  it('would break one, were any flush left out', async () => {
    const power = new PowerCuts({ ...QUIET, luck: 1, every: 1 });
    for (const kind of KINDS) await power.leaveOut(kind);
    const spare = [...power.flushes].filter(([, fault]) => fault === undefined);
    expect(spare).toEqual([]);
    // Of files: index, archives, log; of folders: what is made, renamed and removed there.
    expect(power.flushes.size).toBeGreaterThanOrEqual(8);
  });
});
