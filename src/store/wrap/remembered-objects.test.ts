import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { testStore } from '../contract.lab.ts';
import { MemoryObjects } from '../memory-objects.lab.ts';
import { ObjectStore } from '../object-store.ts';
import type { SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import { stateFolder } from '../sparing.lab.ts';
import { RememberedObjects } from './remembered-objects.ts';

/** A place that lists all that is below a folder at once, and says what it was asked for. */
class WholeObjects extends MemoryObjects {
  readonly asked: string[] = [];
  most = Infinity;
  /** Awaited before what was looked at is given. */
  late: Promise<unknown> = Promise.resolve();

  async listAll(folder: string): Promise<readonly StoreItem[] | undefined> {
    this.asked.push(`list all ${folder}`);
    const items = [...this.kept].flatMap(([key, { bytes, modifiedMs, tag }]) =>
      key.startsWith(`${folder}/`)
        ? [
            {
              name: key.slice(folder.length + 1),
              isFolder: false,
              isFile: true,
              sizeBytes: bytes.length,
              modifiedMs,
              tag,
            },
          ]
        : [],
    );
    await this.late;
    return items.length > this.most ? undefined : items;
  }

  override async list(folder: string): Promise<readonly StoreItem[]> {
    this.asked.push(`list ${folder}`);
    const items = await super.list(folder);
    await this.late;
    return items;
  }

  override async get(...args: Parameters<MemoryObjects['get']>): Promise<Buffer | undefined> {
    this.asked.push(`get ${args[0]}`);
    return await super.get(...args);
  }

  /** Since the last time. */
  take(): readonly string[] {
    return this.asked.splice(0);
  }
}

/** One that lists folder after folder. */
class FolderWise extends WholeObjects {
  override readonly listAll = undefined as never;
}

function byName(items: readonly StoreItem[]): readonly StoreItem[] {
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** One whose tags are MD5. */
class Tagged extends WholeObjects {
  override async listAll(folder: string): Promise<readonly StoreItem[] | undefined> {
    return (await super.listAll(folder))?.map((item) => {
      const bytes = this.kept.get(`${folder}/${item.name}`)?.bytes ?? '';
      return { ...item, tag: `"${createHash('md5').update(bytes).digest('hex')}"` };
    });
  }
}

function spooled(bytes: Buffer): SpooledFile {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => await Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

const KINDS = [
  ['all at once', () => new WholeObjects()],
  ['folder after folder', () => new FolderWise()],
] as const;

for (const [name, open] of KINDS) {
  testStore(`place that is remembered, ${name}`, async () => {
    const objects = new RememberedObjects(open(), stateFolder());
    return await Promise.resolve(
      new ObjectStore('memory://test', async () => await Promise.resolve(objects)),
    );
  });
}

describe.each(KINDS)('a place that is remembered, %s', (_, open) => {
  it('shows what is there, whatever this process does', async () => {
    const key = fc.constantFrom('s/a', 's/b', 's/d/a', 's/d/e/a', 's/.lock-1', 't/a', 't/d/a', 'u');
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), key, bytes: fc.string({ maxLength: 3 }) }),
      fc.record({ do: fc.constant('remove' as const), key }),
      fc.record({ do: fc.constant('get' as const), key }),
      fc.record({
        do: fc.constant('list' as const),
        key: fc.constantFrom('', 's', 's/d', 's/d/e', 't', 't/d', 'x'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const inner = open();
        const objects = new RememberedObjects(inner, stateFolder());
        for (const one of steps) {
          if (one.do === 'put') await objects.put(one.key, Buffer.from(one.bytes));
          else if (one.do === 'remove') await objects.remove(one.key);
          else if (one.do === 'get')
            expect(await objects.get(one.key)).toEqual(inner.kept.get(one.key)?.bytes);
          else {
            expect(byName(await objects.list(one.key))).toEqual(byName(await inner.list(one.key)));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is asked for nothing that this machine has read before, until it is another one', async () => {
    // Two of them, and of one size, within a moment.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const inner = open();
    const folder = stateFolder();
    const again = (): RememberedObjects => {
      inner.take();
      return new RememberedObjects(inner, folder);
    };
    await inner.put('s/d/info.json', Buffer.from('one'));
    await inner.put('s/d/x.tar.zst', Buffer.from('archive'));
    const gets = (): readonly string[] => inner.take().filter((asked) => asked.startsWith('get'));
    expect((await again().get('s/d/info.json'))?.toString()).toBe('one');
    expect(gets()).toEqual(['get s/d/info.json']);
    expect((await again().get('s/d/info.json'))?.toString()).toBe('one');
    expect((await again().get('s/d/info.json', { offset: 1, length: 9 }))?.toString()).toBe('ne');
    expect(gets()).toEqual([]);
    // An archive is never kept.
    for (let i = 0; i < 2; i++) await again().get('s/d/x.tar.zst');
    expect(gets()).toEqual(['get s/d/x.tar.zst']);
    // Of the same size.
    await inner.put('s/d/info.json', Buffer.from('two'));
    expect((await again().get('s/d/info.json'))?.toString()).toBe('two');
    // Who looks whether it is sound there reads it there.
    const distrustful = again();
    distrustful.distrust();
    await distrustful.get('s/d/info.json');
    expect(gets()).toEqual(['get s/d/info.json']);
    // What rotted on this machine is nothing.
    for (const file of readdirSync(join(folder, 'objects'))) {
      const path = join(folder, 'objects', file);
      const whole = readFileSync(path);
      writeFileSync(path, whole.fill(1, whole.length - 1));
    }
    expect((await again().get('s/d/info.json'))?.toString()).toBe('two');
    expect(gets()).toEqual(['get s/d/info.json']);
  });

  it('sees what others do when it is told to, and a minute later', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const inner = open();
    await inner.put('s/a', Buffer.from('a'));
    const objects = new RememberedObjects(inner, stateFolder());
    const names = async (): Promise<readonly string[]> => (await objects.list('s')).map((item) => item.name);
    expect(await names()).toEqual(['a']);
    await inner.put('s/b', Buffer.from('b'));
    expect(await names()).toEqual(['a']);
    // It is read all the same: some listings are late.
    expect((await objects.get('s/b'))?.toString()).toBe('b');
    objects.refresh();
    expect(await names()).toEqual(['a', 'b']);
    await inner.remove('s/a');
    vi.advanceTimersByTime(59_000);
    expect(await names()).toEqual(['a', 'b']);
    vi.advanceTimersByTime(2000);
    expect(await names()).toEqual(['b']);
    expect(await objects.get('s/a')).toBeUndefined();
  });

  it('sees what others do in one folder when it is told to, and remembers the others', async () => {
    const inner = open();
    await inner.put('s/d/a', Buffer.from('a'));
    const objects = new RememberedObjects(inner, stateFolder());
    const both = async (): Promise<unknown> =>
      await Promise.all(
        ['s', 's/d'].map(async (folder) => (await objects.list(folder)).map(({ name }) => name).toSorted()),
      );
    expect(await both()).toEqual([['d'], ['a']]);
    await inner.put('s/b', Buffer.from('b'));
    await inner.put('s/d/b', Buffer.from('b'));
    objects.refresh('s');
    expect(await both()).toEqual([['b', 'd'], ['a']]);
    expect((await objects.get('s/b'))?.toString()).toBe('b');
    objects.refresh();
    expect(await both()).toEqual([
      ['b', 'd'],
      ['a', 'b'],
    ]);
  });

  it.each([false, true])(
    'believes that what is not listed is not there only where that is so: %s',
    async (isSo) => {
      const inner = Object.assign(open(), { listsAtOnce: isSo });
      await inner.put('s/a', Buffer.from('a'));
      const objects = new RememberedObjects(inner, stateFolder());
      inner.take();
      expect(await objects.get('s/b')).toBeUndefined();
      expect(inner.take().includes('get s/b')).toBe(!isSo);
      // What this process has written, it knows of.
      await objects.put('s/b', Buffer.from('b'));
      expect((await objects.get('s/b'))?.toString()).toBe('b');
      await objects.put('s/new/b', Buffer.from('b'));
      expect((await objects.get('s/new/b'))?.toString()).toBe('b');
    },
  );

  it('does not take a listing from before a write for one after it', async () => {
    const inner = open();
    await inner.put('s/d/a', Buffer.from('a'));
    const objects = new RememberedObjects(inner, stateFolder());
    const told = new EventEmitter();
    inner.late = once(told, 'now');
    const before = objects.list('s/d');
    await objects.put('s/d/b', Buffer.from('b'));
    inner.late = Promise.resolve();
    told.emit('now');
    await before;
    expect((await objects.list('s/d')).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('asks anew after what failed', async () => {
    const inner = open();
    await inner.put('s/a', Buffer.from('a'));
    const objects = new RememberedObjects(inner, stateFolder());
    inner.late = Promise.reject(new Error('away'));
    inner.late.catch(() => {});
    await expect(objects.list('s')).rejects.toThrow('away');
    inner.late = Promise.resolve();
    expect((await objects.list('s')).map(({ name }) => name)).toEqual(['a']);
  });
});

it('does not read what it has written itself, where the tag is its MD5', async () => {
  const inner = new Tagged();
  const folder = stateFolder();
  const first = new RememberedObjects(inner, folder);
  await first.put('s/d/info.json', Buffer.from('info'));
  await first.putFile('s/d/index.jsonl.zst', spooled(Buffer.from('index')));
  await first.putFile('s/d/a.tar.zst', spooled(Buffer.from('archive')));
  const again = new RememberedObjects(inner, folder);
  inner.take();
  for (const [name, content] of Object.entries({ 'info.json': 'info', 'a.tar.zst': 'archive' }))
    expect((await again.get(`s/d/${name}`))?.toString()).toBe(content);
  expect(inner.take()).toEqual(['list all s', 'get s/d/a.tar.zst']);
  // Somebody else has.
  await inner.put('s/d/info.json', Buffer.from('INFO'));
  again.refresh();
  expect((await again.get('s/d/info.json'))?.toString()).toBe('INFO');
});

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

it('has lines of a snapshot by their SHA-256 that it has written or read, also where there are no tags', async () => {
  const inner = new MemoryObjects();
  const folder = stateFolder();
  const first = new RememberedObjects(inner, folder);
  await first.putFile('s/d/index.jsonl.zst', spooled(Buffer.from('index')));
  await inner.put('s/e/changes.jsonl.zst', Buffer.from('changes'));
  expect((await first.get('s/e/changes.jsonl.zst', { offset: 1, length: 2 }))?.toString()).toBe('ha');
  const again = new RememberedObjects(inner, folder);
  expect((await again.known(sha256Of('index')))?.toString()).toBe('index');
  expect(await again.known(sha256Of('changes'))).toBeUndefined();
  await again.get('s/e/changes.jsonl.zst');
  expect((await again.known(sha256Of('changes')))?.toString()).toBe('changes');
  expect((await again.get('s/d/index.jsonl.zst'))?.toString()).toBe('index');
  again.distrust();
  expect(await again.known(sha256Of('index'))).toBeUndefined();
});

it('lists all of a series at once, but not what is very much', async () => {
  const inner = new WholeObjects();
  for (const key of ['s/a', 's/d/a', 's/d/e/f', 't/a']) await inner.put(key, Buffer.from(key));
  const objects = new RememberedObjects(inner, stateFolder());
  for (const folder of ['s', 's/d', 's/d/e', 's/none', 's']) await objects.list(folder);
  expect(inner.take()).toEqual(['list all s']);
  inner.most = 2;
  objects.refresh();
  for (const folder of ['s', 's/d', 's']) await objects.list(folder);
  expect(inner.take()).toEqual(['list all s', 'list s', 'list s/d']);
  // It will be too much the next time, too.
  objects.refresh();
  await objects.list('s');
  expect(inner.take()).toEqual(['list s']);
});

it('takes an object that stands for a folder for none', async () => {
  const inner = new WholeObjects();
  await inner.put('s/d/a', Buffer.from('a'));
  const object = inner.kept.get('s/d/a');
  for (const key of ['s/d/', 's/empty/']) if (object !== undefined) inner.kept.set(key, object);
  const objects = new RememberedObjects(inner, stateFolder());
  const listed = async (folder: string): Promise<unknown[]> =>
    (await objects.list(folder)).map(({ name, isFolder }) => [name, isFolder]);
  expect([await listed('s'), await listed('s/d')]).toEqual([[['d', true]], [['a', false]]]);
  expect(await listed('s/empty')).toEqual([]);
});
