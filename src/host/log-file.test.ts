import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HAS_MODES } from '../base/able.lab.ts';
import { openLog } from './log-file.ts';

const MIB = 1024 * 1024;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-file-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

describe('openLog()', () => {
  it('writes one JSON line per call, with level, ISO time, fields and message', async () => {
    const file = join(folder, 'a.log');
    const log = await openLog(file);
    log.info({ series: 'documents' }, 'begins');
    log.warn({}, 'slow');
    log.error({ err: new Error('broken') }, 'failed');
    await log.close();

    const lines = await linesOf(file);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ['info', 'begins'],
      ['warn', 'slow'],
      ['error', 'failed'],
    ]);
    expect(lines[0]).toMatchObject({ series: 'documents', pid: process.pid });
    expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(lines[2]?.['err']).toMatchObject({ message: 'broken', stack: expect.stringContaining('at ') });
  });

  it('appends to what is there', async () => {
    const file = join(folder, 'a.log');
    for (const message of ['first run', 'second run']) {
      const log = await openLog(file);
      log.info({}, message);
      await log.close();
    }
    expect((await linesOf(file)).map(({ msg }) => msg)).toEqual(['first run', 'second run']);
  });

  it.skipIf(!HAS_MODES)('is for the user alone, folder and file', async () => {
    const file = join(folder, 'new', 'deep', 'a.log');
    await (await openLog(file)).close();
    const modes = await Promise.all(
      [file, join(folder, 'new', 'deep'), join(folder, 'new')].map((at) => stat(at)),
    );
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['600', '700', '700']);
  });

  it('has every line in its files when closed, and keeps five old ones', async () => {
    const file = join(folder, 'a.log');
    const log = await openLog(file);
    // 75 lines of a MiB and a bit fill seven files, ten to a file; the first of them is gone by then.
    for (let line = 0; line < 75; line += 1) log.info({ line }, 'x'.repeat(MIB));
    await log.close();

    const names = ['a.log', 'a.log.1', 'a.log.2', 'a.log.3', 'a.log.4', 'a.log.5'];
    expect((await readdir(folder)).toSorted()).toEqual(names);
    const numbers: unknown[] = [];
    for (const name of names.toReversed()) {
      const lines = await linesOf(join(folder, name));
      numbers.push(...lines.map(({ line }) => line));
    }
    expect(numbers).toEqual(Array.from({ length: 55 }, (_, i) => i + 20));
  });

  it('rotates on opening when the file is full already', async () => {
    const file = join(folder, 'a.log');
    await writeFile(file, Buffer.alloc(10 * MIB));
    await (await openLog(file)).close();
    expect((await stat(file)).size).toBe(0);
    expect((await stat(`${file}.1`)).size).toBe(10 * MIB);
  });

  it('may be closed twice', async () => {
    const log = await openLog(join(folder, 'a.log'));
    await log.close();
    await expect(log.close()).resolves.toBeUndefined();
  });

  it('says which log cannot be opened, why, and what to do', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openLog(join(folder, 'file', 'a.log'))).rejects.toMatchObject({
      code: 'E_HOST',
      message: `Cannot open the log "${join(folder, 'file', 'a.log')}": not a folder`,
      hint: expect.stringContaining('--log FILE'),
    });
    await expect(openLog(folder)).rejects.toMatchObject({
      code: 'E_HOST',
      message: expect.stringContaining(`Cannot open the log "${folder}"`),
    });
  });

  it('survives a failure while it is written, and reports it when closed', async () => {
    const file = join(folder, 'a.log');
    // A folder stands where the oldest file has to go.
    await mkdir(join(folder, 'a.log.5', 'x'), { recursive: true });
    await writeFile(join(folder, 'a.log.4'), '');
    const log = await openLog(file);
    for (let line = 0; line < 11; line += 1) log.info({ line }, 'x'.repeat(MIB));
    log.info({}, 'after the failure');
    const failure = { code: 'E_HOST', message: expect.stringContaining(`Cannot write the log "${file}"`) };
    await expect(log.close()).rejects.toMatchObject(failure);
    await expect(log.close()).rejects.toMatchObject(failure);
  });
});
