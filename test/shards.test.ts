// --shard: several processes share one plan.
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventsOf } from './support/command.ts';
import { Place } from './support/place.ts';

function withRows(...names: readonly string[]): Place {
  const place = Place.open();
  const lines = names.map((name) => `sources/${name},destination`);
  for (const name of names) {
    mkdirSync(place.path('sources', name), { recursive: true });
    writeFileSync(place.path('sources', name, 'file'), name);
  }
  place.writePlan('source,destination', ...lines);
  return place;
}

describe('--shard', () => {
  it.each([
    ['five rows', (place: Place): void => place.writePlan('source,destination', ...fiveLines())],
    ['one glob', (place: Place): void => place.writePlan('source,destination', 'sources/*,destination')],
  ])('runs each row of %s exactly once, in three processes at once', async (_, write) => {
    const place = withRows('a', 'b', 'c', 'd', 'e');
    write(place);
    const running = [1, 2, 3].map((i) => place.start(['run', '--json', '--shard', `${i}/3`]));
    const ended = await Promise.all(running.map(async (one) => await one.ended));
    expect(ended.map(({ status }) => status)).toEqual([0, 0, 0]);
    const rows = ended.map((one) =>
      eventsOf(one)
        .filter(({ event }) => event === 'row')
        .map(({ row }) => row),
    );
    expect(rows).toEqual([['a', 'd'], ['b', 'e'], ['c']]);
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      expect(place.whole(name)).toHaveLength(1);
      expect(place.runs(name)).toHaveLength(1);
    }
  });

  it('says so when a shard is empty, and is content', async () => {
    const place = withRows('a', 'b');
    const ended = await place.command(['run', '--shard', '3/3']);
    expect(ended).toMatchObject({ status: 0, stdout: 'Shard 3/3 has no row to run; nothing to do.\n' });
    const { events } = await place.run(['--shard', '3/3']);
    expect(events).toMatchObject([{ event: 'start', rows: [] }, { event: 'nothing' }, { event: 'end' }]);
  });

  it.each([
    ['a shard that is not there', ['--shard', '4/3'], 'I from 1 to N'],
    ['two', ['--shard', '1/3', '--shard', '2/3'], '--shard is given twice'],
    ['a shutdown while others may run', ['--shard', '1/3', '--shutdown'], 'do not go together'],
  ])('refuses %s', async (_, args, message) => {
    const place = withRows('a');
    const ended = await place.command(['run', ...args]);
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
    expect(place.snapshots('a')).toEqual([]);
  });
});

function fiveLines(): readonly string[] {
  return ['a', 'b', 'c', 'd', 'e'].map((name) => `sources/${name},destination`);
}
