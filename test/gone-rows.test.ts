// Series that no plan names any more: they are still found, by their name or by where they lie.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf } from './support/command.ts';
import { listing, Place } from './support/place.ts';

/** Two folders of a glob, both backed up; then one of them is removed. */
async function openWithGone(): Promise<Place> {
  const place = Place.open();
  for (const name of ['one', 'two']) {
    mkdirSync(join(place.source, name), { recursive: true });
    writeFileSync(join(place.source, name, `${name}.txt`), name);
  }
  place.writePlan('source,destination', `${place.source}/*,destination`);
  expect((await place.run()).status).toBe(0);
  rmSync(join(place.source, 'two'), { recursive: true });
  return place;
}

describe('a row that is gone', () => {
  it('is listed after the others, and restored by its name', async () => {
    const place = await openWithGone();
    const events = eventsOf(await place.command(['list', '--json']));
    expect(events.map(({ series }) => series)).toEqual(['one', 'two', undefined]);
    const restored = await place.command(['restore', 'two', '--to', 'restored']);
    expect(restored).toMatchObject({ status: 0, stderr: '' });
    expect(listing(place.path('restored'))).toEqual(['two.txt']);
  });

  it('that is accepted is not listed any more', async () => {
    const place = await openWithGone();
    expect((await place.command(['accept', join(place.destination, 'two'), '.'])).status).toBe(0);
    const events = eventsOf(await place.command(['list', '--json']));
    expect(events.map(({ series }) => series)).toEqual(['one', undefined]);
  });
});

describe('a series that no row makes any more', () => {
  it('is failing by its name too, found, and verified, until that is accepted', async () => {
    const place = await openWithGone();
    const status = await place.command(['status', 'two']);
    expect(status).toMatchObject({ status: 1, stdout: expect.stringContaining('no row of the plan makes') });
    const found = await place.command(['find', 'two.txt']);
    expect(found).toMatchObject({ status: 0, stdout: expect.stringContaining('1 path found.') });
    const verified = await place.command(['verify']);
    expect(verified.stdout).toContain('in place  two  1 snapshot');
    const accepted = await place.command(['accept', 'two', '.']);
    expect(accepted.stdout).toMatch(/^Accepted: \. {2}since /);
    expect(await place.command(['status', 'two'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('All is well.'),
    });
  });
});

describe('a mirror that no row makes any more', () => {
  it('is named, listed and verified as one', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    const [head, other] = ['source,destination,name,strategy', 'source,destination,data,'];
    place.writePlan(head, 'source,destination,plain,mirror', other);
    expect((await place.run()).status).toBe(0);
    place.writePlan(head, other);
    const status = await place.command(['status']);
    expect(status).toMatchObject({ status: 1, stdout: expect.stringMatching(/^plain: FAILING: no row/m) });
    expect((await place.command(['list'])).stdout).toMatch(/^plain .*mirror/m);
    expect((await place.command(['verify'])).stdout).toMatch(/^in place {2}plain {2}mirror/m);
  });
});

describe('what this machine knows of a plan', () => {
  it('is not written by a dry run', async () => {
    const place = await openWithGone();
    const plans = place.path('home', 'snapshot', 'plans');
    expect(readdirSync(plans)).toHaveLength(1);
    rmSync(plans, { recursive: true });
    expect((await place.run(['--dry-run'])).status).toBe(0);
    expect(existsSync(plans)).toBe(false);
  });
});

describe('a destination', () => {
  it('stands for all series in it, without a plan', async () => {
    const place = await openWithGone();
    rmSync(place.plan);
    const found = await place.command(['find', '*.txt', '--series', place.destination]);
    expect(found).toMatchObject({ status: 0, stderr: '' });
    expect(found.stdout).toContain(
      `snapshot restore --plan ${place.plan} ${join(place.destination, 'two')} /two.txt`,
    );
    expect(found.stdout).toContain('2 paths found.');
    for (const command of ['list', 'verify']) {
      const ended = await place.command([command, place.destination, '--json']);
      expect(ended.status).toBe(0);
      const series = eventsOf(ended).flatMap((event) => event['series'] ?? []);
      expect(series).toEqual(expect.arrayContaining(['one', 'two']));
    }
  });
});

describe('a pin', () => {
  it('is listed with its reason', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    await place.command(['pin', 'data', 'latest', '--reason', 'before the move']);
    const { stdout } = await place.command(['list', 'data']);
    expect(stdout).toMatch(/pinned\n\S{20} {2}pinned: before the move\n$/);
  });
});
