// Damage in the archives, as somebody meets it: what the commands say, and what the next run makes of it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ended } from './support/command.ts';
import { Place } from './support/place.ts';
import { noise } from './support/trees.ts';
import { withoutLinks } from './support/without-links.ts';

function openPlace(format: string): Place {
  const place = Place.open();
  place.writePlan('source,destination,name,format', `source,destination,data,${format}`);
  return place;
}

function archiveOf(place: Place, at: string): string {
  const own = place.info(at).archives.find(({ file, entries }) => file.includes(at) && entries > 0);
  return place.file(own?.file ?? 'none', at);
}

/** Another byte in the middle, the same size. */
function rot(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

describe.each(['tar.zst', 'zip'])('a missing archive, and a source that did not change: %s', (format) => {
  it('is noticed by run, list and status, and written again', async () => {
    const place = openPlace(format);
    const env = format === 'zip' ? withoutLinks('destination') : {};
    const run = async (...args: readonly string[]): Promise<Ended> =>
      await place.command(['run', ...args], { env });
    place.write({ f: noise(30_000) });
    await run();
    const [first = ''] = place.snapshots();
    rmSync(archiveOf(place, first));
    expect(await place.command(['find', 'f'])).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(/1 snapshot {2}damaged, and in no archive any more\n1 path found/),
    });
    const listed = await place.command(['list']);
    expect(listed.status).toBe(1);
    expect(listed.stderr).toContain(`damaged: ${first}: data-${first}.${format} is missing`);
    expect(listed.stdout).toContain('DAMAGED');
    const dry = await run('--dry-run');
    // It says what would be, and nothing is lost that would be written again.
    expect(dry).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('1 file is damaged in older archives, and would be written again'),
    });
    expect(dry.stdout + dry.stderr).not.toContain('in no archive any more');
    expect(place.snapshots()).toEqual([first]);
    // Healing is no failure, and nobody should miss it.
    const healed = await run('--quiet');
    expect(healed.status).toBe(0);
    expect(healed.stderr).toContain('1 file was damaged in older archives, and written again');
    const status = await place.command(['status']);
    expect(status.status).toBe(0);
    expect(status.stdout).toContain('1 file that older snapshots need is damaged');
    expect(status.stdout).not.toMatch(/All is well|up to date/);
    const out = join(place.root, 'out');
    expect((await place.command(['restore', 'data', '--to', out])).status).toBe(0);
    expect(readFileSync(join(out, 'f'))).toEqual(readFileSync(join(place.source, 'f')));
    // From another archive, as it is missing in this one.
    expect((await place.command(['restore', 'data', '--at', first, '--to', `${out}2`])).status).toBe(0);
    expect((await place.command(['list'])).status).toBe(1);
    // Where it lies again, it is lost in no snapshot.
    expect(await place.command(['find', 'f'])).toMatchObject({ status: 0 });
    expect(await place.command(['files', 'data', '--at', first])).toMatchObject({ status: 0, stderr: '' });
    expect(await run('--quiet')).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('what nothing has any more', () => {
  it('is said in each run and by status until it is accepted', async () => {
    const place = openPlace('tar.zst');
    place.write({ gone: noise(30_000), stays: 's' });
    await place.night();
    const [first = ''] = place.snapshots();
    rmSync(join(place.source, 'gone'));
    rmSync(archiveOf(place, first));
    for (let night = 0; night < 2; night++) {
      const { status, stderr } = await place.command(['run', '--quiet']);
      expect(status).toBe(1);
      expect(stderr).toContain(`1 file is damaged, and in no archive any more: \`gone\` of ${first}`);
      expect(stderr).toContain('--only data --accept-changes');
      expect(await place.command(['status'])).toMatchObject({ status: 1 });
    }
    expect(await place.command(['run', '--accept-changes', '--quiet'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(await place.command(['status'])).toMatchObject({ status: 0 });
    // That somebody knows brings nothing back.
    const files = await place.command(['files', 'data', '--at', first, '--json']);
    expect(files.status).toBe(3);
    const events = files.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toMatchObject([
      { path: 'gone', damaged: true },
      { path: 'stays', damaged: false },
      { event: 'end', status: 3, damaged: 1 },
    ]);
    expect((await place.command(['files', 'data', '--at', first])).stderr).toBe(
      'damaged: 1 file is in no archive any more, and cannot be restored\n',
    );
    expect(await place.command(['files', 'data'])).toMatchObject({ status: 0 });
    expect((await place.command(['find', 'gone'])).stdout).not.toContain('restore');
  });
});

describe('verify', () => {
  it('says how much it has read, and never more', async () => {
    const place = openPlace('tar.zst');
    const nothing = await place.command(['verify']);
    expect(nothing.status).toBe(1);
    expect(nothing.stdout).toContain('Nothing was verified');
    place.write({ 'a.jpg': noise(30_000) });
    await place.night();
    const quick = await place.command(['verify']);
    expect(quick.stdout).toContain('in place  data');
    expect(quick.stdout).toContain('contents were not read');
    expect(quick.stdout).not.toMatch(/healthy|Everything/);
    expect((await place.command(['status'])).stdout).toContain(' quick');
    const sample = await place.command(['verify', '--sample', '50%']);
    expect(sample.stdout).not.toMatch(/healthy|Everything/);
    expect((await place.command(['verify', '--level', 'full'])).stdout).toContain('healthy  data');
    rot(archiveOf(place, place.snapshots()[0] ?? ''));
    expect((await place.command(['verify', '--level', 'full'])).status).toBe(1);
    for (const args of [[], ['--sample', '0.01%', '--seed', '1']]) {
      const { status, stdout } = await place.command(['verify', ...args]);
      expect(status).toBe(1);
      expect(stdout).toContain('DAMAGED');
    }
    expect((await place.command(['status'])).stdout).toContain('a run writes again what the source has');
    expect(await place.command(['run', '--quiet'])).toMatchObject({ status: 0 });
    expect(await place.command(['verify', 'data', '--at', 'latest', '--level', 'full'])).toMatchObject({
      status: 0,
    });
  });

  it('reads in full what a drill could not bring back, so that the next run writes it again', async () => {
    const place = openPlace('tar.zst');
    place.write({ 'a.jpg': noise(30_000) });
    await place.night();
    rot(archiveOf(place, place.snapshots()[0] ?? ''));
    expect((await place.command(['verify', '--drill'])).status).toBe(1);
    const { status, stderr } = await place.command(['run', '--quiet']);
    expect(status).toBe(0);
    expect(stderr).toContain('written again');
    expect(await place.command(['verify', '--drill', '--at', 'latest'])).toMatchObject({ status: 0 });
  });
});
