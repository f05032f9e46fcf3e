// A series that gets another name, by the command line.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventsOf } from './support/command.ts';
import { Place } from './support/place.ts';

async function withSnapshots(...columns: readonly [string, string]): Promise<Place> {
  const place = Place.open();
  place.writePlan(...columns);
  for (const night of ['one', 'two']) {
    place.write({ [`${night}.txt`]: night });
    await place.night();
  }
  return place;
}

describe('snapshot rename', () => {
  it('gives a series another name: all commands know it by that, and nothing is stored anew', async () => {
    const place = await withSnapshots('source,destination,name,keep', 'source,destination,data,2');
    const [first = ''] = place.snapshots();
    expect((await place.command(['pin', 'data', first, '--reason', 'the first'])).status).toBe(0);
    expect((await place.command(['accept', 'data', 'x', '--reason', 'why not'])).status).toBe(0);
    const renamed = await place.command(['rename', 'data', 'my papers']);
    expect(renamed).toMatchObject({
      status: 0,
      stdout: `data is called my papers now, with all its snapshots: ${place.path('destination', 'my papers')}\n`,
      stderr: '',
    });
    expect(readFileSync(place.plan, 'utf8')).toContain('source,destination,my papers,2');
    expect((await place.run()).row).toMatchObject({ row: 'my papers', outcome: 'unchanged' });
    const list = await place.command(['list', 'my papers']);
    expect(list.stdout).toMatch(new RegExp(`^${first} .* pinned$`, 'm'));
    expect((await place.command(['accept', 'my papers'])).stdout).toContain('why not');
    expect((await place.command(['status'])).stdout).toContain('All rows are up to date.');
    expect((await place.command(['verify', '--level', 'full', '--drill'])).status).toBe(0);
    for (const args of [
      ['list', 'data'],
      ['status', 'data'],
      ['restore', 'data', '--to', 'x'],
    ])
      expect(await place.command(args)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('my papers'),
      });

    // What comes is called after the new name, what goes after the old one, and scripts need both.
    expect((await place.command(['unpin', 'my papers', first])).status).toBe(0);
    place.write({ 'three.txt': 'three' });
    expect((await place.run()).row).toMatchObject({ outcome: 'written', removed: [{ snapshot: first }] });
    const folder = place.path('destination', 'my papers');
    const snapshots = readdirSync(folder).filter((name) => /^\d/.test(name));
    expect(snapshots).toHaveLength(2);
    const archives = readdirSync(`${folder}/${snapshots.at(-1)}`).filter((name) => name.endsWith('.zst'));
    for (const name of ['data', 'my papers'])
      expect(archives.some((file) => file.startsWith(`${name}-`))).toBe(true);
    expect((await place.command(['restore', 'my papers', '--to', place.path('restored')])).status).toBe(0);
    expect(readdirSync(place.path('restored')).toSorted()).toEqual(['one.txt', 'three.txt', 'two.txt']);
    expect((await place.command(['verify', '--drill'])).status).toBe(0);
  });

  it('says what is to be written into a plan without that column, and a run waits for it', async () => {
    const place = await withSnapshots('source,destination', 'source,destination');
    const renamed = await place.command(['rename', 'source', 'papers', '--json']);
    expect(eventsOf(renamed)).toMatchObject([
      { event: 'renamed', series: 'papers', from: 'source', byHand: expect.stringContaining('`papers`') },
      { event: 'end', status: 0 },
    ]);
    const refused = await place.run();
    expect(refused).toMatchObject({
      status: 4,
      row: { outcome: 'failed', error: { message: expect.stringContaining('is called `papers` now') } },
    });
    place.writePlan('source,destination,name', 'source,destination,papers');
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged' });
  });

  it('refuses what would not do, with words', async () => {
    const place = await withSnapshots('source,destination,name', 'source,destination,data');
    const plan = readFileSync(place.plan, 'utf8');
    for (const [to, words] of [
      ['a/b', 'has one of'],
      ['data', 'is called so already'],
    ] as const) {
      const refused = await place.command(['rename', 'data', to]);
      expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining(words) });
    }
    expect(readFileSync(place.plan, 'utf8')).toBe(plan);
    expect(place.snapshots()).toHaveLength(2);
  });

  it('does the rest of what somebody has moved by hand', async () => {
    const place = await withSnapshots('source,destination,name', 'source,destination,data');
    renameSync(place.path('destination', 'data'), place.path('destination', 'papers'));
    expect((await place.command(['rename', 'data', 'papers'])).status).toBe(0);
    expect((await place.run()).row).toMatchObject({ row: 'papers', outcome: 'unchanged' });
    // Without a plan, by the folder.
    writeFileSync(place.plan, '');
    const again = await place.command(['rename', place.path('destination', 'papers'), 'letters']);
    expect(again.stdout).toContain('papers is called letters now');
  });
});
