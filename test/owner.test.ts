// Two machines, or two rows, with one series.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandLine, environment, eventsOf, IS_LINUX, IS_ROOT } from './support/command.ts';
import { listing, Place } from './support/place.ts';

/** Runs the command where the machine is called `host`, as far as the command can tell. */
function runOn(
  host: string,
  place: Place,
  args: readonly string[],
): { status: number | null; stdout: string } {
  const command = commandLine([...args, '--plan', place.plan]);
  const script = 'hostname "$0" && exec "$@"';
  const { status, stdout } = spawnSync('unshare', ['--uts', 'sh', '-c', script, host, ...command], {
    cwd: place.root,
    env: environment(place.options()),
    encoding: 'utf8',
  });
  return { status, stdout };
}

const canRename = IS_LINUX && IS_ROOT && spawnSync('unshare', ['--uts', 'true']).status === 0;

describe('a series of another', () => {
  it.skipIf(!canRename)(
    'machine is refused, and adopted when that is wanted (needs root to rename)',
    async () => {
      const place = Place.open();
      place.write({ file: 'of ada' });
      expect(runOn('ada-pc', place, ['run']).status).toBe(0);
      place.write({ file: 'of bob' });
      const before = listing(place.destination);
      const refused = eventsOf({ ...runOn('bob-pc', place, ['run', '--json']), signal: null, stderr: '' });
      expect(refused.at(-2)).toMatchObject({ outcome: 'failed', status: 4, guards: [{ guard: 'owner' }] });
      expect(listing(place.destination)).toEqual(before);
      expect(runOn('bob-pc', place, ['check'])).toMatchObject({
        status: 1,
        stdout: expect.stringMatching(/FAILED +Series ".*" belongs to ".*" on ada-pc/),
      });
      expect(runOn('bob-pc', place, ['status'])).toMatchObject({
        status: 1,
        stdout: expect.stringMatching(/FAILING: Series ".*" belongs to ".*" on ada-pc/),
      });
      // To look, and to get files back, is everybody's right.
      for (const args of [['list'], ['verify'], ['restore', 'data', '--to', place.path('restored')]])
        expect(runOn('bob-pc', place, args).status, args[0]).toBe(0);
      expect(runOn('bob-pc', place, ['run', '--only', 'data', '--adopt']).status).toBe(0);
      expect(runOn('bob-pc', place, ['run']).status).toBe(0);
      expect(runOn('ada-pc', place, ['run']).status).toBe(4);
    },
  );

  it('machine is none where SNAPSHOT_HOST says that it is the same', async () => {
    const place = Place.open();
    place.write({ file: '1' });
    expect((await place.run([], { env: { SNAPSHOT_HOST: 'fleet' } })).status).toBe(0);
    expect(place.info()).toMatchObject({ host: 'fleet' });
    expect(place.info()).not.toHaveProperty('machine');
    const { status, row } = await place.run();
    expect([status, row?.['error']]).toEqual([
      4,
      expect.objectContaining({ code: 'E_GUARD', message: expect.stringContaining('on fleet, not to') }),
    ]);
    expect((await place.run([], { env: { SNAPSHOT_HOST: 'fleet' } })).status).toBe(0);
  });

  it('row is refused, also of another plan, and the other rows run', async () => {
    const place = Place.open();
    place.write({ file: '1' });
    mkdirSync(place.path('other'));
    writeFileSync(place.path('other', 'file'), '2');
    await place.night();
    place.writePlan(
      'source,destination,name',
      'other,destination,data',
      'source,destination,same-source-other-name',
    );
    const { status, events, stdout } = await place.run();
    expect(status).toBe(4);
    expect(events.filter(({ event }) => event === 'row')).toMatchObject([
      { row: 'data', outcome: 'failed' },
      { row: 'same-source-other-name', outcome: 'written' },
    ]);
    expect(stdout).toContain('--only data --adopt');
    expect(place.runs()).toHaveLength(1);
    // A trailing slash and a detour are no other source.
    place.writePlan('source,destination,name', 'other/../source/,destination,data');
    await place.night();
  });
});
