// Snapshots that are removed by hand, and those that stay.
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventsOf } from './support/command.ts';
import { Place } from './support/place.ts';

async function withSnapshots(count: number, keep: number): Promise<Place> {
  const place = Place.open();
  place.writePlan('source,destination,name,keep', `source,destination,data,${keep}`);
  for (let night = 0; night < count; night++) {
    place.write({ [`${night}.txt`]: String(night) });
    await place.night();
  }
  return place;
}

describe('snapshot prune, pin and forget', () => {
  it('rotate after `keep` was lowered, but for what is pinned', async () => {
    const place = await withSnapshots(4, 9);
    const [first = '', second = '', third = '', fourth = ''] = place.snapshots();
    const pinned = await place.command(['pin', 'data', first, '--reason', 'before the move']);
    expect(pinned).toMatchObject({ status: 0, stdout: `data: ${first} stays, whatever \`keep\` says.\n` });
    place.writePlan('source,destination,name,keep', 'source,destination,data,1');
    // A row that is switched off is not pruned, unless it is named.
    const off = place.path('off.csv');
    writeFileSync(off, 'source,destination,name,keep,active\nsource,destination,data,1,no\n');
    expect(eventsOf(await place.command(['prune', '--plan', off, '--json']))).toEqual([
      { event: 'end', status: 0 },
    ]);
    expect(place.snapshots()).toHaveLength(4);
    const would = await place.command(['prune', '--dry-run']);
    expect(would.stdout).toContain(`data: would remove ${second}, ${third}`);
    expect(would.stdout).toContain(`keeps ${first}: pinned`);
    expect((await place.command(['list'])).stdout).toMatch(new RegExp(`^${first} .* pinned$`, 'm'));
    const pruned = await place.command(['prune', 'data', '--json']);
    expect(eventsOf(pruned)).toMatchObject([
      { event: 'prune', series: 'data', dryRun: false, removed: [second, third], heldBack: null, status: 0 },
      { event: 'end', status: 0 },
    ]);
    expect(place.snapshots()).toEqual([first, fourth]);
    place.checkSums();
    expect((await place.command(['status'])).stdout).toContain('All rows are up to date.');
    expect((await place.command(['verify', '--level', 'full'])).status).toBe(0);

    const refused = await place.command(['forget', 'data', first, '--yes']);
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is pinned (before the move)'),
    });
    // The hint works when it is pasted.
    const [, hint = ''] = /`snapshot (unpin[^`]*)`/.exec(refused.stderr) ?? [];
    expect((await place.command(hint.split(' '))).status).toBe(0);
    const unasked = await place.command(['forget', 'data', first]);
    expect(unasked).toMatchObject({ status: 2, stderr: expect.stringContaining('--yes removes it') });
    expect((await place.command(['forget', 'data', first, '--yes'])).status).toBe(0);
    expect(place.snapshots()).toEqual([fourth]);
    expect((await place.command(['forget', 'data', 'latest', '--yes'])).stderr).toContain('is the last one');
    expect((await place.command(['status'])).status).toBe(0);
  });

  it('prune says what it cannot do, and does the rest', async () => {
    const place = await withSnapshots(2, 9);
    place.writePlan('source,destination,name,keep', 'source,destination,data,1', 'source,destination,new,1');
    const ended = await place.command(['prune']);
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining('There is no series') });
    expect(place.snapshots()).toHaveLength(1);
    place.writePlan('source,destination,name', 'source,destination,other');
    const unknown = await place.command(['prune', place.series()]);
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('No row of the plan makes') });
  });
});
