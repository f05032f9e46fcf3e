import { describe, expect, it } from 'vitest';
import type { StoreWriter } from '../store/store.ts';
import { WriteBehind } from './write-behind.ts';

const MIB = 1024 * 1024;

/** A disk that answers when it is told to. */
class SlowWriter implements StoreWriter {
  readonly written: string[] = [];
  readonly #waiting: { done: () => void; fail: (error: unknown) => void }[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((done, fail) => {
      this.#waiting.push({ done, fail });
    });
    this.written.push(String.fromCodePoint(bytes[0] ?? 0));
  }

  /** Answers the write at work. */
  async answer(failure?: Error): Promise<void> {
    const first = this.#waiting.shift();
    if (first === undefined) throw new Error('nothing is being written');
    if (failure === undefined) first.done();
    else first.fail(failure);
    await settle();
  }

  get atWork(): number {
    return this.#waiting.length;
  }

  async rewind(): Promise<void> {}
  async commit(): Promise<void> {}
  async discard(): Promise<void> {}
}

async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('WriteBehind', () => {
  it('writes in the order of the calls, one at a time, and says when memory is free', async () => {
    const writer = new SlowWriter();
    const queue = new WriteBehind(writer);
    const free: string[] = [];
    for (const text of ['a', 'b', 'c']) await queue.write(Buffer.from(text), () => free.push(text));
    await settle();
    expect([writer.atWork, writer.written, free]).toEqual([1, [], []]);
    await writer.answer();
    expect([writer.atWork, writer.written, free]).toEqual([1, ['a'], ['a']]);
    await writer.answer();
    await writer.answer();
    await queue.drain();
    expect([writer.written, free]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('waits once more than 8 MiB wait', async () => {
    const writer = new SlowWriter();
    const queue = new WriteBehind(writer);
    await queue.write(Buffer.alloc(4 * MIB, 'a'));
    await queue.write(Buffer.alloc(4 * MIB, 'b'));
    let taken = false;
    const third = queue.write(Buffer.from('c')).then(() => {
      taken = true;
    });
    await settle();
    expect(taken).toBe(false);
    for (let i = 0; i < 3; i++) await writer.answer();
    await third;
    expect(writer.written).toEqual(['a', 'b', 'c']);
  });

  it('fails with what a write failed with, at the next call and every later one, and writes no more', async () => {
    const writer = new SlowWriter();
    const queue = new WriteBehind(writer);
    const failure = new Error('the disk is full');
    const free: string[] = [];
    await queue.write(Buffer.from('a'), () => free.push('a'));
    await queue.write(Buffer.from('b'), () => free.push('b'));
    await settle();
    await writer.answer(failure);
    await expect(queue.write(Buffer.from('c'))).rejects.toBe(failure);
    await expect(queue.drain()).rejects.toBe(failure);
    await expect(queue.drain()).rejects.toBe(failure);
    // Memory of what will never be written is free as well.
    expect([writer.written, free]).toEqual([[], ['a', 'b']]);
  });

  it('has nothing to wait for when nothing was written', async () => {
    await new WriteBehind(new SlowWriter()).drain();
  });
});
