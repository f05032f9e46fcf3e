// Notices: somebody is told how a run went, whatever happens to it, and the run does not suffer for it.
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closedPort, silentPort, webServer, type WebServer } from '../src/host/notices/notices.lab.ts';
import { eventsOf, IS_LINUX, IS_WINDOWS } from './support/command.ts';
import { Place } from './support/place.ts';
import { writeZeros } from './support/write-zeros.ts';

interface Told {
  readonly outcome: string;
  readonly status: number;
  readonly rows: readonly { readonly row: string; readonly outcome: string; readonly status: number }[];
  readonly notes: readonly string[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

function openWithFile(): Place {
  const place = Place.open();
  place.write({ file: 'x' });
  return place;
}

/** The bodies that a webhook got. */
function told({ received }: WebServer): readonly Told[] {
  return received.filter(({ path }) => path === '/hook').map(({ body }) => JSON.parse(body) as Told);
}

describe('snapshot verify --notify', () => {
  it('tells what was found, without paths, and of success only where that is wanted', async () => {
    const { origin, received } = await webServer();
    const place = Place.open();
    place.write({ file: 'x'.repeat(5000) });
    await place.night();
    const tell = ['verify', '--level', 'full', '--notify', `webhook:${origin}/hook`];
    expect((await place.command(tell)).status).toBe(0);
    expect((await place.command([...tell, '--notify-on', 'trouble'])).status).toBe(0);
    const folder = join(place.destination, 'data', place.snapshots()[0] ?? '');
    const archive = readdirSync(folder).find((name) => name.endsWith('Z.tar.zst')) ?? '';
    truncateSync(join(folder, archive), 10);
    expect((await place.command([...tell, '--notify-on', 'trouble'])).status).toBe(1);
    const bodies = received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(bodies).toMatchObject([
      { outcome: 'verify', status: 0, series: [{ series: 'data', damages: 0, looked: 'full' }] },
      { outcome: 'verify', status: 1, series: [{ series: 'data', status: 1 }] },
    ]);
    for (const { body } of received) expect(body).not.toContain(place.root);
  });

  it('tells of one that could not be done', async () => {
    const { origin, received } = await webServer();
    const place = Place.open();
    place.writePlan('source,wrong', 'a,b');
    expect((await place.command(['verify', '--notify', `webhook:${origin}/hook`])).status).toBe(2);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      status: 2,
      error: expect.any(String) as string,
    });
  });
});

