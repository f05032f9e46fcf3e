// What comes between a store and a place hands on all that is asked, and all that is answered.
import { describe, expect, it } from 'vitest';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import { RateLimit } from './rate-limit.ts';
import { RateObjects } from './rate-objects.ts';
import { AwayError, RetryObjects } from './retry-objects.ts';

const FILE: SpooledFile = { sizeBytes: 3, read: async () => await Promise.resolve(Buffer.from('abc')) };
const ITEM: StoreItem = { name: 'a', isFolder: false, isFile: true, sizeBytes: 3, modifiedMs: 1 };

/** A place that has all there is, and writes down what it is asked. */
class Asked implements Objects {
  readonly label = 'place';
  readonly calls: unknown[][] = [];
  /** How often each call is away before it answers. */
  away = 0;
  readonly #tries = new Map<string, number>();

  async #answer<T>(name: string, args: readonly unknown[], answer: T): Promise<T> {
    const tries = this.#tries.get(name) ?? 0;
    this.#tries.set(name, tries + 1);
    if (tries < this.away) throw new AwayError(`${name} is away`);
    this.calls.push([name, ...args]);
    return await Promise.resolve(answer);
  }

  async list(...args: [folder: string, signal?: AbortSignal]): Promise<readonly StoreItem[]> {
    return await this.#answer('list', args, [ITEM]);
  }

  refresh(): void {
    this.calls.push(['refresh']);
  }

  async known(...args: [sha256: string]): Promise<Buffer> {
    this.calls.push(['known', ...args]);
    return await Promise.resolve(Buffer.from('known'));
  }

  async get(...args: [key: string, range?: ByteRange, signal?: AbortSignal]): Promise<Buffer> {
    return await this.#answer('get', args, Buffer.from('got'));
  }

  async put(...args: [key: string, bytes: Uint8Array, signal?: AbortSignal]): Promise<void> {
    await this.#answer('put', args, undefined);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    await this.#answer('putFile', [key, await file.read(0, file.sizeBytes), signal], undefined);
  }

  async remove(...args: [key: string]): Promise<void> {
    await this.#answer('remove', args, undefined);
  }

  async removeFolder(...args: [key: string]): Promise<boolean> {
    return await this.#answer('removeFolder', args, true);
  }

  async link(...args: [from: string, to: string]): Promise<boolean> {
    return await this.#answer('link', args, true);
  }

  async renameFolder(...args: [from: string, to: string]): Promise<boolean> {
    return await this.#answer('renameFolder', args, true);
  }

  async freeBytes(): Promise<number> {
    return await this.#answer('freeBytes', [], 7);
  }

  async close(): Promise<void> {
    this.calls.push(['close']);
    await Promise.resolve();
  }
}

describe.each<[string, number, (inner: Objects) => Objects]>([
  ['RetryObjects', 0, (inner) => new RetryObjects(inner, 0.001)],
  ['RetryObjects, asked again each time,', 1, (inner) => new RetryObjects(inner, 0.001)],
  ['RateObjects', 0, (inner) => new RateObjects(inner, new RateLimit(1e9, new AbortController().signal))],
])('%s', (_, away, wrap) => {
  it('hands on each call with all that belongs to it, and gives what is answered', async () => {
    const inner = new Asked();
    inner.away = away;
    const objects = wrap(inner);
    const { signal } = new AbortController();
    const range = { offset: 1, length: 2 };
    const bytes = Buffer.from('put');
    expect(objects.label).toBe('place');
    expect([
      await objects.list('folder', signal),
      objects.refresh?.(),
      await objects.known?.('sha'),
      await objects.get('key', range, signal),
      await objects.put('key', bytes, signal),
      await objects.putFile('key', FILE, signal),
      await objects.remove('key'),
      await objects.removeFolder?.('folder'),
      await objects.link?.('from', 'to'),
      await objects.renameFolder?.('from', 'to'),
      await objects.freeBytes?.(),
      await objects.close(),
    ]).toEqual([
      [ITEM],
      undefined,
      Buffer.from('known'),
      Buffer.from('got'),
      undefined,
      undefined,
      undefined,
      true,
      true,
      true,
      7,
      undefined,
    ]);
    expect(inner.calls).toEqual([
      ['list', 'folder', signal],
      ['refresh'],
      ['known', 'sha'],
      ['get', 'key', range, signal],
      ['put', 'key', bytes, signal],
      ['putFile', 'key', Buffer.from('abc'), signal],
      ['remove', 'key'],
      ['removeFolder', 'folder'],
      ['link', 'from', 'to'],
      ['renameFolder', 'from', 'to'],
      ['freeBytes'],
      ['close'],
    ]);
  });
});
