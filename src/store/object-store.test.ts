import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { testStore } from './contract.lab.ts';
import { MemoryObjects } from './memory-objects.lab.ts';
import { ObjectStore } from './object-store.ts';

function open(objects: MemoryObjects = new MemoryObjects()): ObjectStore {
  const store = new ObjectStore(objects.label, async () => await Promise.resolve(objects));
  onTestFinished(async () => await store.close());
  return store;
}

testStore('place with whole objects only', async () => await Promise.resolve(open()));

describe('lines in a place where nothing can be added to objects', () => {
  it('stay in order, all of them, however many', async () => {
    const objects = new MemoryObjects();
    const store = open(objects);
    const lines = Array.from({ length: 350 }, (_, i) => `line ${i}`);
    for (const line of lines) await store.appendLine('s/runs.jsonl', line);
    const { text, isAll } = await store.readLines('s/runs.jsonl', Infinity);
    expect(isAll).toBe(true);
    expect(text.trimEnd().split('\n')).toEqual(lines);
    // They do not become ever more objects.
    expect(objects.kept.size).toBeLessThan(110);
  });

  it('are not read twice when a merge was cut short', async () => {
    const objects = new MemoryObjects();
    const store = open(objects);
    for (let i = 0; i < 100; i++) await store.appendLine('log', `line ${i}`);
    const before = new Map(objects.kept);
    await store.appendLine('log', 'line 100');
    // The merged one is there, and the others are, too.
    for (const [key, kept] of before) objects.kept.set(key, kept);
    const { text } = await store.readLines('log', Infinity);
    expect(text.trimEnd().split('\n')).toEqual(Array.from({ length: 101 }, (_, i) => `line ${i}`));
  });

  it('leave no part of one that was cut short, once a day is over', async () => {
    const objects = new MemoryObjects();
    const store = open(objects);
    const [old, fresh] = [new Date(Date.now() - 2 * 86_400_000), new Date()].map(
      (time) => `log/${time.toISOString().replaceAll(/[:.]/g, '-')}-0a1b2c3d.jsonl.part`,
    );
    for (const part of [old, fresh, 'log/1999-mine.part']) await objects.put(part ?? '', Buffer.from('li'));
    for (let i = 0; i < 101; i++) await store.appendLine('log', `line ${i}`);
    const left = [...objects.kept.keys()].filter((key) => key.endsWith('.part'));
    expect(new Set(left)).toEqual(new Set(['log/1999-mine.part', fresh]));
  });

  it('have names that do not grow for ever after a clock was wrong', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const objects = new MemoryObjects();
    const store = open(objects);
    vi.setSystemTime(Date.UTC(2030, 0, 1));
    // As an earlier version called them.
    const grown = '2030-01-01T00-00-00-000Z-0a1b2c3d~-0a1b2c3d~-0a1b2c3d';
    await objects.put(`log/${grown}.jsonl`, Buffer.from('line 0\n'));
    vi.setSystemTime(Date.UTC(2026, 10, 29));
    for (let i = 1; i < 250; i++) await store.appendLine('log', `line ${i}`);
    const longest = Math.max(...[...objects.kept.keys()].map((key) => key.length));
    expect(longest).toBeLessThan(150);
    vi.setSystemTime(Date.UTC(2031, 0, 1));
    await store.appendLine('log', 'line 250');
    const { text } = await store.readLines('log', Infinity);
    expect(text.trimEnd().split('\n')).toEqual(Array.from({ length: 251 }, (_, i) => `line ${i}`));
  });

  it('are all read, and none of them is lost, where another machine makes one of many meanwhile', async () => {
    /** The other machine comes in when the first object is read. */
    class Busy extends MemoryObjects {
      meanwhile: (() => Promise<void>) | undefined;

      override async get(...args: Parameters<MemoryObjects['get']>): Promise<Buffer | undefined> {
        const { meanwhile } = this;
        this.meanwhile = undefined;
        await meanwhile?.();
        return await super.get(...args);
      }
    }
    const objects = new Busy();
    const [store, other] = [open(objects), open(objects)];
    const expected: string[] = [];
    const append = async (by: ObjectStore, line: string): Promise<void> => {
      expected.push(line);
      await by.appendLine('log', line);
    };
    for (let i = 0; i < 100; i++) await append(store, `line ${i}`);
    objects.meanwhile = async () => await append(other, 'of the other one');
    const { text } = await store.readLines('log', Infinity);
    expect(text.trimEnd().split('\n')).toEqual(expected);
    for (let i = 0; i < 98; i++) await append(store, `more ${i}`);
    objects.meanwhile = async () => await append(other, 'of the other one again');
    await append(store, 'last');
    const all = (await store.readLines('log', Infinity)).text.trimEnd().split('\n');
    expect(all.toSorted()).toEqual(expected.toSorted());
  });

  it('stay in order where the clock stands still, or is put back', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const store = open();
    const lines: string[] = [];
    for (const hour of [5, 5, 5, 3, 4, 6, 2]) {
      vi.setSystemTime(Date.UTC(2026, 10, 29, hour));
      lines.push(`line ${lines.length}`);
      await store.appendLine('log', lines.at(-1) ?? '');
    }
    expect((await store.readLines('log', Infinity)).text.trimEnd().split('\n')).toEqual(lines);
  });

  it('are read from the end', async () => {
    const store = open();
    for (let i = 0; i < 20; i++) await store.appendLine('log', `line ${i}`);
    expect(await store.readLines('log', 10)).toEqual({ text: '\nline 18\nline 19\n', isAll: false });
  });
});

