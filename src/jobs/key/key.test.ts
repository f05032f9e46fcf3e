import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { configFolder } from '../../host/config-folder.ts';
import { checkRecovery, isRecoveryUnchecked, newKeys, showKeys } from './key.ts';

const CAN_MOUNT =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
const NOW = new Date('2026-11-30T12:00:00Z');

let folder: string;
beforeEach(() => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-key-')));
  for (const name of ['XDG_CONFIG_HOME', 'HOME', 'APPDATA']) vi.stubEnv(name, root);
  folder = configFolder(process.platform, process.env, root);
  mkdirSync(folder, { recursive: true });
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });
});

describe('the keys of a user', () => {
  it('are made once, and told as they are', async () => {
    const { secret, machine, recovery } = await newKeys(NOW);
    expect(await showKeys()).toMatchObject({ machine, recovery, checked: undefined });
    for (const name of readdirSync(folder))
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(secret);
    await expect(newKeys(NOW)).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(await showKeys()).toMatchObject({ machine, recovery });
  });

  it('have a recovery key that is checked as it was typed, and no other', async () => {
    const { secret, recovery = '', machine } = await newKeys(NOW);
    expect(await isRecoveryUnchecked([machine, recovery])).toBe(true);
    // Of rows that are encrypted for others nobody has to see it.
    expect(await isRecoveryUnchecked([machine])).toBe(false);
    const own = readdirSync(folder)
      .map((name) => /AGE-SECRET-KEY-\S+/.exec(readFileSync(join(folder, name), 'utf8'))?.[0])
      .find((text) => text !== undefined);
    for (const wrong of [own ?? '', secret.slice(0, -1), ''])
      await expect(checkRecovery(wrong, NOW)).rejects.toMatchObject({ code: 'E_KEY' });
    expect(await isRecoveryUnchecked([recovery])).toBe(true);
    const typed = ` ${secret.toLowerCase().replaceAll(/(.{8})/g, '$1 ')}\n`;
    expect(await checkRecovery(typed, NOW)).toMatchObject({ checked: NOW.toISOString() });
    expect([await isRecoveryUnchecked([recovery]), (await showKeys()).checked]).toEqual([
      false,
      NOW.toISOString(),
    ]);
    const later = new Date(NOW.getTime() + 1000);
    await checkRecovery(secret, later);
    expect((await showKeys()).checked).toBe(later.toISOString());
    // Of other keys nobody has seen anything.
    for (const name of readdirSync(folder)) if (!name.includes('checked')) rmSync(join(folder, name));
    const other = await newKeys(NOW);
    expect([await isRecoveryUnchecked([other.recovery ?? '']), (await showKeys()).checked]).toEqual([
      true,
      undefined,
    ]);
  });

  it.skipIf(!CAN_MOUNT)('are both made or none: the recovery key is shown once', async () => {
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
    const ballast = join(folder, 'ballast');
    for (const free of [0, 4096]) {
      writeFileSync(ballast, Buffer.alloc(65_536 - free));
      await expect(newKeys(NOW)).rejects.toMatchObject({ code: 'E_HOST' });
      expect(readdirSync(folder)).toEqual(['ballast']);
    }
    rmSync(ballast);
    expect(await newKeys(NOW)).toMatchObject({
      secret: expect.stringContaining('AGE-SECRET-KEY-') as string,
    });
  });
});
