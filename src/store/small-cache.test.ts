import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cacheName, SmallCache } from './small-cache.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'snapshot-cache-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('what is kept of small objects', () => {
  it('is what has the name that is asked for, and nothing that rotted', async () => {
    const path = folder();
    const cache = new SmallCache(path);
    const bytes = Buffer.from('small');
    const name = cacheName('a', 1);
    await cache.put(name, bytes);
    expect(await cache.get(name)).toEqual(bytes);
    expect(await cache.get(cacheName('a1'))).toBeUndefined();
    const file = join(path, name);
    for (const rotten of [readFileSync(file).subarray(0, -1), Buffer.from('other'), Buffer.alloc(0)]) {
      writeFileSync(file, rotten);
      expect(await cache.get(name)).toBeUndefined();
    }
  });

  it('is what was used last, where it is too much', async () => {
    const path = folder();
    const cache = new SmallCache(path);
    const all = [0, 1, 2, 3].map((i) => Buffer.alloc(1000, i));
    for (const [i, bytes] of all.entries()) {
      await cache.put(cacheName(i), bytes);
      utimesSync(join(path, cacheName(i)), i, i);
    }
    // Used now.
    await cache.get(cacheName(0));
    await cache.trim(2500);
    expect(readdirSync(path).toSorted()).toEqual([0, 3].map((i) => cacheName(i)).toSorted());
  });

  it('is nothing where nothing can be kept', async () => {
    const path = join(folder(), 'file');
    writeFileSync(path, '');
    const cache = new SmallCache(path);
    await cache.put(cacheName('x'), Buffer.from('x'));
    expect(await cache.get(cacheName('x'))).toBeUndefined();
    await cache.trim();
  });
});
