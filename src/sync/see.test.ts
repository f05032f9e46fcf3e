import { linkSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BytePath } from '../tree/path.ts';
import type { Agreed, Past } from './item.ts';
import { EVEN, openPair, signal, walkBoth, withCalls, writeOld } from './pair.lab.ts';
import { type Listings, look, type Sides } from './see.ts';
import type { Unknown } from './side.ts';

const OPTIONS = { rehash: false, signal, isWanted: () => true, clocks: EVEN };

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** What both sides have, as if they had just agreed on it. */
function agreedOn({ here, there }: Listings, content: string, path = 'a'): Past {
  const [own, other] = [here, there].map(({ items }) => items.get(path as BytePath));
  if (own === undefined || other === undefined) throw new Error(`"${path}" is not on both sides`);
  const agreed: Agreed = { type: 'file', hash: sha256(content), target: undefined, here: own, there: other };
  return new Map([[path as BytePath, agreed]]);
}

describe('look()', () => {
  it.each([
    ['comes to rest', 1, [sha256('text 1'), []]],
    ['never comes to rest', Infinity, [undefined, [['a', 'changes while it is read']]]],
  ])('reads a file anew that changes while it is read, and %s', async (_, most, expected) => {
    const { here, there, sides } = await openPair();
    for (const root of [here, there]) writeOld(join(root, 'a'), 'text 0');
    const past = agreedOn(await walkBoth(sides), 'text 0');
    writeFileSync(join(here, 'a'), 'text x');
    let reads = 0;
    const changing = withCalls(sides.here, {
      async *read(path, stop) {
        yield* sides.here.read(path, stop);
        if (reads++ >= most) return;
        writeFileSync(join(here, 'a'), `text ${reads}`);
        utimesSync(join(here, 'a'), reads, reads);
      },
    });
    const seen: Sides = { ...sides, here: changing };
    const { sights, troubles } = await look(past, await walkBoth(seen), seen, OPTIONS);
    expect([sights[0]?.here?.hash, troubles.map(({ path, reason }) => [path, reason])]).toEqual(expected);
  });

  it('has nothing to say of what is unknown on one side, be it trouble or not, nor of what is below', async () => {
    const { here, there, sides } = await openPair();
    for (const root of [here, there]) {
      mkdirSync(join(root, 'folder'));
      for (const name of ['folder/file', 'odd', 'seen']) writeOld(join(root, name), 'text');
    }
    const listings = await walkBoth(sides);
    const problems: readonly Unknown[] = [
      { path: 'folder' as BytePath, reason: 'no permission', kind: 'trouble' },
      { path: 'odd' as BytePath, reason: 'is a socket', kind: 'special' },
    ];
    const partly: Listings = { ...listings, there: { ...listings.there, problems } };
    const { sights, troubles } = await look(new Map(), partly, sides, OPTIONS);
    expect(sights.map(({ path }) => path)).toEqual(['seen']);
    expect(troubles).toEqual([{ path: 'folder', side: 'there', reason: 'no permission' }]);
  });

  it.each(['here', 'there'] as const)('leaves alone on both sides what rules leave out %s', async (side) => {
    const pair = await openPair();
    writeFileSync(join(pair[side], '.snapshotignore'), 'x\n');
    for (const name of ['x', 'y']) writeOld(join(pair[side === 'here' ? 'there' : 'here'], name), name);
    const { sights } = await look(new Map(), await walkBoth(pair.sides), pair.sides, OPTIONS);
    expect(sights.map(({ path }) => path)).toEqual(['.snapshotignore', 'y']);
  });

  it('reads what has one size on both sides and no past, however far apart the times are', async () => {
    const { here, there, sides } = await openPair();
    writeOld(join(here, 'a'), 'text');
    writeFileSync(join(there, 'a'), 'text');
    const { sights } = await look(new Map(), await walkBoth(sides), sides, OPTIONS);
    expect([sights[0]?.here?.hash, sights[0]?.there?.hash]).toEqual([sha256('text'), sha256('text')]);
  });

  it('forgets nothing of what is on neither side any more, and left out on one', async () => {
    const { here, there, sides } = await openPair();
    for (const root of [here, there]) writeOld(join(root, 'a'), 'text');
    const past = agreedOn(await walkBoth(sides), 'text');
    for (const root of [here, there]) rmSync(join(root, 'a'));
    writeOld(join(here, '.snapshotignore'), 'a\n');
    const { sights } = await look(past, await walkBoth(sides), sides, OPTIONS);
    expect(sights.map(({ path }) => path)).toEqual(['.snapshotignore']);
  });

  it('does not take a new file for a gone one whose inode, size and whole second it has', async () => {
    const { here, there, sides } = await openPair();
    for (const root of [here, there]) writeOld(join(root, 'a'), 'text 0');
    const past = agreedOn(await walkBoth(sides), 'text 0');
    // As a file system does that gives the inode of a removed file to the next one.
    renameSync(join(here, 'a'), join(here, 'b'));
    writeOld(join(here, 'b'), 'text 1');
    const { sights } = await look(past, await walkBoth(sides), sides, OPTIONS);
    expect(sights.map((sight) => [sight.path, sight.here?.hash])).toEqual([
      ['a', undefined],
      ['b', sha256('text 1')],
    ]);
  });

  it('knows the content of a file that was renamed, and not of a second name of one that stays', async () => {
    const { here, there, sides } = await openPair();
    for (const root of [here, there]) writeOld(join(root, 'a'), 'text 0');
    const past = agreedOn(await walkBoth(sides), 'text 0');
    // Changed within its size and time: only its content tells.
    const { mtime } = statSync(join(here, 'a'));
    writeFileSync(join(here, 'a'), 'text 1');
    utimesSync(join(here, 'a'), mtime, mtime);
    linkSync(join(here, 'a'), join(here, 'b'));
    const { sights } = await look(past, await walkBoth(sides), sides, OPTIONS);
    const hashes = sights.map((sight) => [sight.path, sight.here?.hash]);
    expect(hashes).toEqual([
      ['a', sha256('text 1')],
      ['b', undefined],
    ]);
  });
});
