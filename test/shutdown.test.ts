// --shutdown: only after success, after a countdown that can be stopped.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, IS_LINUX, type Running } from './command.ts';
import { Place } from './place.ts';

/** A place whose `systemctl` only takes note of its call; the real one is never reached. */
function openWithFakeSystemctl(): { place: Place; env: Record<string, string>; wasCalled: () => boolean } {
  const place = Place.open();
  place.write({ file: 'x' });
  mkdirSync(place.path('bin'));
  const called = place.path('called');
  writeFileSync(place.path('bin', 'systemctl'), `#!/bin/sh\necho "$@" >> '${called}'\n`);
  chmodSync(place.path('bin', 'systemctl'), 0o755);
  const env = { PATH: `${place.path('bin')}${delimiter}${process.env['PATH'] ?? ''}` };
  return { place, env, wasCalled: () => existsSync(called) };
}

async function countdown(running: Running): Promise<void> {
  await running.line((line) => line.includes('"event":"countdown"'));
}

// Elsewhere the command is called by its whole path, and must not be tried.
describe.skipIf(!IS_LINUX)('--shutdown', () => {
  it('counts down after success, until `snapshot shutdown --cancel`', async () => {
    const { place, env, wasCalled } = openWithFakeSystemctl();
    const running = place.start(['run', '--json', '--shutdown'], { env });
    await countdown(running);
    expect(place.snapshots()).toHaveLength(1);
    const cancel = await place.command(['shutdown', '--cancel']);
    expect(cancel).toMatchObject({ status: 0, stdout: 'The shutdown is cancelled.\n' });
    const ended = await running.ended;
    expect(ended.status).toBe(0);
    const events = eventsOf(ended);
    expect(events.find(({ event }) => event === 'countdown')).toMatchObject({ secondsLeft: 60 });
    expect(events.at(-2)).toMatchObject({ event: 'shutdown', message: expect.stringContaining('cancelled') });
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 0 });
    expect(wasCalled()).toBe(false);
    expect(await place.command(['shutdown', '--cancel'])).toMatchObject({
      status: 1,
      stdout: 'No shutdown is announced.\n',
    });
  });

  it('is stopped by Ctrl-C, and the run is a success all the same', async () => {
    const { place, env, wasCalled } = openWithFakeSystemctl();
    const running = place.start(['run', '--json', '--shutdown'], { env });
    await countdown(running);
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(0);
    expect(wasCalled()).toBe(false);
  });

  it('comes from the plan, when all rows say so', async () => {
    const { place, env, wasCalled } = openWithFakeSystemctl();
    place.writePlan(
      'source,destination,name,shutdown',
      'source,destination,data,yes',
      'source,destination,more,yes',
    );
    const running = place.start(['run', '--json'], { env });
    await countdown(running);
    await place.command(['shutdown', '--cancel']);
    expect((await running.ended).status).toBe(0);
    expect(wasCalled()).toBe(false);
  });

  it.each([
    ['a row failed', 'gone,destination,data,no', ['--shutdown'], 1],
    ['it is a dry run', 'source,destination,data,yes', ['--shutdown', '--dry-run'], 0],
    ['only some rows of the plan say so', 'source,destination,data,yes\nsource,destination,more,no', [], 0],
  ])('never begins when %s', async (_, rows, args, status) => {
    const { place, env, wasCalled } = openWithFakeSystemctl();
    place.writePlan('source,destination,name,shutdown', ...rows.split('\n'));
    const ended = await place.run(args, { env });
    expect(ended.status).toBe(status);
    expect(ended.events.filter(({ event }) => event === 'countdown')).toEqual([]);
    expect(wasCalled()).toBe(false);
  });

  it('begins in spite of a failed row with --shutdown=always', async () => {
    const { place, env, wasCalled } = openWithFakeSystemctl();
    place.writePlan('source,destination,name', 'gone,destination,data');
    const running = place.start(['run', '--json', '--shutdown=always'], { env });
    await countdown(running);
    await place.command(['shutdown', '--cancel']);
    expect((await running.ended).status).toBe(1);
    expect(wasCalled()).toBe(false);
  });
});
