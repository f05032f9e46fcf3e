import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LocalStore } from '../local/local-store.ts';
import { type Clock, RateLimit } from './rate-limit.ts';
import { RateStore } from './rate-store.ts';
import { testStore } from '../contract.lab.ts';
import type { Store } from '../store.ts';

async function openFolder(): Promise<LocalStore> {
  const folder = await mkdtemp(join(tmpdir(), 'rate-store-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  return new LocalStore(join(folder, 'destination'));
}

function clockWithoutWaiting(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
}

const BYTES_PER_SECOND = 10_000;

async function openSlow(clock: Clock = clockWithoutWaiting()): Promise<Store> {
  return new RateStore(
    await openFolder(),
    new RateLimit(BYTES_PER_SECOND, new AbortController().signal, clock),
  );
}

testStore('folder with a limit', async () => await openSlow());

describe('RateStore', () => {
  it.each<[string, (store: Store, bytes: Buffer) => Promise<void>]>([
    ['an object', async (store, bytes) => await store.put('key', bytes)],
    ['a line', async (store, bytes) => await store.appendLine('key', bytes.toString())],
    [
      'an object in parts',
      async (store, bytes) => {
        const writer = await store.create('key');
        await writer.write(bytes.subarray(0, 10));
        await writer.write(bytes.subarray(10));
        await writer.commit();
      },
    ],
  ])('writes %s no faster than it may, and whole', async (_, write) => {
    const clock = clockWithoutWaiting();
    const store = await openSlow(clock);
    const bytes = Buffer.alloc(54_096, 'x');
    await write(store, bytes);
    // The first 4096 bytes at once.
    expect(clock.now()).toBeGreaterThanOrEqual(5000);
    expect((await store.read('key'))?.toString().trimEnd()).toBe(bytes.toString());
  });

  it('shares one limit with other stores', async () => {
    const clock = clockWithoutWaiting();
    const limit = new RateLimit(BYTES_PER_SECOND, new AbortController().signal, clock);
    const stores = [new RateStore(await openFolder(), limit), new RateStore(await openFolder(), limit)];
    await Promise.all(stores.map(async (store) => await store.put('key', Buffer.alloc(52_048))));
    expect(clock.now()).toBeGreaterThanOrEqual(10_000);
  });

  it('makes reading wait for nothing', async () => {
    const clock = clockWithoutWaiting();
    const folder = await openFolder();
    await folder.put('key', Buffer.alloc(1_000_000));
    const store = new RateStore(folder, new RateLimit(BYTES_PER_SECOND, new AbortController().signal, clock));
    await store.read('key');
    await store.readRange('key', 0, 500_000);
    expect(clock.now()).toBe(0);
  });
});
