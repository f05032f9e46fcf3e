import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { files, interpose } from '../base/file-calls.ts';
import { attempt, closing, flushFolder } from './attempt.ts';

async function openOne(): Promise<{ file: Awaited<ReturnType<typeof open>>; path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-attempt-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  writeFileSync(path, 'content');
  return { file: await open(path, 'r'), path };
}

it('a close that fails is an error of the store', async () => {
  const { file, path } = await openOne();
  const close = file.close.bind(file);
  file.close = async () => {
    await close();
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };
  await expect(closing(file, path, async () => await file.readFile())).rejects.toMatchObject({
    name: 'SnapshotError',
    code: 'E_STORE',
    message: expect.stringContaining(`Cannot close "${path}"`),
  });
});

async function fail(): Promise<never> {
  return await Promise.reject(new Error('first'));
}

it('what failed first is what gets reported, and the file is closed', async () => {
  const { file, path } = await openOne();
  await expect(closing(file, path, fail)).rejects.toThrow('first');
  expect(file.fd).toBe(-1);
});

it.skipIf(process.platform === 'win32').each([
  ['EINVAL', true],
  ['ENOTSUP', true],
  ['EIO', false],
])('a folder whose file system answers %s to a flush: is that well? %s', async (code, isWell) => {
  const before = files;
  interpose((calls) => ({
    ...calls,
    open: async (...args) => {
      const handle = await calls.open(...args);
      handle.sync = async () => await Promise.reject(Object.assign(new Error(code), { code }));
      return handle;
    },
  }));
  onTestFinished(() => interpose(() => before));
  const flushed = flushFolder(tmpdir());
  if (isWell) await flushed;
  else await expect(flushed).rejects.toMatchObject({ code: 'E_STORE' });
});

it('a disk that is full stays one, also when that was found by a call within another', async () => {
  const full = Object.assign(new Error('no'), { code: 'ENOSPC' });
  const inner = async (): Promise<void> =>
    await attempt('flush', 'folder', async () => await Promise.reject<undefined>(full));
  await expect(attempt('remove', 'folder/file', inner)).rejects.toMatchObject({
    code: 'E_SPACE',
    message: expect.stringContaining('Cannot flush "folder"'),
  });
});
