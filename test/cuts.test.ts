// The line to a server for SFTP is cut at a request. A small share of `npm run campaign -- cuts`, which also kills the run, or has
// the server away from then on, at each.
import { expect, it } from 'vitest';
import { CutSweep } from './campaigns/cut-sweep.ts';
import { noCutSsh } from './support/servers/cut-ssh.ts';

it.skipIf(noCutSsh !== undefined)('a line that is cut breaks no promise', async () => {
  const sweep = new CutSweep({ seed: 5, step: 199, cuts: ['lost', 'done'], tell: () => {} });
  await sweep.play('tar.zst', false);
  expect(sweep.broken).toEqual([]);
  expect(sweep.injected).toBeGreaterThan(5);
});
