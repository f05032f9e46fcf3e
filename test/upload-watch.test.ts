// `snapshot upload --watch`: what comes is sent as it comes.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { JsonEvent, Running } from './support/command.ts';
import { Served, sha256 } from './support/served.ts';

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The first round for which `isWanted`. */
async function round(running: Running, isWanted: (event: JsonEvent) => boolean): Promise<JsonEvent> {
  const line = await running.line((text) => {
    if (!text.startsWith('{"event":"round"')) return false;
    return isWanted(JSON.parse(text) as JsonEvent);
  });
  return JSON.parse(line) as JsonEvent;
}

const stored = (files: number, count: number) => (event: JsonEvent) =>
  event['files'] === files && event['stored'] === count;

describe('upload --watch', () => {
  it('sends what is new or has changed, and nothing else is looked at again', async () => {
    const served = await Served.open();
    const { place } = served;
    place.write({ 'DCIM/1.jpg': 'one', 'DCIM/2.jpg': 'two' });
    const args = ['upload', served.url, 'source/DCIM', '--watch', '--rename', '--json'];
    const running = place.start(args, { env: { SNAPSHOT_TOKEN: await served.token('upload') } });
    await round(running, stored(2, 2));

    // A camera makes folders as it goes.
    place.write({ 'DCIM/next/3.jpg': 'three' });
    await round(running, stored(1, 1));
    place.write({ 'DCIM/1.jpg': 'one, edited' });
    await running.line(
      (line) => line.includes('"event":"file"') && line.includes('"size":11,"status":"stored"'),
    );
    expect(Object.values(served.holds()).toSorted()).toEqual(
      ['one', 'two', 'three', 'one, edited'].map(sha256).toSorted(),
    );
    running.child.kill('SIGINT');
    const { status, stdout } = await running.ended;
    expect([status, stdout.trim().split('\n').at(-1)]).toEqual([0, '{"event":"end","status":0}']);
  });

  it('watches as many folders as it is given', async () => {
    const served = await Served.open();
    const { place } = served;
    const names = Array.from({ length: 12 }, (_, i) => `card${i}`);
    for (const name of names) place.write({ [`${name}/1.jpg`]: name });
    const args = ['upload', served.url, ...names.map((name) => `source/${name}`), '--watch', '--json'];
    const running = place.start(args, { env: { SNAPSHOT_TOKEN: await served.token('upload') } });
    await round(running, stored(12, 12));
    place.write({ 'card11/2.jpg': 'new' });
    await round(running, stored(1, 1));
    running.child.kill('SIGINT');
    const { status, stderr } = await running.ended;
    expect([status, stderr.includes('MaxListeners')]).toEqual([0, false]);
  });

  it('waits for a server and for a card that are away, and says so once', async () => {
    const served = await Served.open(['--listen', `127.0.0.1:${await freePort()}`]);
    const { place } = served;
    place.write({ 'card/1.jpg': 'one' });
    const args = ['upload', served.url, 'source/card', '--watch', '--json'];
    const running = place.start(args, { env: { SNAPSHOT_TOKEN: await served.token('upload') } });
    const said = (text: string): Promise<void> =>
      new Promise((resolve) => {
        running.child.stderr?.on('data', (chunk: Buffer) => {
          if (chunk.toString().includes(text)) resolve();
        });
      });
    await round(running, stored(1, 1));

    renameSync(place.path('source/card'), place.path('away'));
    await said('card": no such file or folder; it is tried again');
    writeFileSync(place.path('away/2.jpg'), 'two');
    renameSync(place.path('away'), place.path('source/card'));
    await running.line((line) => line.includes('"event":"file"') && line.includes('card/2.jpg'));

    await served.stop();
    place.write({ 'card/3.jpg': 'three' });
    await said('; it is tried again');
    await served.start();
    await running.line((line) => line.includes('"event":"file"') && line.includes('card/3.jpg'));
    expect(Object.keys(served.holds()).toSorted()).toEqual(['card/1.jpg', 'card/2.jpg', 'card/3.jpg']);
    running.child.kill('SIGINT');
    const { status, stderr } = await running.ended;
    expect(status).toBe(0);
    expect(stderr.match(/it is tried again/g)).toHaveLength(2);
  });

  it('names what has no place there once, and tells it by its exit code', async () => {
    const served = await Served.open();
    const { place } = served;
    served.write('in/taken.jpg', 'theirs');
    place.write({ 'in/taken.jpg': 'mine' });
    const args = ['upload', served.url, 'source/in', '--watch', '--json'];
    const running = place.start(args, { env: { SNAPSHOT_TOKEN: await served.token('upload') } });
    const first = await round(running, () => true);
    expect(first).toMatchObject({
      status: 3,
      stored: 0,
      problems: [{ path: place.path('source/in/taken.jpg') }],
    });
    place.write({ 'in/new.jpg': 'new' });
    await round(running, stored(1, 1));
    running.child.kill('SIGINT');
    const { status, stdout } = await running.ended;
    expect(status).toBe(3);
    expect(stdout.match(/"status":"failed"/g)).toHaveLength(1);
  });

  it('begins with what can be used', async () => {
    const served = await Served.open();
    const { place } = served;
    mkdirSync(place.path('in'));
    writeFileSync(place.path('wrong'), 'nobody', { mode: 0o600 });
    const env = { SNAPSHOT_TOKEN: await served.token('upload') };
    for (const [args, why, wanted] of [
      [[served.url, 'in', '--watch', '--dry-run'], '--watch does not go with --dry-run', 2],
      [[served.url, 'nowhere', '--watch'], 'Cannot upload "nowhere"', 2],
      // Also when there is nothing to send yet.
      [[served.url, 'in', '--watch', '--token-file', 'wrong'], 'That token is not known here', 1],
    ] as const) {
      const { status, stderr } = await place.command(['upload', ...args], { env });
      expect([status, stderr]).toEqual([wanted, expect.stringContaining(why)]);
    }
  });
});
