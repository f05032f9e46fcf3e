import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openPair } from '../../sync/pair.lab.ts';
import { DOT_SYNC_LOCK } from '../../sync/own-paths.ts';
import { withLocks } from './with-locks.ts';

it.each(['here', 'there'] as const)(
  'gives the other lock back where that of the side %s cannot be, and says so',
  async (name) => {
    const { sides, ...roots } = await openPair();
    const locking = withLocks(sides, async () => {
      const lock = join(roots[name], DOT_SYNC_LOCK);
      rmSync(lock);
      mkdirSync(lock);
      await Promise.resolve();
    });
    await expect(locking).rejects.toThrow('is a folder');
    const other = name === 'here' ? roots.there : roots.here;
    expect(readdirSync(other)).not.toContain(DOT_SYNC_LOCK);
  },
);
