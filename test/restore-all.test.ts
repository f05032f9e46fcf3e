// `restore --all`: every series at once, as on a new machine or a new disk.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventsOf } from './support/command.ts';
import { Place } from './support/place.ts';
import { noSftp, SftpServer } from './support/servers/sftp.ts';

/** Two series of snapshots, and a mirror. */
async function openWithThree(): Promise<Place> {
  const place = Place.open();
  for (const name of ['letters', 'photos', 'music']) {
    mkdirSync(place.path(name));
    writeFileSync(place.path(name, `${name}.txt`), `of ${name}`);
  }
  place.writePlan(
    'source,destination,name,strategy',
    'letters,destination,letters,',
    'photos,destination,photos,',
    'music,destination,music,mirror',
  );
  expect((await place.command(['run'])).status).toBe(0);
  return place;
}

const restored = (place: Place): Record<string, string> =>
  Object.fromEntries(
    readdirSync(place.path('restored')).map((name) => [
      name,
      readFileSync(place.path('restored', name, `${name}.txt`), 'utf8'),
    ]),
  );

const ALL = { letters: 'of letters', photos: 'of photos', music: 'of music' };

describe('restore --all', () => {
  it('gives every series of the plan back, each in a folder of its name', async () => {
    const place = await openWithThree();
    const dry = await place.command(['restore', '--all', '--to', 'restored', '--dry-run']);
    expect([dry.status, existsSync(place.path('restored'))]).toEqual([0, false]);
    expect(dry.stdout).toMatch(/Would restore 3 series to \S+restored\n$/);
    const { status, stdout, stderr } = await place.command(['restore', '--all', '--to', 'restored']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(restored(place)).toEqual(ALL);
    expect(stdout).toMatch(/^letters\nRestored 1 file.*\nphotos\nRestored .*\nmusic\n/);
    expect(stdout).toMatch(/\nRestored 3 series to \S+restored\n$/);
  });

  it('gives all that lies in a folder back, without a plan', async () => {
    const place = await openWithThree();
    rmSync(place.plan);
    const ended = await place.command(['restore', place.destination, '--all', '--to', 'restored', '--json']);
    expect(ended.status).toBe(0);
    expect(restored(place)).toEqual(ALL);
    const events = eventsOf(ended);
    expect(events.filter(({ event }) => event === 'series').map(({ series }) => series)).toEqual([
      'letters',
      'music',
      'photos',
    ]);
    expect(events.at(-1)).toEqual({
      event: 'end',
      status: 0,
      restored: 3,
      of: 3,
      to: place.path('restored'),
      dryRun: false,
    });
  });

  it('gives back, as of a moment, also what the plan has no more; what cannot be had is named, and costs only itself', async () => {
    const place = await openWithThree();
    mkdirSync(place.path('new'));
    place.writePlan(
      'source,destination,name,active',
      'new,destination,new,',
      // One that is switched off may well have none; else it is as good as another.
      'new,destination,off,false',
      'photos,destination,photos,false',
      'away/*,destination,,',
    );
    const { status, stdout, stderr } = await place.command(['restore', '--all', '--to', 'restored']);
    // Mirrors as well.
    expect(restored(place)).toEqual({ letters: 'of letters', music: 'of music', photos: 'of photos' });
    expect(status).toBe(1);
    expect(stderr).toContain('error: new: The series has no snapshot');
    expect(stderr).toContain('away/*" matches no folder here');
    expect(stderr).toContain(`snapshot restore --plan ${place.plan} ${place.destination} --all --to FOLDER`);
    expect(stdout).toMatch(/Restored 3 of 5 series without trouble; see above\.\n$/);
  });

  it.each([
    [['--all'], 'Missing: --to'],
    [['--to', 'x'], 'Missing: series'],
    [['letters', '*.txt', '--all', '--to', 'x'], 'it takes no globs'],
    [['--all', '--to-file', 'x'], 'no --to-file'],
  ])('refuses %j, and writes nothing', async (args, why) => {
    const place = await openWithThree();
    const { status, stderr } = await place.command(['restore', ...args]);
    expect([status, existsSync(place.path('x'))]).toEqual([2, false]);
    expect(stderr).toContain(why);
  });

  it('says of a destination that is away that it is, and not that nothing is there', async () => {
    const place = await openWithThree();
    renameSync(place.destination, place.path('unplugged'));
    // Also of a row that is switched off, which may have no snapshots where it can be looked at.
    place.writePlan(
      'source,destination,name,active',
      'letters,destination,letters,false',
      'photos,destination,photos,',
    );
    const { status, stderr } = await place.command(['restore', '--all', '--to', 'restored']);
    expect(status).toBe(1);
    expect(stderr.match(/error: \w+: Cannot look into/g)).toHaveLength(2);
    expect(stderr).not.toContain('no snapshot');
  });

  it('refuses two series that a file system could take for one', async () => {
    const place = await openWithThree();
    place.writePlan('source,destination,name', 'photos,destination,photos', 'letters,other,Photos');
    const { status, stderr } = await place.command(['restore', '--all', '--to', 'restored']);
    expect([status, existsSync(place.path('restored'))]).toEqual([2, false]);
    expect(stderr).toContain('There is more than one series called `Photos`');
  });

  it('refuses two series of one name before it writes anything', async () => {
    const place = await openWithThree();
    place.writePlan('source,destination,name', 'photos,destination,photos', 'photos,other,photos');
    const { status, stderr } = await place.command(['restore', '--all', '--to', 'restored']);
    expect([status, existsSync(place.path('restored'))]).toEqual([2, false]);
    expect(stderr).toContain('There is more than one series called `photos`');
  });

  it('says that there is nothing where there is nothing', async () => {
    const place = Place.open();
    mkdirSync(place.path('empty', 'folder'), { recursive: true });
    const { status, stderr } = await place.command([
      'restore',
      `${place.path('empty')}/`,
      '--all',
      '--to',
      'x',
    ]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('is no series')]);
  });

  const why = noSftp('plain');
  it.skipIf(why !== undefined)(
    `gives all that lies on a server back, without a plan ${why ?? ''}`,
    async () => {
      const server = await SftpServer.start('plain');
      try {
        const place = await openWithThree();
        const env = { SNAPSHOT_SSH: server.share() };
        const address = server.address('nas');
        place.writePlan(
          'source,destination,name,encrypt',
          `letters,${address},letters,`,
          `photos,${address},photos,`,
        );
        expect((await place.command(['run'], { env })).status).toBe(0);
        rmSync(place.plan);
        expect((await place.command(['restore', address, '--all', '--to', 'restored'], { env })).status).toBe(
          0,
        );
        expect(restored(place)).toEqual({ letters: 'of letters', photos: 'of photos' });
        const { stdout } = await place.command(['list', address], { env });
        expect(stdout).toMatch(/letters[^]*photos/);
        // A series of its own is one, and not all.
        const one = await place.command(['restore', `${address}/photos`, '--all', '--to', 'one'], { env });
        expect([one.status, readdirSync(place.path('one'))]).toEqual([0, ['photos']]);
      } finally {
        await server.stop();
      }
    },
  );
});
