import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeDrive } from '../../../test/support/servers/fake-drive.ts';
import { aboutAccount } from './about-account.ts';
import { googleOf } from './google.ts';
import { type LogInOptions, logIn, logOut } from './log-in.ts';

interface Desk {
  readonly drive: FakeDrive;
  readonly env: Readonly<Record<string, string>>;
  /** @param visit - What is done with the address. */
  readonly logIn: (visit: (url: string) => void, more?: Partial<LogInOptions>) => Promise<string>;
}

async function desk(): Promise<Desk> {
  const drive = await FakeDrive.start();
  const home = mkdtempSync(join(tmpdir(), 'snapshot-login-'));
  onTestFinished(async () => {
    rmSync(home, { recursive: true });
    await drive.stop();
  });
  const env = { HOME: home, XDG_STATE_HOME: home, SNAPSHOT_GDRIVE_HOST: drive.host };
  const { clientId, clientSecret } = drive.accounts;
  return {
    drive,
    env,
    logIn: async (visit, more = {}) =>
      await logIn({
        account: 'default',
        client: { clientId, clientSecret },
        env,
        show: visit,
        pasted: undefined,
        refused: () => {},
        signal: new AbortController().signal,
        ...more,
      }),
  };
}

/** The user says what they say, and the browser goes where it is sent. */
function browse(url: string): void {
  void fetch(url);
}

/** Where the browser is sent to, by hand. */
async function target(url: string): Promise<URL> {
  const { headers } = await fetch(url, { redirect: 'manual' });
  return new URL(headers.get('location') ?? '');
}

describe('a login at Google', () => {
  it('comes back by the browser, is for this user alone, and lets requests in', async () => {
    const { env, logIn: go } = await desk();
    const file = await go(browse);
    expect(file).toBe(join(env['XDG_STATE_HOME'] ?? '', 'snapshot', 'gdrive', 'default.json'));
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await aboutAccount('default', env)).toEqual({
      user: 'somebody@example.com',
      freeBytes: 15_000_000_000,
    });
  });

  it('needs the client once, and is one of each account', async () => {
    const { env, logIn: go } = await desk();
    await expect(go(browse, { client: undefined })).rejects.toMatchObject({
      code: 'E_USAGE',
      hint: expect.stringContaining('--client-secret-file') as string,
    });
    await go(browse);
    await go(browse, { client: undefined });
    await expect(go(browse, { client: undefined, account: 'work' })).rejects.toMatchObject({
      code: 'E_USAGE',
    });
    expect(await go(browse, { account: 'work' })).toContain('work.json');
    expect((await aboutAccount('work', env)).user).toBe('somebody@example.com');
  });

  it('takes the address at which a browser elsewhere has ended, and says what is none', async () => {
    const { env, logIn: go } = await desk();
    const refused: string[] = [];
    const shown: string[] = [];
    async function* lines(): AsyncGenerator<string> {
      const there = await target(shown[0] ?? '');
      yield '';
      yield 'http://127.0.0.1/?code=1&state=another';
      yield ` ${there.href}`;
    }
    await go((url) => shown.push(url), { pasted: lines(), refused: (message) => refused.push(message) });
    expect(refused).toEqual([expect.stringContaining('That is not it')]);
    expect((await aboutAccount('default', env)).user).toBe('somebody@example.com');
  });

  it('is not taken from anybody who does not know what it was asked with', async () => {
    const { logIn: go } = await desk();
    const statuses: number[] = [];
    const visit = async (url: string): Promise<void> => {
      const there = await target(url);
      const wrong = new URL(there);
      wrong.searchParams.set('state', 'guessed');
      for (const one of [wrong.href, `${there.origin}/favicon.ico`, there.href]) {
        const answer = await fetch(one);
        statuses.push(answer.status);
        await answer.text();
      }
    };
    await go((url) => void visit(url));
    expect(statuses).toEqual([400, 400, 200]);
  });

  it.each([
    ['no', 'access_denied', 'say yes'],
    ['without the box', 'does not allow to use Drive', 'tick the box'],
  ] as const)('to which the user says %s is none', async (answer, message, hint) => {
    const { drive, env, logIn: go } = await desk();
    drive.accounts.answer = answer;
    await expect(go(browse)).rejects.toMatchObject({
      code: 'E_AUTH',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
    expect(existsSync(join(env['XDG_STATE_HOME'] ?? '', 'snapshot', 'gdrive'))).toBe(false);
  });

  it('of a client with another secret is none, and shows no secret', async () => {
    const { drive, logIn: go } = await desk();
    const client = { clientId: drive.accounts.clientId, clientSecret: 'not-this-one' };
    const error: unknown = await go(browse, { client }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'E_AUTH', hint: expect.stringContaining('Desktop app') as string });
    expect(JSON.stringify(error) + String(error)).not.toContain('not-this-one');
  });

  it('ends when the user stops it', async () => {
    const { logIn: go } = await desk();
    const stop = new AbortController();
    await expect(go(() => stop.abort(), { signal: stop.signal })).rejects.toMatchObject({
      code: 'E_STOPPED',
    });
  });

  it('that is ended is none any more, here and at Google', async () => {
    const { drive, env, logIn: go } = await desk();
    expect(await logOut('default', env)).toBe('none');
    await go(browse);
    expect(await logOut('default', env)).toBe('ended');
    expect(drive.accounts.logins).toBe(0);
    await expect(aboutAccount('default', env)).rejects.toMatchObject({
      code: 'E_AUTH',
      message: expect.stringContaining('not logged in') as string,
      hint: 'Log in: `snapshot login gdrive`.',
    });
    await go(browse);
    drive.accounts.endLogins();
    expect(await logOut('default', env)).toBe('forgotten');
    expect(await logOut('default', env)).toBe('none');
  });

  it.each(['', 'no JSON', '{"clientId":"a","clientSecret":"b"}', '[]', 'null'])(
    'in a file that holds %j is none, and goes when it is ended',
    async (text) => {
      const { env, logIn: go } = await desk();
      const file = await go(browse);
      writeFileSync(file, text);
      await expect(aboutAccount('default', env)).rejects.toMatchObject({
        code: 'E_AUTH',
        message: expect.stringContaining('holds no login') as string,
      });
      expect(await logOut('default', env)).toBe('forgotten');
      expect(existsSync(file)).toBe(false);
    },
  );

  it('that Google has ended says why that may be', async () => {
    const { drive, env, logIn: go } = await desk();
    const file = await go(browse);
    drive.accounts.endLogins();
    await expect(aboutAccount('default', env)).rejects.toMatchObject({
      code: 'E_AUTH',
      message: expect.stringContaining('has ended') as string,
      hint: expect.stringContaining('7 days') as string,
    });
    const login = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...login, clientId: 'gone' }));
    await expect(aboutAccount('default', env)).rejects.toMatchObject({
      code: 'E_AUTH',
      message: expect.stringContaining('does not know the client') as string,
    });
  });

  it('is asked for at Google, and in tests at this machine: nowhere else', () => {
    expect(
      Object.values(googleOf({})).map((url) =>
        new URL(url as string).host.replace(/^.*?(google[a-z]*\.com)$/, '$1'),
      ),
    ).toEqual(['googleapis.com', 'googleapis.com', 'google.com', 'googleapis.com', 'googleapis.com']);
    for (const host of ['example.com', 'localhost:1', '127.0.0.1:1@example.com', '127.0.0.1:1/x'])
      expect(() => googleOf({ SNAPSHOT_GDRIVE_HOST: host })).toThrow('is for tests');
  });
});
