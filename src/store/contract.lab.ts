// What every store promises, as tests. `testStore('local folder', open)` is the whole test file of a store.
import { describe, expect, it } from 'vitest';
import type { Store } from './store.ts';

/** @param open - Makes an empty store, and is told by vitest when to remove it again. */
export function testStore(name: string, open: () => Promise<Store>): void {
  describe(`a store in a ${name}`, () => {
    it('has nothing to begin with', async () => {
      const store = await open();
      expect(await store.list('')).toEqual([]);
      expect(await store.list('a/b')).toEqual([]);
      expect(await store.read('a')).toBeUndefined();
    });

    it('gives back what was put, whole or in parts', async () => {
      const store = await open();
      await store.put('series/day/file', Buffer.from('0123456789'));
      expect(String(await store.read('series/day/file'))).toBe('0123456789');
      expect(String(await store.readRange('series/day/file', 3, 4))).toBe('3456');
    });

    it('refuses to read past the end', async () => {
      const store = await open();
      await store.put('file', Buffer.from('0123456789'));
      await expect(store.readRange('file', 8, 4)).rejects.toMatchObject({ code: 'E_STORE' });
      await expect(store.readRange('none', 0, 1)).rejects.toMatchObject({ code: 'E_STORE' });
    });

    it('shows nothing of an object before it is committed', async () => {
      const store = await open();
      await store.put('file', Buffer.from('old'));
      const writer = await store.create('file');
      await writer.write(Buffer.from('ne'));
      await writer.write(Buffer.from('w'));
      expect(String(await store.read('file'))).toBe('old');
      await writer.commit();
      expect(String(await store.read('file'))).toBe('new');
      expect((await store.list('')).map((item) => item.name)).toEqual(['file']);
    });

    it('keeps the earlier object when writing is given up, and leaves nothing behind', async () => {
      const store = await open();
      await store.put('file', Buffer.from('old'));
      const writer = await store.create('file');
      await writer.write(Buffer.from('new'));
      await writer.discard();
      expect(String(await store.read('file'))).toBe('old');
      expect((await store.list('')).map((item) => item.name)).toEqual(['file']);
    });

    it('forgets what was written after the place it is told to go back to', async () => {
      const store = await open();
      const writer = await store.create('file');
      for (const part of ['one', 'two', 'three']) await writer.write(Buffer.from(part));
      await writer.rewind(3);
      await writer.write(Buffer.from('four'));
      await writer.commit();
      expect(String(await store.read('file'))).toBe('onefour');
    });

    it('lists files and folders in byte order, with their sizes', async () => {
      const store = await open();
      for (const key of ['s/b', 's/a/x', 's/Z', 's/é']) await store.put(key, Buffer.from(key));
      expect((await store.list('s')).map((item) => [item.name, item.isFolder])).toEqual([
        ['Z', false],
        ['a', true],
        ['b', false],
        ['é', false],
      ]);
      expect((await store.list('s')).find((item) => item.name === 'b')?.sizeBytes).toBe(3);
    });

    it('gives a folder another name, whole, and never that of another one, if it can at all', async () => {
      const store = await open();
      for (const key of ['old/day/file', 'old/log', 'other/file']) await store.put(key, Buffer.from(key));
      if (!(await store.renameFolder('old', 'new'))) {
        expect((await store.list('')).map((item) => item.name)).toEqual(['old', 'other']);
        return;
      }
      await expect(store.renameFolder('new', 'other')).rejects.toMatchObject({ code: 'E_STORE' });
      await expect(store.renameFolder('none', 'more')).rejects.toMatchObject({ code: 'E_STORE' });
      expect(await store.list('old')).toEqual([]);
      expect(String(await store.read('new/day/file'))).toBe('old/day/file');
      expect(String(await store.read('other/file'))).toBe('other/file');
      await store.renameFolder('new', 'NEW');
      expect((await store.list('')).map((item) => item.name)).toEqual(['NEW', 'other']);
    });

    it('appends lines, and closes one that was cut short', async () => {
      const store = await open();
      expect(await store.readLines('s/log', 100)).toEqual({ text: '', isAll: true });
      await store.appendLine('s/log', 'one');
      await store.appendLine('s/log', 'two');
      expect(await store.readLines('s/log', 100)).toEqual({ text: 'one\ntwo\n', isAll: true });
      const { text, isAll } = await store.readLines('s/log', 3);
      expect(isAll).toBe(false);
      expect(text.split('\n').slice(1)).toContain(text.startsWith('\n') ? 'two' : '');
      if (store.folder === undefined) return;
      await store.put('s/log', Buffer.from('one\ntw'));
      await store.appendLine('s/log', 'three');
      expect(String(await store.read('s/log'))).toBe('one\ntw\nthree\n');
    });

    it('links an object so that either name may go, or says that it cannot', async () => {
      const store = await open();
      await store.put('s/a', Buffer.from('shared'));
      const isLinked = await store.link('s/a', 't/b');
      await store.remove('s/a');
      const left = await store.read('t/b');
      expect(left?.toString()).toBe(isLinked ? 'shared' : undefined);
    });

    it('keeps a linked object as it is when the other name gets another one', async () => {
      const store = await open();
      await store.put('s/a', Buffer.from('shared'));
      const isLinked = await store.link('s/a', 's/b');
      await store.put('s/a', Buffer.from('other'));
      expect((await store.read('s/b'))?.toString()).toBe(isLinked ? 'shared' : undefined);
      await store.remove('s/b');
      expect(String(await store.read('s/a'))).toBe('other');
    });

    it('fails to link what is not there, or over what is', async () => {
      const store = await open();
      await store.put('s/a', Buffer.from('1'));
      await store.put('s/b', Buffer.from('2'));
      for (const [from, to] of [
        ['s/none', 's/c'],
        ['s/a', 's/b'],
      ] as const) {
        const isLinked = await store.link(from, to).catch((error: unknown) => error);
        if (isLinked !== false) expect(isLinked).toMatchObject({ code: 'E_STORE' });
      }
      expect((await store.list('s')).map((item) => item.name)).toEqual(['a', 'b']);
      expect(String(await store.read('s/b'))).toBe('2');
    });

    it('removes objects, and does not mind when there are none', async () => {
      const store = await open();
      await store.put('a', Buffer.from('1'));
      await store.remove('a');
      await store.remove('a');
      expect(await store.list('')).toEqual([]);
    });

    it('removes a folder only when it is empty', async () => {
      const store = await open();
      await store.put('s/a', Buffer.from('1'));
      expect(await store.removeFolder('s')).toBe(false);
      await store.remove('s/a');
      expect(await store.removeFolder('s')).toBe(true);
      expect(await store.removeFolder('s')).toBe(true);
      expect(await store.list('')).toEqual([]);
    });

    it('knows how much room there is, even before its folder exists', async () => {
      const free = await (await open()).freeBytes();
      if (free !== undefined) expect(free).toBeGreaterThan(0);
    });
  });
}
