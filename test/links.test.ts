// A destination that others can write to, as on a file server: what they put there never leads a run elsewhere.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IS_WINDOWS, tool } from './support/command.ts';
import { listing, Place } from './support/place.ts';

/** A series with one snapshot, and a folder beside the destination that nobody may write to or remove from. */
async function open(): Promise<{ place: Place; elsewhere: string; first: string }> {
  const place = Place.open();
  place.writePlan('source,destination,name,keep', 'source,destination,data,1');
  place.write({ a: 'content of a', 'folder/b': 'content of b' });
  await place.night();
  const elsewhere = place.path('elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'victim'), 'untouched');
  return { place, elsewhere, first: place.snapshots()[0] ?? '' };
}

/** Runs after a change; the row fails and says which link it has met. */
async function expectRefusal(place: Place, link: string): Promise<void> {
  place.write({ a: 'changed' });
  const { status, stderr } = await place.command(['run']);
  expect(status).toBe(1);
  expect(stderr).toContain(`Refused to follow "${link}": it is a link`);
  expect(stderr).toContain('move or remove it');
  expect(stderr).not.toContain('    at ');
}

describe.skipIf(IS_WINDOWS)('a link in a destination', () => {
  it('in place of the series is refused, and nothing is written where it leads', async () => {
    const { place, elsewhere } = await open();
    renameSync(place.series(), place.path('moved'));
    symlinkSync(elsewhere, place.series());
    await expectRefusal(place, place.series());
    expect(listing(elsewhere)).toEqual(['victim']);
    expect(existsSync(place.path('moved', 'held.json'))).toBe(false);
  });

  it('in place of the series is refused by `check` too, before a run meets it', async () => {
    const { place, elsewhere } = await open();
    renameSync(place.series(), place.path('moved'));
    symlinkSync(elsewhere, place.series());
    const { status, stdout } = await place.command(['check']);
    expect(status).toBe(1);
    expect(stdout).toContain(`Refused to follow "${place.series()}": it is a link`);
  });

  it('to the destination itself is followed, as a disk may be reached that way', async () => {
    const { place } = await open();
    renameSync(place.destination, place.path('disk'));
    symlinkSync(place.path('disk'), place.destination);
    place.write({ a: 'changed' });
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written' } });
    expect(place.snapshots()).toHaveLength(1);
  });

  it('with the name of a snapshot is none, is named, and is neither rotated out nor written through', async () => {
    const { place, elsewhere, first } = await open();
    // An older snapshot that was moved away, and a trap.
    const older = '2001-01-01T00-00-00Z';
    tool('cp', ['-r', join(place.series(), first), join(elsewhere, older)]);
    symlinkSync(join(elsewhere, older), join(place.series(), older));
    const before = listing(elsewhere);
    place.write({ a: 'changed' });
    const { status, stdout } = await place.command(['run']);
    expect(status).toBe(0);
    expect(stdout).toContain(`${older} is no folder, and so no snapshot; it stays`);
    expect(place.snapshots()).toEqual([older, place.snapshots().at(-1)]);
    expect(listing(elsewhere)).toEqual(before);
    const { stdout: list } = await place.command(['list', 'data', '--json']);
    expect(list).not.toContain(older);
    expect((await place.command(['verify', 'data', '--level', 'full'])).status).toBe(0);
  });

  it.each(['.lock-0123456789abcdef', 'held.json', 'runs.jsonl'])(
    'called %s is neither followed nor overwritten nor removed',
    async (name) => {
      const { place, elsewhere } = await open();
      const link = join(place.series(), name);
      rmSync(link, { force: true });
      symlinkSync(join(elsewhere, 'victim'), link);
      place.write({ a: 'changed' });
      const { status, stdout, stderr } = await place.command(['run']);
      expect(stdout + stderr).toContain(`Refused to follow "${link}": it is a link`);
      // Without its log, a run is still a good one.
      expect(status).toBe(name === 'runs.jsonl' ? 0 : 1);
      expect(readFileSync(join(elsewhere, 'victim'), 'utf8')).toBe('untouched');
      expect(readFileSync(link, 'utf8')).toBe('untouched');
      // No lock of its own stays.
      const locks = listing(place.series()).filter((entry) => /^\.lock-[0-9a-f]/.test(entry));
      expect(locks).toEqual(/^\.lock-[0-9a-f]/.test(name) ? [name] : []);
    },
  );

  it('in place of an info.json is not followed: the snapshot counts as damaged, is named each night, and stays', async () => {
    const { place, elsewhere } = await open();
    place.writePlan('source,destination,name,keep', 'source,destination,data,9');
    place.write({ a: 'second' });
    await place.night();
    const newest = place.snapshots().at(-1) ?? '';
    const info = place.file('info.json', newest);
    renameSync(info, join(elsewhere, 'info.json'));
    symlinkSync(join(elsewhere, 'info.json'), info);
    place.write({ a: 'changed' });
    const { status, events, row } = await place.run();
    expect(row).toMatchObject({ outcome: 'written' });
    expect(status).toBe(1);
    const notes = events.filter(({ event }) => event === 'note').map(({ message }) => String(message));
    expect(notes.join('\n')).toContain(`Refused to follow "${info}": it is a link`);
    expect((await place.command(['list', 'data'])).stdout).toMatch(new RegExp(`${newest}.*damaged`));
    expect((await place.command(['status'])).status).toBe(1);
    const { status: repaired, stdout } = await place.command(['verify', 'data', '--repair']);
    expect([repaired, stdout]).toEqual([1, expect.stringContaining('it is a link')]);
    expect(lstatSync(info).isSymbolicLink()).toBe(true);
    expect(existsSync(join(elsewhere, 'info.json'))).toBe(true);
  });

  it('in place of an archive counts as missing: its content is written again, and rotation leaves the link', async () => {
    const { place, elsewhere, first } = await open();
    const [archive = ''] = place.archives();
    renameSync(archive, join(elsewhere, 'archive'));
    symlinkSync(join(elsewhere, 'archive'), archive);
    expect((await place.command(['verify', 'data'])).status).toBe(1);
    place.write({ a: 'changed' });
    const { status, events, row } = await place.run();
    expect(status).toBe(0);
    expect(row).toMatchObject({ damage: { healed: 1, lost: 0 } });
    const notes = events.filter(({ event }) => event === 'note').map(({ message }) => String(message));
    expect(notes.join('\n')).toMatch(/stays: it holds .*which is not of this program/);
    expect(place.whole()).not.toContain(first);
    expect(readFileSync(archive)).toEqual(readFileSync(join(elsewhere, 'archive')));
    expect((await place.command(['verify', 'data', '--level', 'full'])).status).toBe(0);
  });

  it('where a run is about to write a file is taken away, not written through', async () => {
    const { place, elsewhere } = await open();
    place.writeMany('many', 150);
    await place.night();
    place.writeMany('many', 150, 'other');
    symlinkSync(join(elsewhere, 'victim'), join(place.series(), 'held.json.part'));
    expect((await place.run()).status).toBe(4);
    expect(readFileSync(join(elsewhere, 'victim'), 'utf8')).toBe('untouched');
    expect(readFileSync(join(place.series(), 'held.json'), 'utf8')).toContain('mass-change');
    expect(existsSync(join(place.series(), 'held.json.part'))).toBe(false);
  });
});
