// Backups on a server of WebDAV, and where rclone leads, by the command line.
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { live } from './support/backup-life.ts';
import { Place } from './support/place.ts';
import { Apache, DAV_ENV, hasApache } from './support/servers/apache.ts';
import { NastyProxy } from './support/servers/nasty-proxy.ts';
import { noise } from './support/trees.ts';

const hasRclone = process.platform !== 'win32' && spawnSync('rclone', ['version']).status === 0;

function open(address: string): Place {
  const place = Place.open();
  place.writePlan('source,destination,name,keep', `source,${address},data,last=2`);
  return place;
}

/** What is ours alone for a time: nothing of it may stay. */
function leftovers(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /part$|lock/.test(name));
}

describe.skipIf(!hasApache)('a destination on a server of WebDAV', () => {
  let apache: Apache;
  beforeAll(async () => {
    apache = await Apache.start();
  }, 60_000);
  afterAll(async () => await apache.stop());

  it('is checked, written, looked at, verified and restored, also without the plan', async () => {
    const address = apache.address('nas/deep');
    await live(open(address), { address, env: DAV_ENV });
    expect(leftovers(join(apache.folder, 'nas'))).toEqual([]);
  });

  it('has nothing under the final name after a run that was killed while it sent, and the next one works', async () => {
    const proxy = await NastyProxy.start(apache.host);
    onTestFinished(async () => await proxy.stop());
    const place = open(apache.address('killed', proxy.host));
    place.write({ 'noise.bin': noise(20_000_000) });
    const series = join(apache.folder, 'killed');
    const run = place.start(['run'], { env: DAV_ENV });
    await new Promise<void>((resolve, reject) => {
      proxy.trouble = (request) => {
        if (/^PUT .*\.tar\.zst\.part/.test(request)) resolve();
        return undefined;
      };
      void run.ended.then(() => reject(new Error('ended before it sent anything')));
    });
    run.child.kill('SIGKILL');
    await run.ended;
    const left = readdirSync(series, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /\.tar\.zst$|info\.json$/.test(name))).toEqual([]);
    expect(left.some((name) => name.endsWith('UNFINISHED'))).toBe(true);
    expect((await place.run([], { env: DAV_ENV })).row).toMatchObject({ outcome: 'written', error: null });
    const { status, stdout } = await place.command(['verify', '--level', 'full'], { env: DAV_ENV });
    expect(`${status} ${stdout}`).toMatch(/^0 /);
    expect(leftovers(series)).toEqual([]);
  });

  it('that lets nobody in, or is away, or would show the password, fails the row and says what to do', async () => {
    const place = open(apache.address('refused'));
    place.write({ 'a.txt': 'a' });
    const wrong = { SNAPSHOT_WEBDAV_PASSWORD: 'not-this-one' };
    const refused = await place.run([], { env: wrong });
    expect(refused.status).toBe(1);
    expect(refused.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AUTH' } });
    expect(refused.stdout).not.toContain('not-this-one');
    const none = await place.run([], { env: { SNAPSHOT_WEBDAV_PASSWORD: '', NETRC: '/nowhere/at all' } });
    expect(none.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AUTH' } });
    for (const [address, code] of [
      ['webdav://me@127.0.0.1:1/x', 'E_AWAY'],
      ['webdav://me@nas.example/x', 'E_USAGE'],
    ] as const) {
      place.writePlan('source,destination,name', `source,${address},data`);
      const failed = await place.run([], { env: DAV_ENV });
      expect(failed.row).toMatchObject({ outcome: 'failed', error: { code } });
    }
  });
});

describe.skipIf(!hasRclone)('a destination that rclone knows', () => {
  it('is checked, written, looked at, verified and restored, also without the plan', async () => {
    const address = 'rclone:al:deep/nas';
    const place = open(address);
    const config = place.path('rclone.conf');
    writeFileSync(config, `[al]\ntype = alias\nremote = ${place.path('far')}\n`);
    await live(place, { address, env: { RCLONE_CONFIG: config } });
    expect(leftovers(place.path('far'))).toEqual([]);
  });
});
