import type { Flaw } from './damage.ts';

/** What is known of a file that was read and found to be rotten. */
export const ROTTEN: Flaw = {
  kind: 'content',
  what: 'x',
  contents: null,
  by: 'full',
  since: '2026-01-01T00:00:00.000Z',
  accepted: false,
  shared: false,
};
