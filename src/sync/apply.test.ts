import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HAS_MODES } from '../base/able.lab.ts';
import { SnapshotError } from '../base/errors.ts';
import { type BytePath, fromText, parentOf } from '../tree/path.ts';
import { type ApplyOptions, applySync, type Ended, partOf } from './apply.ts';
import { EVEN, openPair, signal, walkBoth, withCalls, writeOld } from './pair.lab.ts';
import { FRESH, type Past } from './item.ts';
import { planSync } from './plan.ts';
import { look, type Sides, type Trouble } from './see.ts';
import { SideError } from './side.ts';

const NO_FOLD = { here: false, there: false };

/** Syncs the pair, for the first time unless there is a past, through `altered`. */
async function sync(
  sides: Sides,
  altered: Sides,
  past: Past = new Map(),
  ended: Ended[] = [],
  opening: ApplyOptions['opening'] = async () => await Promise.resolve(),
): Promise<{ readonly troubles: readonly Trouble[]; readonly ended: readonly Ended[] }> {
  const options = { rehash: false, signal, isWanted: () => true, clocks: EVEN };
  const { sights } = await look(past, await walkBoth(sides), sides, options);
  const troubles = await applySync(planSync(sights, EVEN, NO_FOLD), {
    sides: altered,
    stamp: '20261129T000000Z',
    aheadMs: { here: 0, there: 0 },
    signal,
    settled: async (these) => await Promise.resolve(void ended.push(...these)),
    progress: () => {},
    opening,
  });
  return { troubles, ended };
}

function pastOf(ended: readonly Ended[]): Past {
  return new Map(
    ended.flatMap(({ action, agreed }) => (agreed === undefined ? [] : [[action.path, agreed] as const])),
  );
}

