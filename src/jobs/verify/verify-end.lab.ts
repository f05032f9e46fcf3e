import type { VerifyEnd } from './verify-events.ts';

/** How a verify ended that found all well: each number another one, so that none is taken for another. */
export const END: VerifyEnd = {
  event: 'series',
  series: 'data',
  folder: '/disk/data',
  snapshots: 2,
  archives: 3,
  readPieces: 4,
  pieces: 5,
  readBytes: 6,
  damages: 0,
  lost: 0,
  looked: 'full',
  durationMs: 7,
  status: 0,
};
