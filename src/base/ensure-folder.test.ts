import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HAS_FOLDER_LINKS, HAS_MODES } from './able.lab.ts';
import { ensureFolder } from './ensure-folder.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-folders-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

describe('ensureFolder()', () => {
  it('makes all that are missing, and tells the topmost', async () => {
    expect(await ensureFolder(join(root, 'a/b/c'), 0o700)).toBe(join(root, 'a'));
    expect(await ensureFolder(join(root, 'a/b/d'), 0o700)).toBe(join(root, 'a/b/d'));
    expect(await ensureFolder(join(root, 'a/b/d'), 0o700)).toBeUndefined();
    if (HAS_MODES) expect(statSync(join(root, 'a/b')).mode & 0o777).toBe(0o700);
  });

  it.skipIf(!HAS_FOLDER_LINKS)('takes a link to a folder for one', async () => {
    mkdirSync(join(root, 'real'));
    symlinkSync(join(root, 'real'), join(root, 'link'), 'junction');
    expect(await ensureFolder(join(root, 'link/a'), 0o700)).toBe(join(root, 'link/a'));
    expect(existsSync(join(root, 'real/a'))).toBe(true);
  });

  it('makes one that another makes at the same moment', async () => {
    const made = await Promise.all(
      Array.from({ length: 20 }, async () => await ensureFolder(join(root, 'x/y/z'), 0o700)),
    );
    expect(made.filter((one) => one === join(root, 'x'))).toHaveLength(1);
    expect(existsSync(join(root, 'x/y/z'))).toBe(true);
  });

  it('fails where a file is in the way', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(ensureFolder(join(root, 'file'), 0o700)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(ensureFolder(join(root, 'file/a/b'), 0o700)).rejects.toThrow();
  });

  it.skipIf(process.platform !== 'linux')('fails where nothing can be made, and ends', async () => {
    await expect(ensureFolder('/proc/snapshot/a', 0o700)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
