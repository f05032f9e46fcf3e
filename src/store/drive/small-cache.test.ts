import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SmallCache } from './small-cache.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'snapshot-cache-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('what is kept of small objects', () => {
  it('is what has the sum that is asked for, and nothing that rotted', async () => {
    const path = folder();
    const cache = new SmallCache(path);
    const bytes = Buffer.from('small');
    await cache.put(bytes);
    expect(await cache.get(sumOf(bytes))).toEqual(bytes);
    expect(await cache.get(sumOf(Buffer.from('none')))).toBeUndefined();
    expect(await cache.get('../secret')).toBeUndefined();
    writeFileSync(join(path, sumOf(bytes)), 'other');
    expect(await cache.get(sumOf(bytes))).toBeUndefined();
  });

  it('is what was used last, where it is too much', async () => {
    const path = folder();
    const cache = new SmallCache(path);
    const all = [0, 1, 2, 3].map((i) => Buffer.alloc(1000, i));
    for (const [i, bytes] of all.entries()) {
      await cache.put(bytes);
      utimesSync(join(path, sumOf(bytes)), i, i);
    }
    // Used now.
    await cache.get(sumOf(all[0] ?? Buffer.alloc(0)));
    await cache.trim(2500);
    expect(readdirSync(path).toSorted()).toEqual(
      [all[0], all[3]].map((one) => sumOf(one ?? Buffer.alloc(0))).toSorted(),
    );
  });

  it('is nothing where nothing can be kept', async () => {
    const path = join(folder(), 'file');
    writeFileSync(path, '');
    const cache = new SmallCache(path);
    await cache.put(Buffer.from('x'));
    expect(await cache.get(sumOf(Buffer.from('x')))).toBeUndefined();
    await cache.trim();
  });
});
