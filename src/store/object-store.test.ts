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
