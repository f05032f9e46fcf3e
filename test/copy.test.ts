// A series is brought to another place by the command line, and is the same one there.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf } from './support/command.ts';
import { Place } from './support/place.ts';
import { noSftp, SftpServer } from './support/servers/sftp.ts';
import { lookAt, noise } from './support/trees.ts';

/** Three nights of a small tree. */
async function threeNights(place: Place): Promise<void> {
  place.write({ 'letters/anna.txt': 'Dear Anna, the treasure', 'photo.bin': noise(400_000, 1) });
  await place.night();
  place.write({ 'letters/bob.txt': 'Dear Bob' });
  await place.night();
  place.write({ 'photo.bin': noise(300_000, 2) });
  await place.night();
}

function seen(root: string): readonly string[] {
  return [...lookAt(root)].map(([path, { type, mode, sha256 }]) => [path, type, mode, sha256].join(' '));
}

describe('snapshot copy', () => {
  it('brings a series to another disk, where it is verified, restored and gone on with', async () => {
    const place = Place.open();
    await threeNights(place);
    const dry = await place.command(['copy', 'data', 'second', '--dry-run']);
    expect(`${dry.status} ${dry.stderr}`).toBe('0 ');
    expect(dry.stdout).toMatch(/would be copied[^]*Would copy 3 snapshots/);
    expect(existsSync(place.path('second'))).toBe(false);

    const copied = await place.command(['copy', 'data', 'second']);
    expect(`${copied.status} ${copied.stderr}`).toBe('0 ');
    expect(copied.stdout).toMatch(
      /^2\d{3}.* copied, [^]*Copied 3 snapshots \(.*\) from .*data to .*second\/data in /m,
    );
    const again = await place.command(['copy', 'data', 'second', '--json']);
    expect(eventsOf(again)).toMatchObject([
      { event: 'end', status: 0, copied: 0, mended: 0, there: 3, bytes: 0 },
    ]);

    const series = place.path('second', 'data');
    expect((await place.command(['verify', series, '--level', 'full'])).status).toBe(0);
    expect((await place.command(['restore', series, '--to', 'back'])).status).toBe(0);
    expect(seen(place.path('back'))).toEqual(seen(place.source));
    // As everybody can, without this program.
    execFileSync('sh', [
      join(series, readdirSync(series).findLast((name) => name.startsWith('20')) ?? '', 'RESTORE.txt'),
      place.path('by-hand'),
    ]);
    expect(seen(place.path('by-hand'))).toEqual(seen(place.source));

    place.writePlan('source,destination,name,keep', 'source,second,data,2');
    place.write({ 'new.txt': 'new' });
    const { row, status } = await place.run();
    expect(status).toBe(0);
    expect(row).toMatchObject({ outcome: 'written', error: null, change: { added: 1 }, problems: 0 });
    expect((await place.command(['status'])).status).toBe(0);
    expect((await place.command(['verify', series, '--level', 'full'])).status).toBe(0);
  });

  it('says what is damaged, and what it does not copy to', async () => {
    const place = Place.open();
    await threeNights(place);
    const [first = ''] = place.snapshots();
    rmSync(place.file('SHA256SUMS', first));
    const copied = await place.command(['copy', 'data', 'second']);
    expect(copied.status).toBe(1);
    expect(copied.stderr).toContain(`damaged: ${first} is left out: `);
    expect(copied.stdout).toContain('2 snapshots, 1 damaged and left out');

    const inside = await place.command(['copy', 'data', 'destination']);
    expect(inside.status).toBe(2);
    expect(inside.stderr).toContain('lies already');
    const wrong = await place.command(['copy', 'data', 'nas:backup']);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('the name on another machine');
    const empty = await place.command(['copy', 'data', '']);
    expect(empty.status).toBe(2);
    expect((await place.command(['copy', 'data', 'x', '--max-rate', 'fast'])).status).toBe(2);
  });

  it('goes on after a kill at any moment, and leaves nothing behind', async () => {
    const place = Place.open();
    await threeNights(place);
    for (const afterMs of [250, 320, 390, 460, 530, 600]) {
      const to = place.path('killed');
      rmSync(to, { recursive: true, force: true });
      const running = place.start(['copy', 'data', 'killed', '--max-rate', '1MB/s']);
      const timer = setTimeout(() => running.child.kill('SIGKILL'), afterMs);
      await running.ended;
      clearTimeout(timer);
      const again = await place.command(['copy', 'data', 'killed']);
      expect(`${again.status} ${again.stderr}`).toBe('0 ');
      expect(
        readdirSync(join(to, 'data'), { recursive: true, encoding: 'utf8' }).filter((name) =>
          /part$|UNFINISHED|\.shared|\.lock-\d/.test(name),
        ),
      ).toEqual([]);
      expect((await place.command(['verify', join(to, 'data'), '--level', 'full'])).status).toBe(0);
    }
  });

  it('stops at Ctrl-C, and goes on the next time', async () => {
    const place = Place.open();
    await threeNights(place);
    const running = place.start(['copy', 'data', 'second', '--max-rate', '100KB/s', '--json']);
    await running.line((line) => line.includes('"phase":"copy"'));
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect((await place.command(['copy', 'data', 'second'])).status).toBe(0);
  });
});

