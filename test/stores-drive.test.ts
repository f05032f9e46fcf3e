// Backups in Google Drive, by the command line, on a fake of it.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { live } from './support/backup-life.ts';
import { Place } from './support/place.ts';
import { FakeDrive } from './support/servers/fake-drive.ts';
import { NastyProxy } from './support/servers/nasty-proxy.ts';
import { noise } from './support/trees.ts';

type Env = Readonly<Record<string, string>>;

describe('a destination in Google Drive', () => {
  let drive: FakeDrive;
  beforeAll(async () => {
    drive = await FakeDrive.start();
  });
  afterAll(async () => await drive.stop());

  /** A place whose plan leads to `folder`, and that has logged in. */
  const open = (folder: string, host = drive.host): { place: Place; address: string; env: Env } => {
    const place = Place.open();
    const address = `gdrive://${folder}/nas`;
    place.writePlan('source,destination,name,keep', `source,${address},data,last=2`);
    const login = place.path('login.json');
    writeFileSync(login, JSON.stringify(drive.accounts.login()), { mode: 0o600 });
    return { place, address, env: { SNAPSHOT_GDRIVE_HOST: host, SNAPSHOT_GDRIVE_LOGIN: login } };
  };

  it('is checked, written, looked at, verified and restored, also without the plan', async () => {
    const { place, address, env } = open('Backups');
    await live(place, {
      address,
      env,
      afterCheck: () => expect(drive.files.paths().filter((path) => path.includes('check'))).toEqual([]),
    });
  });

  it('is encrypted, compared, searched, exported, pruned and copied from an address, as anywhere', async () => {
    const { place, address, env } = open('Encrypted');
    const well = async (...args: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await place.command(args, { env });
      expect(`${status} ${stderr}`, args.join(' ')).toMatch(/^0 /);
      return stdout;
    };
    const { recipients } = JSON.parse((await well('key', 'new', '--json')).split('\n')[0] ?? '') as {
      readonly recipients: string;
    };
    place.writePlan('source,destination,name,encrypt', `source,${address},data,${recipients}`);
    place.write({ 'secret-name.txt': 'secret-content', 'large.bin': noise(6_000_000) });
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written', error: null });
    place.write({ 'secret-name.txt': 'secret-content, and more' });
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written', error: null });
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'unchanged' });
    for (const { name, content, appProperties } of drive.files.all()) {
      if (!Object.values(appProperties).some((value) => value.includes('.age'))) continue;
      expect(`${name} ${content.toString('latin1')}`).not.toContain('secret');
    }
    const series = `${address}/data`;
    expect(await well('diff', series)).toContain('secret-name.txt');
    expect(await well('find', 'secret*', '--series', series)).toContain('secret-name.txt');
    expect(await well('files', series)).toContain('large.bin');
    expect(await well('cat', series, 'secret-name.txt')).toBe('secret-content, and more');
    await well('export', series, '--to', place.path('all.zip'));
    await well('copy', series, place.path('copy'));
    expect(await well('list', place.path('copy'))).toContain('data');
    await well('verify', series, '--level', 'full');
    place.writePlan('source,destination,name,encrypt,keep', `source,${address},data,${recipients},last=1`);
    expect(await well('prune')).toContain('data');
    expect(drive.files.paths().filter((path) => /^Encrypted.*info\.json\.age$/.test(path))).toHaveLength(1);
  });

  it('is logged in to by a command, in a browser anywhere, and out again', async () => {
    const place = Place.open();
    const { clientId, clientSecret } = drive.accounts;
    const file = place.path('client.json');
    const client = { installed: { client_id: clientId, client_secret: clientSecret } };
    writeFileSync(file, JSON.stringify(client), { mode: 0o600 });
    const env = { SNAPSHOT_GDRIVE_HOST: drive.host };
    const login = place.start(['login', 'gdrive', '--client-secret-file', file, '--no-browser'], { env });
    const url = (await login.line((line) => line.includes('http://'))).trim();
    await fetch(url);
    const { status, stdout, stderr } = await login.ended;
    expect(`${status} ${stderr}`).toBe('0 ');
    expect(stdout).toMatch(/Logged in as somebody@example\.com, .* free\. Kept in .*default\.json/);
    place.writePlan('source,destination,name', 'source,gdrive://By%20login,data');
    place.write({ 'a.txt': 'a' });
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written' });

    const again = place.start(['login', 'gdrive', '--json'], { env });
    const asked = JSON.parse(await again.line((line) => line.includes('visit'))) as { url: string };
    await fetch(asked.url);
    expect((await again.ended).status).toBe(0);
    const out = await place.command(['logout', 'gdrive'], { env });
    expect(out.stdout).toBe('Logged out. The backup stays where it is.\n');
    const after = await place.run([], { env });
    expect(after.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AUTH' } });
  });

  it.each([
    [['--client-id', 'x'], 'needs --client-secret-file'],
    [['--client-secret-file', 'secret'], '--client-id is missing'],
    [['--client-secret-file', 'web.json'], 'no client of the type "Desktop app"'],
    [['--account', 'Me@x'], 'small letters'],
    [[], 'needs a client of your own'],
  ])('is not logged in to with %j, and the command says why: %s', async (args, reason) => {
    const place = Place.open();
    writeFileSync(place.path('secret'), 'GOCSPX-x\n', { mode: 0o600 });
    writeFileSync(place.path('web.json'), '{"web":{}}', { mode: 0o600 });
    const files = args.map((arg) => (['secret', 'web.json'].includes(arg) ? place.path(arg) : arg));
    const env = { SNAPSHOT_GDRIVE_HOST: drive.host };
    const { status, stderr } = await place.command(['login', 'gdrive', ...files], { env });
    expect(`${status} ${stderr}`).toContain('2 ');
    expect(stderr).toContain(reason);
  });

  it('has nothing under the final name after a run that was killed while it sent, and the next one works', async () => {
    const proxy = await NastyProxy.start(drive.host);
    onTestFinished(async () => await proxy.stop());
    const { place, env } = open('Killed', proxy.host);
    place.write({ 'noise.bin': noise(9_000_000) });
    const run = place.start(['run'], { env });
    await new Promise<void>((resolve, reject) => {
      proxy.trouble = (request) => {
        if (!request.startsWith('PUT ')) return undefined;
        resolve();
        return { kind: 'hang' };
      };
      void run.ended.then(() => reject(new Error('ended before it sent anything')));
    });
    run.child.kill('SIGKILL');
    await run.ended;
    proxy.trouble = () => undefined;
    const left = drive.files.paths().filter((path) => path.startsWith('Killed/'));
    expect(left.some((path) => path.endsWith('UNFINISHED'))).toBe(true);
    expect(left.filter((path) => /\.tar\.zst$|info\.json$/.test(path))).toEqual([]);
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written', error: null });
    const { status, stdout } = await place.command(['verify', '--level', 'full'], { env });
    expect(`${status} ${stdout}`).toMatch(/^0 /);
  });

  it('that is full, or away, or lets nobody in, fails the row and says what to do', async () => {
    const { place, env } = open('Refused');
    place.write({ 'a.txt': 'a' });
    const login = place.path('wrong.json');
    writeFileSync(login, JSON.stringify({ ...drive.accounts.login(), refreshToken: 'not-this-one' }));
    const refused = await place.run([], { env: { ...env, SNAPSHOT_GDRIVE_LOGIN: login } });
    expect(refused.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AUTH' } });
    expect(refused.stdout).toContain('snapshot login gdrive');
    expect(refused.stdout).not.toContain('not-this-one');
    const away = await place.run([], { env: { ...env, SNAPSHOT_GDRIVE_HOST: '127.0.0.1:1' } });
    expect(away.row).toMatchObject({ outcome: 'failed', error: { code: 'E_AWAY' } });
    drive.files.limitBytes = drive.files.usage;
    onTestFinished(() => void (drive.files.limitBytes = 15_000_000_000));
    const full = await place.run([], { env });
    expect(full.row).toMatchObject({ outcome: 'failed', guards: [{ guard: 'free-space' }] });
  });
});
