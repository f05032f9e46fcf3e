// --shutdown: only after success, after a countdown that can be stopped.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, IS_LINUX, type Running } from './support/command.ts';
import { Place } from './support/place.ts';

interface FakeHost {
  readonly place: Place;
  readonly env: Record<string, string>;
  readonly wasCalled: () => boolean;
  /** What all who are logged in were told. */
  readonly told: () => string;
}

/** A place whose `systemctl` and `wall` only take note of their calls; the real ones are never reached. */
function openWithFakeSystemctl(): FakeHost {
  const place = Place.open();
  place.write({ file: 'x' });
  mkdirSync(place.path('bin'));
  const called = place.path('called');
  writeFileSync(place.path('bin', 'systemctl'), `#!/bin/sh\necho "$@" >> '${called}'\n`);
  writeFileSync(place.path('bin', 'wall'), `#!/bin/sh\ncat >> '${place.path('told')}'\n`);
  for (const name of ['systemctl', 'wall']) chmodSync(place.path('bin', name), 0o755);
  const env = { PATH: `${place.path('bin')}${delimiter}${process.env['PATH'] ?? ''}` };
  const told = (): string => (existsSync(place.path('told')) ? readFileSync(place.path('told'), 'utf8') : '');
  return { place, env, wasCalled: () => existsSync(called), told };
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

  it('tells all who are logged in, first of the shutdown and then that it is cancelled', async () => {
    const { place, env, told } = openWithFakeSystemctl();
    const running = place.start(['run', '--json', '--shutdown'], { env });
    await countdown(running);
    await place.command(['shutdown', '--cancel']);
    await running.ended;
    expect(told()).toMatch(
      /^Save your work: this machine shuts down in 60 seconds.*\nThe shutdown is cancelled.*\n$/,
    );
  });

  it('goes with a process that is killed', async () => {
    const { place, env, wasCalled } = openWithFakeSystemctl();
    const running = place.start(['run', '--json', '--shutdown'], { env });
    await countdown(running);
    running.child.kill('SIGKILL');
    await running.ended;
    expect(wasCalled()).toBe(false);
    expect(await place.command(['shutdown', '--cancel'])).toMatchObject({
      status: 1,
      stdout: 'No shutdown is announced.\n',
    });
  });

  it('never begins after a run that was stopped, with --shutdown=always neither', async () => {
    const { place, env, wasCalled, told } = openWithFakeSystemctl();
    place.write({ large: randomBytes(6_000_000) });
    // So slow that it is stopped at work.
    const running = place.start(['run', '--json', '--shutdown=always', '--max-rate', '1KB/s'], { env });
    await running.line((line) => line.includes('"phase":"pack"'));
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.status).toBe(130);
    expect(eventsOf(ended).at(-2)).toMatchObject({ message: 'Not shutting down, as the run was stopped.' });
    expect([wasCalled(), told()]).toEqual([false, '']);
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
    const { place, env, wasCalled, told } = openWithFakeSystemctl();
    place.writePlan('source,destination,name,shutdown', ...rows.split('\n'));
    const ended = await place.run(args, { env });
    expect(ended.status).toBe(status);
    expect(told()).toBe('');
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
