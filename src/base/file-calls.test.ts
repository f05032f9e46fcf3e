import * as sync from 'node:fs';
import * as promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileCalls, files, patient } from './file-calls.ts';

const EPERM = Object.assign(new Error('EPERM'), { code: 'EPERM' });

/** As Windows has them: no file is replaced that is read-only. */
const WINDOWS: FileCalls = {
  ...sync,
  ...promises,
  async rename(from, to) {
    this.renameSync(from, to);
    await Promise.resolve();
  },
  renameSync(from, to) {
    if (((sync.lstatSync(to, { throwIfNoEntry: false })?.mode ?? 0o200) & 0o200) === 0) throw EPERM;
    sync.renameSync(from, to);
  },
};

describe('patient()', () => {
  let folder: string;
  let from: string;
  let to: string;
  beforeEach(() => {
    folder = sync.mkdtempSync(join(tmpdir(), 'file-calls-'));
    from = join(folder, 'new');
    to = join(folder, 'old');
    sync.writeFileSync(from, 'new');
    sync.writeFileSync(to, 'old', { mode: 0o444 });
  });
  afterEach(() => sync.rmSync(folder, { recursive: true }));

  it.each<[string, (calls: FileCalls) => Promise<void>]>([
    ['rename', async (calls) => await calls.rename(from, to)],
    [
      'renameSync',
      async (calls) => {
        calls.renameSync(from, to);
        await Promise.resolve();
      },
    ],
  ])('replaces a file on Windows that is read-only: %s', async (_, rename) => {
    await expect(rename(WINDOWS)).rejects.toThrow('EPERM');
    await rename(patient(WINDOWS, 'win32'));
    expect(sync.readFileSync(to, 'utf8')).toBe('new');
    expect(sync.readdirSync(folder)).toEqual(['old']);
  });

  it.each(['link', 'lstat', 'mkdir', 'open', 'rename', 'rmdir', 'unlink'] as const)(
    'has %s wait on Windows until others let go',
    async (name) => {
      let tries = 0;
      const call = (async (): Promise<string> => {
        if (++tries < 3) throw EPERM;
        return await Promise.resolve('done');
      }) as unknown as FileCalls[typeof name];
      const calls = patient({ ...files, [name]: call }, 'win32') as unknown as Record<
        string,
        (...paths: string[]) => Promise<unknown>
      >;
      await calls[name]?.(from, to);
      expect(tries).toBe(3);
    },
  );

  it.each(['renameSync', 'rmdirSync', 'unlinkSync'] as const)('has %s wait as well', (name) => {
    let tries = 0;
    const call = (): void => {
      if (++tries < 3) throw EPERM;
    };
    patient({ ...files, [name]: call }, 'win32')[name](from, to);
    expect(tries).toBe(3);
  });

  it('changes nothing on other systems', () => {
    expect(patient(files, 'linux')).toBe(files);
    expect(patient(files, 'darwin')).toBe(files);
  });
});
