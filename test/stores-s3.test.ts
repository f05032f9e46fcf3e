// Backups in a bucket, by the command line.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { live } from './support/backup-life.ts';
import { Place } from './support/place.ts';
import { NastyProxy } from './support/servers/nasty-proxy.ts';
import { hasSwift, Swift, SWIFT_KEYS, SWIFT_NOTE } from './support/servers/swift.ts';
import { noise } from './support/trees.ts';

const env = { ...SWIFT_KEYS };

describe.skipIf(!hasSwift)(`a destination in a bucket${SWIFT_NOTE}`, () => {
  let swift: Swift;
  beforeAll(async () => {
    swift = await Swift.start();
  }, 180_000);
  afterAll(async () => await swift.stop());

  /** A place whose plan leads to `prefix` of the bucket. */
  const open = (prefix: string, host = swift.host): Place => {
    const place = Place.open();
    place.writePlan(
      'source,destination,name,keep',
      `source,s3://backup/${prefix}?endpoint=${host},data,last=2`,
    );
    return place;
  };

  it('is checked, written, looked at, verified and restored, also without the plan', async () => {
    await live(open('nas'), {
      address: `s3://backup/nas?endpoint=${swift.host}`,
      env,
      afterCheck: async () => expect(await swift.read('backup?prefix=nas/')).not.toContain('<Key>'),
    });
  });

  it('has nothing under the final name after a run that was killed while it sent, and the next one works', async () => {
    const proxy = await NastyProxy.start(swift.host);
    onTestFinished(async () => await proxy.stop());
    const place = open('killed', proxy.host);
    place.write({ 'noise.bin': noise(17_000_000) });
    const run = place.start(['run'], { env });
    await new Promise<void>((resolve, reject) => {
      proxy.trouble = (request) => {
        if (!request.includes('partNumber=')) return undefined;
        resolve();
        return { kind: 'hang' };
      };
      void run.ended.then(() => reject(new Error('ended before it sent anything')));
    });
    run.child.kill('SIGKILL');
    await run.ended;
    proxy.trouble = () => undefined;
    const left = await swift.read('backup?prefix=killed/');
    expect(left).toContain('UNFINISHED');
    expect(left).not.toMatch(/\.tar\.zst<|info\.json</);
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written', error: null });
    const { status, stdout } = await place.command(['verify', '--level', 'full'], { env });
    expect(`${status} ${stdout}`).toMatch(/^0 /);
  });

  it('that lets nobody in, or is away, fails the row and says what to do', async () => {
    const place = open('refused');
    place.write({ 'a.txt': 'a' });
    const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'not-this-one' };
    const refused = await place.run([], { env: wrong });
    expect(refused.status).toBe(1);
    expect(refused.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AUTH' } });
    const said = await place.command(['check'], { env: wrong });
    expect(said.stdout + said.stderr).toContain('check AWS_SECRET_ACCESS_KEY');
    expect(said.stdout + said.stderr + refused.stdout).not.toContain('not-this-one');
    const none = await place.run([], { env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } });
    expect(none.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AUTH' } });

    place.writePlan('source,destination,name', 'source,s3://backup/x?endpoint=127.0.0.1:1,data');
    const away = await place.run([], { env });
    expect(away.status).toBe(1);
    expect(away.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AWAY' } });
  });
});
