// `status` says that all is well only when it is; what is no trouble can be said to be known.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ended } from './support/command.ts';
import { Place } from './support/place.ts';

const IS_LINUX = process.platform === 'linux';
const ORDINARY = { isOrdinary: true };

/** A place with a file that only root may read, and one snapshot, of which one stays. */
async function withSecret(mayFail = ''): Promise<Place> {
  const place = Place.open();
  place.writePlan('source,destination,name,keep,may-fail', `source,destination,data,1,${mayFail}`);
  place.write({ 'a.txt': 'a', 'private/secret.txt': 's' });
  chmodSync(join(place.source, 'private/secret.txt'), 0);
  return place;
}

async function status(place: Place): Promise<Pick<Ended, 'status' | 'stdout'>> {
  const { status: code, stdout } = await place.command(['status']);
  return { status: code, stdout };
}

describe.skipIf(!IS_LINUX)('a file that cannot be read', () => {
  it('is a state of its row, and so is the rotation that it holds back, until it is accepted', async () => {
    const place = await withSecret();
    expect((await place.run([], ORDINARY)).status).toBe(3);
    const first = await status(place);
    expect(first.status).toBe(1);
    expect(first.stdout).toMatch(/^data: FAILING: 1 file or folder could not be read, since \d{4}-/m);
    expect(first.stdout).toContain(`\`snapshot accept --plan ${place.plan} data PATH\``);
    expect(first.stdout).not.toMatch(/All is well|up to date/);
    place.write({ 'a.txt': 'aa' });
    expect((await place.run([], ORDINARY)).row).toMatchObject({ outcome: 'written', status: 3, removed: [] });
    expect((await status(place)).stdout).toMatch(
      /rotation is held back, since .*: a file or folder could not/,
    );

    const accepted = await place.command(['accept', 'data', 'private', '--reason', 'not mine']);
    expect(accepted).toMatchObject({ status: 0, stdout: expect.stringContaining('private') });
    const third = await place.run([], ORDINARY);
    expect(third.row).toMatchObject({ outcome: 'unchanged', status: 0, problems: 0 });
    expect(third.events.filter(({ event }) => event === 'problem')).toEqual([]);
    expect(third.events).toContainEqual(
      expect.objectContaining({
        event: 'note',
        message: expect.stringMatching(/^1 known problem was passed over, as "private\/secret.txt"/),
      }),
    );
    expect(await status(place)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('data: 1 known problem, which the last run passed over'),
    });
    place.write({ 'a.txt': 'aaa' });
    expect((await place.run([], ORDINARY)).row).toMatchObject({ status: 0, outcome: 'written' });
    expect(place.snapshots()).toHaveLength(1);
    expect(place.info().skipped).toMatchObject([{ path: 'private/secret.txt' }]);

    expect((await place.command(['accept', 'data', '--quiet'])).stdout).toContain('private');
    const listed = await place.command(['accept', 'data', '--json']);
    expect(listed.stdout).toMatch(
      /^\{"event":"accepted","series":"data","path":"private","reason":"not mine"/,
    );
    expect((await place.command(['accept', 'data', 'other', '--remove'])).status).toBe(2);
    const whole = join(place.source, 'private');
    expect((await place.command(['accept', 'data', whole, '--remove'])).status).toBe(0);
    expect((await place.run([], ORDINARY)).status).toBe(3);
    writeFileSync(join(place.series(), 'accepted.json'), '{');
    expect((await place.run([], ORDINARY)).row).toMatchObject({ outcome: 'unchanged', status: 3 });
    expect(await place.command(['accept', 'data', 'private'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Delete it'),
    });
    expect(readFileSync(join(place.series(), 'accepted.json'), 'utf8')).toBe('{');
  });

  it('is no trouble where the plan says that it may fail', async () => {
    const place = await withSecret('private/');
    expect((await place.run([], ORDINARY)).status).toBe(0);
    expect((await status(place)).status).toBe(0);
    expect(place.info().skipped).toMatchObject([{ path: 'private/secret.txt' }]);
  });
});

describe('snapshot accept', () => {
  it('refuses what is not in the source, and a series that is not there, and makes none', async () => {
    const place = Place.open();
    place.write({ a: 'a' });
    const early = await place.command(['accept', 'data', 'a']);
    expect(early).toMatchObject({ status: 2, stderr: expect.stringContaining('There is no series') });
    expect(place.snapshots()).toEqual([]);
    await place.night();
    for (const path of ['..', '../x', '/elsewhere'])
      expect((await place.command(['accept', 'data', path])).stderr).toContain('does not lie in the source');
    expect((await place.command(['accept', 'data', '--remove'])).status).toBe(2);
    expect((await place.command(['accept', 'data'])).stdout).toContain('Nothing is accepted');
  });
});

describe('a row that is gone', () => {
  it('is named as long as its series is there, and nobody says that this is known', async () => {
    const place = Place.open();
    place.writePlan('source,destination,name,active', 'many/*,destination,,', 'source,destination,data,');
    for (const name of ['a', 'b']) {
      mkdirSync(place.path('many', name), { recursive: true });
      writeFileSync(place.path('many', name, 'file'), name);
    }
    place.write({ file: 'x' });
    await place.run();
    expect((await status(place)).stdout).toContain('All rows are up to date.');

    rmSync(place.path('many', 'b'), { recursive: true });
    await place.run();
    const match = await status(place);
    expect(match.status).toBe(1);
    expect(match.stdout).toMatch(/^b: FAILING: no row of the plan makes it any more: .*many\/b"/m);

    // Switched off is not gone.
    place.writePlan('source,destination,name,active', 'many/*,destination,,no', 'source,destination,data,no');
    expect((await status(place)).status).toBe(0);
    place.writePlan('source,destination,name,active', 'many/a,destination,,', 'many/b,destination,,no');
    expect((await status(place)).stdout).toMatch(/^data: FAILING: no row of the plan/m);
    const known = await place.command(['accept', place.series(), '.', '--reason', 'moved']);
    expect(known.status).toBe(0);
    expect((await status(place)).status).toBe(0);
    // A series that was removed by hand is nobody's any more.
    await place.command(['accept', place.series(), '.', '--remove']);
    expect((await status(place)).status).toBe(1);
    rmSync(place.series(), { recursive: true });
    expect((await status(place)).status).toBe(0);
  });
});