describe('--notify', () => {
  it('tells every kind, and a check of the start too', async () => {
    const place = openWithFile();
    const server = await webServer();
    const { origin, received } = server;
    const { status, stderr } = await place.run([
      '--notify',
      `healthchecks:${origin}/uuid`,
      `ntfy:${origin}/topic`,
      `webhook:${origin}/hook`,
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(received.map(({ path }) => path).toSorted()).toEqual(['/', '/hook', '/uuid', '/uuid/start']);
    expect(received[0]?.path).toBe('/uuid/start');
    expect(told(server)).toMatchObject([
      { outcome: 'done', status: 0, rows: [{ row: 'data', outcome: 'written', status: 0 }], error: null },
    ]);
    const text = received.find(({ path }) => path === '/uuid')?.body ?? '';
    expect(text).toMatch(/^Backup on .*: done\n\ndata: written, 1 file, /);
    expect(text).toMatch(/\nExit code 0, after /);
    // Where the folders are is nobody's business.
    for (const { body } of received) expect(body).not.toContain(place.root);
  });

  it('tells of a row that failed, by the name of its series', async () => {
    const place = openWithFile();
    place.writePlan('source,destination,name', 'gone,destination,lost', 'source,destination,data');
    const server = await webServer();
    const { origin, received } = server;
    const { status } = await place.run(['--notify', `healthchecks:${origin}/uuid`, `webhook:${origin}/hook`]);
    expect(status).toBe(1);
    expect(received.map(({ path }) => path)).toContain('/uuid/fail');
    expect(told(server)).toMatchObject([
      {
        outcome: 'failed',
        status: 1,
        rows: [
          { row: 'lost', outcome: 'failed' },
          { row: 'data', outcome: 'written' },
        ],
      },
    ]);
    const text = received.find(({ path }) => path === '/uuid/fail')?.body ?? '';
    expect(text).toMatch(/: 1 row of 2 failed\n\nlost: FAILED/);
  });

  it.each<[string, readonly string[], string]>([
    ['the plan is missing', ['--plan', 'none.csv'], 'E_PLAN'],
    ['an option is wrong', ['--jobs', '0'], 'E_USAGE'],
    ['no row has that name', ['--only', 'none'], 'E_USAGE'],
    ['the log would be on another machine', ['--log', 'nas:log'], 'E_USAGE'],
  ])('tells that a run could not start when %s', async (_, args, code) => {
    const place = openWithFile();
    writeFileSync(place.path('file'), '');
    const server = await webServer();
    const { status } = await place.run([...args, '--notify', `webhook:${server.origin}/hook`]);
    expect(status).toBe(2);
    expect(told(server)).toMatchObject([{ outcome: 'failed', status: 2, rows: [], error: { code } }]);
  });

  it('tells of a run that found the series locked', async () => {
    const place = openWithFile();
    place.write({ large: '' });
    writeZeros(`${place.source}/large`, 1_000_000_000);
    const first = place.start(['run', '--json']);
    await first.line((line) => line.includes('"phase":"pack"'));
    const server = await webServer();
    const { status } = await place.run(['--notify', `webhook:${server.origin}/hook`]);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(status).toBe(11);
    expect(told(server)).toMatchObject([{ outcome: 'trouble', status: 11, rows: [{ status: 11 }] }]);
  });

  it.skipIf(IS_WINDOWS)('tells of a run that was stopped, once, as somebody waits', async () => {
    const place = openWithFile();
    place.write({ large: '' });
    writeZeros(`${place.source}/large`, 1_000_000_000);
    const server = await webServer((response) => response.writeHead(500).end());
    const running = place.start(['run', '--json', '--notify', `webhook:${server.origin}/hook`]);
    await running.line((line) => line.includes('"phase":"pack"'));
    running.child.kill('SIGTERM');
    const ended = await running.ended;
    expect(ended.status).toBe(130);
    expect(eventsOf(ended).at(-1)).toMatchObject({ event: 'end', status: 130, stopped: 1 });
    expect(told(server)).toMatchObject([{ outcome: 'stopped', status: 130 }]);
  });

  it('tries again, and a run is what it was when nobody can be told', async () => {
    const place = openWithFile();
    const server = await webServer((response, nth) => response.writeHead(nth === 1 ? 500 : 200).end());
    const ended = await place.run([
      '--notify',
      `webhook:${server.origin}/hook`,
      `webhook:http://127.0.0.1:${await closedPort()}/secret`,
    ]);
    expect(ended.status).toBe(0);
    expect(told(server)).toHaveLength(2);
    const warnings = ended.events.filter(({ event }) => event === 'warning');
    expect(warnings).toEqual([
      {
        event: 'warning',
        message: expect.stringMatching(/^Cannot send the notice, webhook at .*nobody answers/),
      },
    ]);
    expect(ended.events.at(-1)).toMatchObject({ event: 'end', status: 0, written: 1 });
    // The address is as good as a password.
    expect(ended.stdout + ended.stderr).not.toContain('secret');
  });

  it.skipIf(IS_WINDOWS)(
    'does not keep who pressed Ctrl-C waiting for a server that says nothing',
    async () => {
      const place = openWithFile();
      const server = await webServer(() => running.child.kill('SIGINT'));
      const running = place.start([
        'run',
        '--json',
        '--notify',
        `webhook:http://127.0.0.1:${await silentPort()}`,
        `webhook:${server.origin}/hook`,
      ]);
      const ended = await running.ended;
      expect(ended.status).toBe(0);
      expect(eventsOf(ended)).toContainEqual({
        event: 'warning',
        message: expect.stringMatching(/^Cannot send the notice, webhook at .*: stopped$/),
      });
    },
  );

  it('sends mail', async () => {
    const place = openWithFile();
    const mails: string[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _session, done) {
        let mail = '';
        stream.on('data', (chunk: Buffer) => (mail += chunk.toString()));
        stream.on('end', () => {
          mails.push(mail);
          done();
        });
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    onTestFinished(() => server.close());
    const { port } = server.server.address() as AddressInfo;
    const env = { SNAPSHOT_SMTP: `smtp://127.0.0.1:${port}`, SNAPSHOT_NOTIFY: 'mailto:anna@example.org' };
    expect(await place.run([], { env })).toMatchObject({ status: 0, stderr: '' });
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatch(/^Subject: Backup on .*: done\r$/m);
    expect(mails[0]).toMatch(/^data: written, 1 file/m);
  });

  it.each([
    [['--notify', 'https://hc-ping.com/uuid'], {}],
    [['--notify', 'mailto:anna@example.org'], {}],
    [[], { SNAPSHOT_NOTIFY: 'desktop: nonsense' }],
  ])('does nothing at all when an address cannot be used: %j %j', async (args, env) => {
    const place = openWithFile();
    const { status, events } = await place.run(args, { env });
    expect(status).toBe(2);
    expect(events).toMatchObject([{ event: 'end', error: { code: 'E_USAGE' } }]);
    expect(place.snapshots()).toEqual([]);
  });

  it('tells of trouble only, with --notify-on trouble; but a check of every run', async () => {
    const place = openWithFile();
    const server = await webServer();
    const { origin, received } = server;
    const args = [
      '--notify-on',
      'trouble',
      '--notify',
      `healthchecks:${origin}/uuid`,
      `webhook:${origin}/hook`,
    ];
    await place.run(args);
    expect(received.map(({ path }) => path)).toEqual(['/uuid/start', '/uuid']);
    await place.run([...args, '--plan', 'none.csv']);
    expect(told(server)).toMatchObject([{ outcome: 'failed' }]);
  });

  it('tells nobody of a dry run', async () => {
    const place = openWithFile();
    const { origin, received } = await webServer();
    expect((await place.run(['--dry-run', '--notify', `webhook:${origin}/hook`])).status).toBe(0);
    expect(received).toEqual([]);
  });
});

describe('snapshot notify', () => {
  it('sends a test, which is no success to a check', async () => {
    const place = Place.open();
    const server = await webServer();
    const { origin, received } = server;
    const env = { SNAPSHOT_NOTIFY: `healthchecks:${origin}/uuid webhook:${origin}/hook` };
    const { status, stdout } = await place.command(['notify'], { env });
    expect({ status, stdout: stdout.split('\n').toSorted() }).toEqual({
      status: 0,
      stdout: [
        '',
        `Sent: healthchecks at ${new URL(origin).host}`,
        `Sent: webhook at ${new URL(origin).host}`,
      ],
    });
    expect(received.map(({ path }) => path).toSorted()).toEqual(['/hook', '/uuid/log']);
    expect(told(server)).toMatchObject([{ outcome: 'test', status: 0 }]);
  });

  it('says what could not be sent, exit code 1', async () => {
    const place = Place.open();
    const address = `webhook:http://127.0.0.1:${await closedPort()}`;
    const ended = await place.command(['notify', '--json', '--notify', address]);
    expect(ended.status).toBe(1);
    expect(eventsOf(ended)).toEqual([
      { event: 'notice', to: expect.any(String), delivered: false, error: expect.stringContaining('nobody') },
      { event: 'end', status: 1 },
    ]);
  });

  it('is wrong use when there is nobody to tell', async () => {
    const { status, stderr } = await Place.open().command(['notify']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/nobody to tell\n.*--notify/);
  });

  // The others have a program of their own at a fixed path.
  it.skipIf(!IS_LINUX)('shows a notification on the desktop', async () => {
    const place = Place.open();
    mkdirSync(place.path('bin'));
    const said = place.path('said');
    writeFileSync(place.path('bin', 'notify-send'), `#!/bin/sh\nprintf '%s\\n' "$@" > '${said}'\n`);
    chmodSync(place.path('bin', 'notify-send'), 0o755);
    const env = { PATH: `${place.path('bin')}:${process.env['PATH'] ?? ''}` };
    const ended = await place.command(['notify', '--notify', 'desktop:'], { env });
    expect(ended).toMatchObject({ status: 0, stdout: 'Sent: desktop\n' });
    expect(readFileSync(said, 'utf8')).toMatch(/\n--\nBackup on .*: this is a test\nThis is how /);
  });
});
