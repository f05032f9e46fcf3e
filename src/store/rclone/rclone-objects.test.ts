import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NastyProxy } from '../../../test/support/servers/nasty-proxy.ts';
import { testNights } from '../../jobs/run/far-nights.lab.ts';
import { testStore } from '../contract.lab.ts';
import { ObjectStore } from '../object-store.ts';
import { webdavObjects } from '../webdav/webdav-objects.ts';
import { RetryObjects } from '../wrap/retry-objects.ts';
import { openRclone, rcloneRemote } from './rclone-objects.ts';
import { RcloneServer } from './rclone-server.ts';

const hasRclone = process.platform !== 'win32' && spawnSync('rclone', ['version']).status === 0;

/** A remote called `al`, whose files are those of `folder`. */
function remote(): { readonly folder: string; readonly env: NodeJS.ProcessEnv } {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-rclone-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'far');
  mkdirSync(folder);
  const config = join(root, 'rclone.conf');
  writeFileSync(config, `[al]\ntype = alias\nremote = ${folder}\n`);
  return { folder, env: { ...process.env, RCLONE_CONFIG: config } };
}

/** Whether a process runs, and is no zombie. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    // It ended, before this or while it was read.
    return false;
  }
}

function below(pid: number, name: string): readonly number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid), '-x', name], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** The number of the rclone that a process has started. */
function rcloneOf(parent: number): number {
  return below(parent, 'sh').flatMap((shell) => below(shell, 'rclone'))[0] ?? 0;
}

describe.skipIf(!hasRclone)('what rclone knows', () => {
  testStore('remote of rclone', async () => {
    const { env } = remote();
    const at = 'rclone:al:new/a b%41+é';
    const store = new ObjectStore(at, async () => await openRclone(at, env));
    onTestFinished(async () => await store.close());
    return await Promise.resolve(store);
  });

  testNights('remote of rclone', () => {
    const { env } = remote();
    const at = 'rclone:al:nights';
    return () => new ObjectStore(at, async () => await openRclone(at, env));
  });

  it('sees at once what others write there', async () => {
    const { folder, env } = remote();
    const objects = await openRclone('rclone:al:x', env);
    onTestFinished(async () => await objects.close());
    await objects.put('s/a', Buffer.from('1'));
    writeFileSync(join(folder, 'x/s/b'), '22');
    writeFileSync(join(folder, 'x/s/a'), '333');
    expect(new Map((await objects.list('s')).map(({ name, sizeBytes }) => [name, sizeBytes]))).toEqual(
      new Map([
        ['a', 3],
        ['b', 2],
      ]),
    );
    expect(String(await objects.get('s/a'))).toBe('333');
    rmSync(join(folder, 'x/s'), { recursive: true });
    expect(await objects.get('s/a')).toBeUndefined();
    await objects.put('s/a', Buffer.from('4'));
    expect(readFileSync(join(folder, 'x/s/a'), 'utf8')).toBe('4');
  });

  it('cut off in the middle of an object, it leaves the earlier one as it was', async () => {
    const { folder, env } = remote();
    const server = await RcloneServer.start('al:x', env);
    onTestFinished(async () => await server.stop());
    const proxy = await NastyProxy.start(server.origin.host);
    onTestFinished(async () => await proxy.stop());
    const objects = webdavObjects({
      label: 'x',
      origin: new URL(`http://${proxy.host}`),
      login: server.login,
      folder: '',
    });
    onTestFinished(async () => await objects.close());
    await objects.put('s/a', Buffer.from('old'));
    proxy.once(/^PUT/, { kind: 'cut', afterBytes: 100_000 });
    await expect(objects.put('s/a', Buffer.alloc(1_000_000))).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(readFileSync(join(folder, 'x/s/a'), 'utf8')).toBe('old');
    // Until rclone has noticed, its lock of the first try stands: it answers 423, and is asked again.
    await new RetryObjects(objects).put('s/a', Buffer.alloc(1_000_000));
    expect(readFileSync(join(folder, 'x/s/a'))).toHaveLength(1_000_000);
    expect(readdirSync(join(folder, 'x/s'))).toEqual(['a']);
  });

  it('says what rclone says', async () => {
    const { folder, env } = remote();
    await expect(openRclone('rclone:nope:x', env)).rejects.toMatchObject({
      code: 'E_STORE',
      message: expect.stringContaining("didn't find section in config file") as string,
      hint: expect.stringContaining('rclone listremotes') as string,
    });
    await expect(openRclone('rclone:al:x', { ...env, PATH: folder })).rejects.toMatchObject({
      code: 'E_HOST',
    });
    const objects = await openRclone('rclone:al:x', env);
    onTestFinished(async () => await objects.close());
    writeFileSync(join(folder, 'x'), 'in the way');
    await expect(objects.put('a/b', Buffer.from('1'))).rejects.toThrow('rclone says: ');
  });

  it('begins again when rclone was killed', async () => {
    const { env } = remote();
    const objects = new RetryObjects(await openRclone('rclone:al:x', env), 0.1);
    onTestFinished(async () => await objects.close());
    await objects.put('a', Buffer.from('1'));
    const rclone = rcloneOf(process.pid);
    process.kill(rclone, 'SIGKILL');
    expect(String(await objects.get('a'))).toBe('1');
    process.kill(rcloneOf(process.pid), 'SIGKILL');
    expect(String(await objects.get('a'))).toBe('1');
    const next = rcloneOf(process.pid);
    await objects.close();
    await objects.close();
    expect(next).not.toBe(rclone);
    expect(isAlive(next)).toBe(false);
  });

  it('ends with who has started it, however that ends', async () => {
    const { env } = remote();
    const script = `
      const { openRclone } = await import(${JSON.stringify(join(import.meta.dirname, '../../../dist/store/rclone/rclone-objects.js'))});
      const objects = await openRclone('rclone:al:x');
      await objects.put('a', Buffer.from('1'));
      process.stdout.write('ready');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const rclone = rcloneOf(Number(child.pid));
    expect(isAlive(rclone)).toBe(true);
    expect(readFileSync(`/proc/${rclone}/cmdline`, 'utf8')).not.toMatch(/--user|--pass/);
    child.kill('SIGKILL');
    while (isAlive(rclone)) await delay(20);
  });
});

describe('an address of rclone', () => {
  it.each([
    ['rclone:al:', 'al:'],
    ['rclone:my drive:a/b:c', 'my drive:a/b:c'],
    ['rclone:Größe-1:x', 'Größe-1:x'],
  ])('%s is %s there', (address, expected) => {
    expect(rcloneRemote(address)).toBe(expected);
  });

  it.each([
    'rclone::local:/x',
    'rclone:-v:x',
    'rclone:al,password=secret:x',
    'rclone:al:a/../b',
    'rclone:al',
  ])('%s is refused, and shows no secret', (address) => {
    const refused = expect.objectContaining({
      code: 'E_USAGE',
      message: expect.not.stringContaining('secret') as string,
    });
    expect(() => rcloneRemote(address)).toThrow(refused as Error);
  });
});