it('a place that could not be opened is opened anew by who asks next', async () => {
  const failures = [new Error('not yet'), new Error('nor now')];
  const store = new ObjectStore('memory://', async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return await Promise.resolve(new MemoryObjects());
  });
  await expect(Promise.all([store.list(''), store.list('')])).rejects.toThrow('not yet');
  await expect(store.read('a')).rejects.toThrow('nor now');
  await store.refresh();
  await store.put('a', Buffer.from('a'));
  expect(await store.list('')).toHaveLength(1);
});

describe('a large object', () => {
  it('goes through a file of this machine, back to where it is told, and leaves none behind', async () => {
    const objects = new MemoryObjects();
    const store = open(objects);
    const writer = await store.create('large');
    const part = Buffer.alloc(900_000, 'a');
    for (let i = 0; i < 4; i++) await writer.write(part);
    await writer.rewind(2_000_000);
    await writer.write(Buffer.from('end'));
    expect(objects.kept.size).toBe(0);
    await writer.commit();
    const bytes = objects.kept.get('large')?.bytes;
    expect(bytes?.length).toBe(2_000_003);
    expect(bytes?.subarray(-4).toString()).toBe('aend');
  });

  it('takes no room of this machine once it has arrived, and none that others have', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'object-store-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { pid: dead } = spawnSync('true');
    const others = [`snapshot-spool-${process.ppid}-a`, `snapshot-spool-${dead}-b`, 'of somebody else'];
    for (const name of others) mkdirSync(join(folder, name));
    const store = open();
    const writer = await store.create('large');
    // Whoever writes uses its memory again.
    const memory = Buffer.alloc(400_000);
    for (const letter of 'abcd') await writer.write(memory.fill(letter));
    const spooled = (): readonly string[] =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('/'));
    expect(spooled()).toHaveLength(1);
    expect(others.map((name) => existsSync(join(folder, name)))).toEqual([true, false, true]);
    await writer.commit();
    expect(spooled()).toEqual([]);
    const letters = ['a', 'b', 'c', 'd'].map((letter) => Buffer.alloc(400_000, letter));
    expect((await store.read('large'))?.equals(Buffer.concat(letters))).toBe(true);
    await store.close();
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('is not there when its upload is given up', async () => {
    const objects = new MemoryObjects();
    const store = open(objects);
    const stop = new AbortController();
    const writer = await store.create('large', stop.signal);
    await writer.write(Buffer.alloc(2_000_000));
    stop.abort();
    await expect(writer.commit()).rejects.toThrow('abort');
    await writer.discard();
    expect(objects.kept.size).toBe(0);
  });
});
