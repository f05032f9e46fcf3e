// One source that goes to two disks under one name: each is called by its destination too.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, IS_WINDOWS } from './support/command.ts';
import { Place } from './support/place.ts';

describe.skipIf(IS_WINDOWS)('two rows of one name', () => {
  it('are told apart in what is said of them, and each has its own problems', async () => {
    const place = Place.open();
    place.write({ file: 'x', closed: 'y' });
    chmodSync(join(place.source, 'closed'), 0o000);
    place.writePlan('source,destination,name', 'source,one,data', 'source,two,data', 'source,two,other');
    const [one, two] = [`data (${place.path('one')})`, `data (${place.path('two')})`];
    const ordinary = { isOrdinary: true };
    const run = await place.command(['run'], ordinary);
    expect(run.status).toBe(3);
    const lines = (run.stdout + run.stderr).split('\n');
    expect(lines.filter((line) => line.includes('closed'))).toHaveLength(3);
    for (const name of [one, two, 'other']) {
      expect(lines.filter((line) => line.startsWith(`${name}: written`))).toHaveLength(1);
    }
    const events = eventsOf(await place.command(['run', '--json', '--only', two], ordinary));
    expect(new Set(events.flatMap(({ row }) => (row === undefined ? [] : [row])))).toEqual(new Set([two]));
    for (const command of [['status'], ['find', 'file'], ['check']]) {
      const { stdout } = await place.command(command, ordinary);
      for (const name of [one, two]) expect(stdout).toContain(name);
    }
    const { stdout } = await place.command(['verify'], ordinary);
    for (const name of [one, two]) expect(stdout).toContain(`in place  ${name}  1 snapshot`);
  });
});
