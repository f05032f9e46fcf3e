import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applySync, type Ended } from './apply.ts';
import { EVEN, openPair, signal, walkBoth, withCalls, writeOld } from './pair.lab.ts';
import type { Past } from './item.ts';
import { planSync } from './plan.ts';
import { look, type Sides, type Trouble } from './see.ts';
import { SideError } from './side.ts';

const NO_FOLD = { here: false, there: false };

/** Syncs the pair, for the first time unless there is a past, through `altered`. */
async function sync(
  sides: Sides,
  altered: Sides,
  past: Past = new Map(),
): Promise<{ readonly troubles: readonly Trouble[]; readonly ended: readonly Ended[] }> {
  const options = { rehash: false, signal, isWanted: () => true, clocks: EVEN };
  const { sights } = await look(past, await walkBoth(sides), sides, options);
  const ended: Ended[] = [];
  const troubles = await applySync(planSync(sights, EVEN, NO_FOLD), {
    sides: altered,
    stamp: '20261129T000000Z',
    aheadMs: { here: 0, there: 0 },
    signal,
    settled: async (these) => await Promise.resolve(void ended.push(...these)),
    progress: () => {},
  });
  return { troubles, ended };
}

describe('applySync()', () => {
  it('does not replace what somebody puts at a path at the last moment', async () => {
    const { here, there, sides } = await openPair();
    writeFileSync(join(here, 'a'), 'the newer one');
    writeOld(join(there, 'a'), 'the older one');
    const busy = withCalls(sides.there, {
      async link(from, to) {
        const isLinked = await sides.there.link(from, to);
        // As editors save.
        writeFileSync(join(there, 'saved'), 'just written');
        renameSync(join(there, 'saved'), join(there, 'a'));
        return isLinked;
      },
    });
    const { troubles, ended } = await sync(sides, { ...sides, there: busy });
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('just written');
    expect(troubles).toEqual([{ path: 'a', side: undefined, reason: 'has changed meanwhile' }]);
    expect(ended).toEqual([]);
  });

  it('leaves what was there where a link that is to take its place cannot be made', async () => {
    const { here, there, sides } = await openPair();
    writeOld(join(here, 'a'), 'text');
    const { ended } = await sync(sides, sides);
    const past = new Map(
      ended.flatMap(({ action, agreed }) => (agreed === undefined ? [] : [[action.path, agreed] as const])),
    );
    rmSync(join(here, 'a'));
    symlinkSync('elsewhere', join(here, 'a'));
    const without = withCalls(sides.there, {
      makeLink: async () => await Promise.reject(new SideError('this file system has no links')),
    });
    const { troubles } = await sync(sides, { ...sides, there: without }, past);
    expect(troubles).toEqual([{ path: 'a', side: undefined, reason: 'this file system has no links' }]);
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('text');
  });

  it('agrees on nothing that may not be on the disk', async () => {
    const { here, sides } = await openPair();
    writeOld(join(here, 'a'), 'text');
    const failing = withCalls(sides.there, {
      settle: async () => await Promise.reject(new SideError('input/output error')),
    });
    const { troubles, ended } = await sync(sides, { ...sides, there: failing });
    expect(troubles).toEqual([{ path: '', side: 'there', reason: 'cannot be flushed: input/output error' }]);
    expect(ended.map(({ action, agreed }) => [action.path, agreed])).toEqual([['a', undefined]]);
    const whole = await sync(sides, sides);
    expect(whole.ended.map(({ agreed }) => agreed?.type)).toEqual(['file']);
  });
});