describe('an encrypted copy', () => {
  it('tells nothing, opens with the key, is gone on with, and comes back in the clear', async () => {
    const place = Place.open();
    const env = { XDG_CONFIG_HOME: place.path('config'), SNAPSHOT_IDENTITY: '' };
    await threeNights(place);
    const well = async (...args: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await place.command(args, { env });
      expect(`${status} ${stderr}`, args.join(' ')).toMatch(/^0 /);
      return stdout;
    };
    const keyless = await place.command(
      [
        'copy',
        'data',
        'locked',
        '--encrypt',
        'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqs3290gq',
      ],
      { env },
    );
    expect(keyless.status).not.toBe(0);
    await well('key', 'new');
    const recipients = place.path('config', 'snapshot', 'recipients.txt');
    await well('copy', 'data', 'locked', '--encrypt', recipients);
    const series = place.path('locked', 'data');
    const all = readdirSync(series, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter(
      (one) => one.isFile(),
    );
    for (const file of all) {
      const bytes = readFileSync(join(file.parentPath, file.name));
      for (const secret of ['anna', 'treasure', place.source]) expect(bytes.includes(secret)).toBe(false);
    }
    // Once more: for whom it is, it says itself.
    place.write({ 'more.txt': 'more' });
    await place.night();
    expect(await well('copy', 'data', 'locked')).toContain('Copied 1 snapshot');
    await well('verify', series, '--level', 'full');
    for (const at of readdirSync(series).filter((name) => name.startsWith('20')))
      execFileSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: join(series, at) });
    const without = await place.command(['verify', series, '--level', 'full'], {
      env: { ...env, XDG_CONFIG_HOME: place.path('nowhere') },
    });
    expect(without.status).toBe(0);

    place.writePlan('source,destination,name,keep,encrypt', `source,locked,data,3,${recipients}`);
    place.write({ 'last.txt': 'last' });
    const { row } = await place.run([], { env });
    expect(row).toMatchObject({ outcome: 'written', error: null, newBytes: expect.any(Number) });
    // It shares what was copied.
    expect(Number(row?.['newBytes'])).toBeLessThan(20_000);
    await well('copy', series, 'clear', '--encrypt', 'none');
    await well('restore', place.path('clear', 'data'), '--to', 'back');
    expect(seen(place.path('back'))).toEqual(seen(place.source));
    const other = await place.command(['copy', series, 'other'], {
      env: { ...env, XDG_CONFIG_HOME: place.path('nowhere') },
    });
    expect(other.status).toBe(1);
    expect(other.stderr).toContain('there is no key');
  });
});

const why = noSftp('plain');

describe.skipIf(why !== undefined)(why ?? 'a copy on a server', () => {
  let server: SftpServer;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    server = await SftpServer.start('plain');
    env = { SNAPSHOT_SSH: server.share() };
  });
  afterAll(async () => await server.stop());

  it('is brought there, mended there, and brought back from there', async () => {
    const place = Place.open();
    await threeNights(place);
    const address = server.address('copies');
    const copied = await place.command(['copy', 'data', address], { env });
    expect(`${copied.status} ${copied.stderr}`).toBe('0 ');
    const verified = await place.command(['verify', `${address}/data`, '--level', 'full'], { env });
    expect(verified.status).toBe(0);
    const itself = await place.command(['copy', `${address}/data`, address], { env });
    expect(itself.status).toBe(2);

    const there = join(server.folder, 'copies', 'data');
    const [first = ''] = place.snapshots();
    const archive = readdirSync(join(there, first)).find((name) => name.includes(first)) ?? '';
    rmSync(join(there, first, archive));
    writeFileSync(join(there, first, 'UNFINISHED'), '');
    const mended = await place.command(['copy', 'data', address, '--json'], { env });
    expect(eventsOf(mended).at(-1)).toMatchObject({ status: 0, copied: 0, mended: 1 });

    rmSync(place.destination, { recursive: true });
    expect((await place.command(['copy', `${address}/data`, 'destination'], { env })).status).toBe(0);
    place.checkSums();
    expect((await place.night())?.outcome).toBe('unchanged');
  });
});
