// Rows with strategy `mirror`.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../src/index.ts';
import { homeVariables, tool } from './support/command.ts';
import { LivingTree, randomOf } from './support/history.ts';
import { allContentsOf, contentsOf, differencesOf } from './support/mirrored.ts';
import { Place } from './support/place.ts';
import { chosenSeed } from './support/seed.ts';

/** A place whose plan has one mirror, `destination/data`. */
function mirrored(keep = ''): Place & { readonly mirror: string } {
  const place = Place.open();
  place.writePlan('source,destination,name,strategy,keep', `source,destination,data,mirror,${keep}`);
  return Object.assign(place, { mirror: place.series() });
}

/** Brings the mirror up to date in this process. */
async function bringUp(place: Place): Promise<void> {
  Object.assign(process.env, homeVariables(place.path('home')));
  const { rows } = await run({ plan: place.plan, acceptChanges: true });
  expect(rows).toMatchObject([{ error: null, guards: [] }]);
}

describe('a mirror', () => {
  it('is what its source is, whatever happens there, and keeps what it had', async () => {
    const place = mirrored();
    const seed = chosenSeed();
    const tree = new LivingTree(place.source, seed);
    const settled = new Set<string>();
    for (let round = 0; round < 25; round++) {
      tree.change(1 + (round % 9));
      await bringUp(place);
      try {
        expect(differencesOf(place.source, place.mirror)).toEqual([]);
        for (const hash of contentsOf(place.source)) settled.add(hash);
        const kept = allContentsOf(place.mirror);
        expect([...settled].filter((hash) => !kept.has(hash))).toEqual([]);
      } catch (error) {
        throw new Error(`seed ${seed}, round ${round}: ${tree.log.slice(-10).join('; ')}`, { cause: error });
      }
    }
  });

  it('loses nothing when it is killed at any moment', async () => {
    const place = mirrored();
    const seed = chosenSeed();
    const random = randomOf(seed);
    const tree = new LivingTree(place.source, seed);
    tree.change(30);
    place.writeMany('many', 300);
    await place.run(['--accept-changes']);
    const settled = new Set(contentsOf(place.source));
    for (let round = 0; round < 8; round++) {
      tree.change(12);
      place.writeMany(`many${round}`, 100, String(round));
      const running = place.start(['run', '--accept-changes']);
      const timer = setTimeout(() => running.child.kill('SIGKILL'), 100 + random(400));
      await running.ended;
      clearTimeout(timer);
      // Half of the time the next run goes on from there; else more has changed.
      if (random(2) === 0) continue;
      const { status } = await place.run(['--accept-changes']);
      expect(status, `seed ${seed}`).toBe(0);
      expect(differencesOf(place.source, place.mirror)).toEqual([]);
      for (const hash of contentsOf(place.source)) settled.add(hash);
    }
    await place.run(['--accept-changes']);
    expect(differencesOf(place.source, place.mirror)).toEqual([]);
    const kept = allContentsOf(place.mirror);
    expect([...settled].filter((hash) => !kept.has(hash))).toEqual([]);
    expect(readdirSync(join(place.mirror, '.snapshot-data', 'parts'))).toEqual([]);
  });

  it('is nothing to do for rsync', async () => {
    const place = mirrored();
    tool('cp', ['-a', '/usr/share/doc/tar', '/usr/include/linux/netfilter', place.source]);
    mkdirSync(place.path('source/empty'));
    await bringUp(place);
    const args = ['-rlptcn', '--delete', '-i', '--exclude=/.snapshot-data'];
    expect(tool('rsync', [...args, `${place.source}/`, `${place.mirror}/`])).toBe('');
    expect(existsSync(join(place.mirror, 'empty'))).toBe(true);
  });
});

describe('push', () => {
  it('copies a path with all that is in it, keeps what was there, and takes what is in a mirror there', async () => {
    const place = mirrored();
    place.write({ inside: 'one' });
    mkdirSync(place.path('other/sub'), { recursive: true });
    writeFileSync(place.path('other/sub/file'), 'first');
    const dest = place.path('dest');
    const host = { env: { SNAPSHOT_HOST: 'ada' } };
    expect((await place.command(['push', 'other', '--to', dest], host)).status).toBe(0);
    const pushed = join(dest, 'pushed/ada', place.path('other'));
    expect(differencesOf(place.path('other'), pushed)).toEqual([]);
    writeFileSync(place.path('other/sub/file'), 'second');
    expect((await place.command(['push', 'other/sub/file', '--to', dest], host)).status).toBe(0);
    expect(readFileSync(join(pushed, 'sub/file'), 'utf8')).toBe('second');
    const versions = join(dest, 'pushed/ada/.snapshot-data/versions', place.path('other/sub'));
    expect(readdirSync(versions).map((name) => readFileSync(join(versions, name), 'utf8'))).toEqual([
      'first',
    ]);
    // To its mirror; and what is in none, to where the only mirror is.
    expect((await place.command(['push', 'source/inside', 'other'], host)).status).toBe(0);
    expect(readFileSync(join(place.mirror, 'inside'), 'utf8')).toBe('one');
    expect(existsSync(join(place.destination, 'pushed/ada', place.path('other/sub/file')))).toBe(true);
    const wrong = await place.command(['push', 'nothing'], host);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('no such file or folder');
  });
});