describe('applySync()', () => {
  it.skipIf(!HAS_MODES)('brings permissions to where a file has got a new name', async () => {
    const { here, there, sides } = await openPair();
    writeOld(join(here, 'a'), 'text');
    chmodSync(join(here, 'a'), 0o644);
    const first = await sync(sides, sides);
    // As on a server, which tells no change times.
    const past: Past = new Map(
      [...pastOf(first.ended)].map(([path, agreed]) => {
        return [path, { ...agreed, there: { ...agreed.there, tag: FRESH } }];
      }),
    );
    renameSync(join(here, 'a'), join(here, 'b'));
    chmodSync(join(there, 'a'), 0o600);
    const refusing = withCalls(sides.here, {
      setMode: async () => await Promise.reject(new SideError('not now')),
    });
    const moved = await sync(sides, { ...sides, here: refusing }, past);
    expect(moved.troubles).toEqual([]);
    const modes = (): readonly number[] =>
      [here, there].map((side) => statSync(join(side, 'b')).mode & 0o777);
    expect(modes()).toEqual([0o644, 0o600]);
    await sync(sides, sides, pastOf(moved.ended));
    expect(modes()).toEqual([0o600, 0o600]);
  });

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
    expect(readdirSync(there).toSorted()).toEqual(['.snapshot-data', 'a']);
  });

  it('deletes nothing that has changed at the last moment', async () => {
    const { here, there, sides } = await openPair();
    for (const name of ['a', 'b']) writeOld(join(here, name), name);
    const past = pastOf((await sync(sides, sides)).ended);
    for (const name of ['a', 'b']) rmSync(join(here, name));
    const busy = withCalls(sides.there, {
      async look(path) {
        if (path === 'a') writeFileSync(join(there, 'a'), 'changed there');
        return await sides.there.look(path);
      },
    });
    const { troubles, ended } = await sync(sides, { ...sides, there: busy }, past);
    expect(troubles).toEqual([{ path: 'a', side: undefined, reason: 'has changed meanwhile' }]);
    expect(ended.map(({ action }) => action.path)).toEqual(['b']);
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('changed there');
  });

  it('reads a file anew whose content is not what was decided about', async () => {
    const { here, there, sides } = await openPair();
    writeOld(join(here, 'a'), 'text 0');
    const past = pastOf((await sync(sides, sides)).ended);
    writeFileSync(join(here, 'a'), 'text 1');
    let reads = 0;
    const odd = withCalls(sides.here, {
      async *read(path, stop) {
        if (reads++ > 0) yield* sides.here.read(path, stop);
        else yield Buffer.from('other.');
      },
    });
    const { ended } = await sync(sides, { ...sides, here: odd }, past);
    const hash = createHash('sha256').update('text 1').digest('hex');
    expect([readFileSync(join(there, 'a'), 'utf8'), ended[0]?.agreed?.hash]).toEqual(['text 1', hash]);
  });

  it('moves nothing that has changed at the last moment', async () => {
    const { here, there, sides } = await openPair();
    writeOld(join(here, 'a'), 'text');
    const past = pastOf((await sync(sides, sides)).ended);
    renameSync(join(here, 'a'), join(here, 'b'));
    const busy = withCalls(sides.there, {
      async look(path) {
        if (path === 'a') writeFileSync(join(there, 'a'), 'changed there');
        return await sides.there.look(path);
      },
    });
    const { troubles } = await sync(sides, { ...sides, there: busy }, past);
    expect(troubles.map(({ path, reason }) => [path, reason])).toEqual([['b', 'has changed meanwhile']]);
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('changed there');
  });

  it('agrees on nothing that somebody has replaced as soon as it was there', async () => {
    const { here, there, sides } = await openPair();
    writeOld(join(here, 'a'), 'text');
    const busy = withCalls(sides.there, {
      async move(from, to) {
        await sides.there.move(from, to);
        writeOld(join(there, 'saved'), 'just written');
        renameSync(join(there, 'saved'), join(there, 'a'));
      },
    });
    const { ended } = await sync(sides, { ...sides, there: busy });
    expect(ended.map(({ action, agreed }) => [action.path, agreed])).toEqual([['a', undefined]]);
  });

  it('tells of what was under way when nothing more could be done', async () => {
    const { here, there, sides } = await openPair();
    for (const name of ['a', 'b']) writeOld(join(here, name), name);
    const full = withCalls(sides.there, {
      async write(path, ...rest) {
        if (path === partOf(fromText('a'))) throw new SnapshotError('E_SPACE', 'the disk is full');
        return await sides.there.write(path, ...rest);
      },
    });
    const ended: Ended[] = [];
    await expect(sync(sides, { ...sides, there: full }, new Map(), ended)).rejects.toMatchObject({
      code: 'E_SPACE',
    });
    expect([ended.map(({ action }) => action.path), readdirSync(there)]).toEqual([['b'], ['b']]);
  });

  it('leaves what was there where a link that is to take its place cannot be made', async () => {
    const { here, there, sides } = await openPair();
    writeOld(join(here, 'a'), 'text');
    const { ended } = await sync(sides, sides);
    const past = pastOf(ended);
    rmSync(join(here, 'a'));
    symlinkSync('elsewhere', join(here, 'a'));
    const without = withCalls(sides.there, {
      makeLink: async () => await Promise.reject(new SideError('this file system has no links')),
    });
    const { troubles } = await sync(sides, { ...sides, there: without }, past);
    expect(troubles).toEqual([{ path: 'a', side: undefined, reason: 'this file system has no links' }]);
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('text');
  });

  it.skipIf(!HAS_MODES)('opens folders that are closed to their owner, and closes them again', async () => {
    const { here, there, sides } = await openPair();
    for (const folder of ['d', 'd/gone', 'new']) mkdirSync(join(here, folder));
    for (const name of ['d/a', 'd/b', 'd/gone/c']) writeOld(join(here, name), name);
    const past = pastOf((await sync(sides, sides)).ended);
    for (const folder of ['d/gone', 'd', 'new']) chmodSync(join(there, folder), 0o555);
    writeFileSync(join(here, 'd', 'a'), 'changed');
    rmSync(join(here, 'd', 'gone'), { recursive: true });
    renameSync(join(here, 'd', 'b'), join(here, 'new', 'b'));
    // As an ordinary user would be told, also where root runs this.
    const mustBeOpen = (path: BytePath): void => {
      if ((statSync(join(there, parentOf(path))).mode & 0o200) === 0)
        throw new SideError('permission denied', { cause: Object.assign(new Error(), { code: 'EACCES' }) });
    };
    const strict = withCalls(sides.there, {
      async write(path, ...rest) {
        mustBeOpen(path);
        return await sides.there.write(path, ...rest);
      },
      async move(from, to) {
        for (const path of [from, to]) mustBeOpen(path);
        await sides.there.move(from, to);
      },
      async removeFolder(path) {
        mustBeOpen(path);
        return await sides.there.removeFolder(path);
      },
    });
    // Whoever is killed meanwhile has to know by then.
    const noted: unknown[] = [];
    const opening: ApplyOptions['opening'] = async (folders) => {
      const last = folders.at(-1);
      noted.push([last?.path, last?.mode, statSync(join(there, last?.path ?? '')).mode & 0o777]);
      await Promise.resolve();
    };
    expect((await sync(sides, { ...sides, there: strict }, past, [], opening)).troubles).toEqual([]);
    expect(noted).toEqual(expect.arrayContaining(['d', 'new'].map((name) => [name, 0o555, 0o555])));
    expect(readFileSync(join(there, 'd', 'a'), 'utf8')).toBe('changed');
    expect([readdirSync(join(there, 'd')), readdirSync(join(there, 'new'))]).toEqual([['a'], ['b']]);
    expect(['d', 'new'].map((name) => statSync(join(there, name)).mode & 0o777)).toEqual([0o555, 0o555]);
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
