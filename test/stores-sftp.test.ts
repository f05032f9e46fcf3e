// Backups on a server over SFTP, by the command line, as providers of storage offer it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { commandLine, environment, eventsOf } from './support/command.ts';
import { live } from './support/backup-life.ts';
import { Place } from './support/place.ts';
import { noSftp, SftpServer } from './support/servers/sftp.ts';
import { noise } from './support/trees.ts';

const why = noSftp('jail') === undefined ? undefined : noSftp('plain');
const kind = noSftp('jail') === undefined ? 'jail' : 'plain';

describe.skipIf(why !== undefined)(why ?? 'a destination on a server', () => {
  let server: SftpServer;
  let shared: string;
  beforeAll(async () => {
    server = await SftpServer.start(kind);
    // Each command is one connection less.
    shared = server.share();
  });
  afterAll(async () => await server.stop());

  /** A place whose plan leads to a folder of the server. */
  const open = (folder: string): { place: Place; env: Record<string, string>; series: string } => {
    const place = Place.open();
    place.writePlan('source,destination,name,keep', `source,${server.address(folder)},data,last=2`);
    return {
      place,
      env: { SNAPSHOT_SSH: shared },
      series: join(server.folder, folder, 'data'),
    };
  };

  it('is checked, written, looked at, verified and restored, also without the plan', async () => {
    const { place, env, series } = open('nas');
    await live(place, {
      address: server.address('nas'),
      env,
      renames: true,
      afterCheck: () => expect(readdirSync(join(server.folder, 'nas'))).toEqual([]),
      // No lock, no part and nothing else that is ours alone is left.
      afterRuns: () =>
        expect(
          readdirSync(series, { recursive: true, encoding: 'utf8' }).filter((name) =>
            /part$|lock/.test(name),
          ),
        ).toEqual([]),
    });
  });

  it('that is away, or lets nobody in, fails the row and says what to do', async () => {
    const { place } = open('away');
    place.write({ 'a.txt': 'a' });
    const key = place.path('key');
    writeFileSync(key, readFileSync(join(server.root, 'host')), { mode: 0o600 });
    const refused = await place.run([], {
      env: { SNAPSHOT_SSH: server.ssh.replace(/-i \S+/, `-i ${key}`) },
    });
    expect(refused.status).toBe(1);
    expect(refused.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AUTH' } });

    place.writePlan('source,destination,name', 'source,sftp://127.0.0.1:1/x,data');
    const own = { SNAPSHOT_SSH: server.ssh };
    const away = await place.run([], { env: own });
    expect(away.status).toBe(1);
    expect(away.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AWAY' } });
    expect(eventsOf(away).length).toBeGreaterThan(0);
    const said = await place.command(['check'], { env: own });
    expect(said.status).toBe(1);
    expect(said.stdout + said.stderr).toContain('nobody answers there');
  });

  it('where nothing may be removed is written to as ever, and rotated by who may', async () => {
    const strict = await SftpServer.start('append-only');
    onTestFinished(async () => await strict.stop());
    const place = Place.open();
    const address = strict.address('kept');
    const env = { SNAPSHOT_SSH: strict.share() };
    place.writePlan('source,destination,name,keep', `source,${address},data,last=2`);
    const check = await place.command(['check'], { env });
    expect([check.status, check.stdout]).toEqual([0, expect.stringContaining('nothing may be removed in')]);
    for (const night of [1, 2, 3, 4]) {
      place.write({ 'a.txt': `${night}` });
      const { status, row, events } = await place.run([], { env });
      expect({ status, outcome: row?.['outcome'] }).toEqual({ status: 0, outcome: 'written' });
      expect(events.filter(({ event }) => event === 'note').map(({ message }) => message)).toEqual(
        night < 3 ? [] : [expect.stringContaining('nothing is rotated out, as nothing may be removed in')],
      );
    }
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'unchanged', error: null });
    const { status, stdout } = await place.command(['status'], { env });
    expect([status, stdout]).toEqual([0, expect.stringContaining('All rows are up to date.')]);
    expect(await place.command(['verify', '--level', 'full'], { env })).toMatchObject({ status: 0 });
    expect(
      readdirSync(join(strict.folder, 'kept', 'data')).filter((name) => /^\d{4}-/.test(name)),
    ).toHaveLength(4);
  });

  it('loses neither its lock nor its order when Ctrl-C reaches all processes of the terminal', async () => {
    const { place, series } = open('stopped');
    const own = { env: { SNAPSHOT_SSH: server.ssh } };
    place.write({ 'a.txt': 'a' });
    expect((await place.run([], own)).row).toMatchObject({ outcome: 'written', error: null });
    const before = readdirSync(series, { recursive: true, encoding: 'utf8' }).length;
    place.write({ 'noise.bin': noise(8_000_000) });
    const [node = '', ...args] = commandLine(['run', '--json', '--max-rate', '1MB/s', '--plan', place.plan]);
    const env = environment(place.options(own));
    const connections = (): number =>
      readFileSync(join(server.root, 'log'), 'utf8').split('Accepted publickey').length;
    const sent = sending(series);
    // A group of its own, as a terminal makes one.
    const run = spawn(node, args, { cwd: place.root, env, detached: true, stdio: 'ignore' });
    const ended = once(run, 'exit');
    await Promise.race([sent, ended]);
    const connected = connections();
    process.kill(-(run.pid ?? 0), 'SIGINT');
    expect(await ended).toEqual([130, null]);
    const left = readdirSync(series, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /lock|\.part$/.test(name))).toEqual([]);
    // None was made again.
    expect(connections()).toBe(connected);
    // One line in the log.
    expect(left).toHaveLength(before + 1);
  });
});

/** Resolves when an archive is on its way into `series`. */
async function sending(series: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(series, { recursive: true }, (_, name) => {
      if (name?.endsWith('.tar.zst.part') !== true) return;
      watcher.close();
      resolve();
    });
  });
}
