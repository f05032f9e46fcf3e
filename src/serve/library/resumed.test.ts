import { EventEmitter, once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadBlake3 } from '../../hash/blake3.ts';
import { fromText } from '../../tree/path.ts';
import { Library } from './library.ts';
import type { PartialUpload } from './partial-uploads.ts';

const blake3 = await loadBlake3();

let root: string;
let library: Library;
async function open(): Promise<void> {
  const limits = { mostFileBytes: 1000, quotaBytes: 100, minFreeBytes: 0 };
  library = await Library.open({ files: join(root, 'files'), data: join(root, 'data') }, blake3, limits);
}

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-resumed-')));
  mkdirSync(join(root, 'files'));
  await open();
});
afterEach(async () => {
  await library.close();
  rmSync(root, { recursive: true });
});

async function begin(name: string, length: number, rename = false): Promise<PartialUpload> {
  const none = { claim: undefined, modifiedMs: undefined, size: length };
  return await library.resumed.begin(length, { path: fromText(name), rename, ...none });
}

/** A request whose pieces come one by one, when the test says so, until it is stopped. */
class Line {
  readonly #pieces: (string | undefined)[] = [];
  #wake = (): void => {};
  readonly #begun = new EventEmitter();
  /** When its first piece is waited for. */
  readonly asked: Promise<unknown> = once(this.#begun, 'begun');
  isStopped = false;
  readonly stop = (): void => {
    this.isStopped = true;
    this.#wake();
  };

  send(text: string): void {
    this.#pieces.push(text);
    this.#wake();
  }

  end(): void {
    this.#pieces.push(undefined);
    this.#wake();
  }

  async *body(): AsyncGenerator<Uint8Array> {
    this.#begun.emit('begun');
    for (;;) {
      while (this.#pieces.length === 0 && !this.isStopped)
        await new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.isStopped) throw new Error('stopped');
      const piece = this.#pieces.shift();
      if (piece === undefined) return;
      yield Buffer.from(piece);
    }
  }
}

function whole(text: string): Line {
  const line = new Line();
  line.send(text);
  line.end();
  return line;
}

const goOn = async (
  id: string,
  offset: number,
  line: Line,
  by = 'phone',
): ReturnType<Library['resumed']['goOn']> =>
  await library.resumed.goOn(id, offset, line.body(), line.stop, by);

describe('an upload in several requests', () => {
  it('is written to by one of them, also where two have waited for the same to end', async () => {
    const { id } = await begin('a', 10);
    const [hung, second, third] = [new Line(), new Line(), whole('0123456789')];
    const first = goOn(id, 0, hung);
    await hung.asked;
    const ends = Promise.allSettled([first, goOn(id, 0, second), goOn(id, 0, third)]);
    await expect.poll(() => library.resumed.uploads.get(id)?.done).toBe('stored');
    // It would be written into what is a file of the library by now.
    second.send('xxxxxxxxxx');
    second.end();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(readFileSync(join(root, 'files', 'a'), 'utf8')).toBe('0123456789');
    expect(await library.resumed.look(id)).toMatchObject({ done: 'stored' });
  });

  it('is offered to nobody else while somebody sends it', async () => {
    const hex = Buffer.from(blake3.hash(Buffer.from('0123456789'))).toString('hex');
    const claim = { algorithm: 'blake3', hex } as const;
    const what = { path: fromText('a'), claim, modifiedMs: undefined, rename: false, size: 10 };
    const { id } = await library.resumed.begin(10, what);
    const line = new Line();
    const going = goOn(id, 0, line);
    line.send('01234');
    await expect.poll(() => library.resumed.uploads.get(id)?.offset).toBe(5);
    const offered = (by: string): string | undefined => library.resumed.begun(hex, 10, by)?.id;
    expect([offered('laptop'), offered('phone')]).toEqual([undefined, id]);
    line.stop();
    await expect(going).rejects.toThrow('stopped');
    expect([offered('laptop'), offered('phone')]).toEqual([id, id]);
  });

  it('is counted once among all that an account may have, while it arrives and when it is a file', async () => {
    const [one, two, three] = [await begin('a', 45), await begin('b', 45), await begin('c', 11)];
    const slow = new Line();
    const first = goOn(one.id, 0, slow);
    await slow.asked;
    slow.send('1'.repeat(40));
    await expect.poll(() => library.resumed.uploads.get(one.id)?.offset).toBe(40);
    // 40 are here and 45 arrive, of 100.
    expect((await goOn(two.id, 0, whole('2'.repeat(45)))).taken?.status).toBe('stored');
    slow.send('1'.repeat(5));
    slow.end();
    await first;
    expect(library.holdings.bytes).toBe(90);
    await expect(goOn(three.id, 0, whole('3'.repeat(11)))).rejects.toMatchObject({ status: 413 });
    await begin('d', 10);
  });

  it('that waits counts as well', async () => {
    const { id } = await begin('a', 70);
    await goOn(id, 0, whole('1'.repeat(60)));
    await expect(begin('b', 41)).rejects.toMatchObject({ status: 413 });
    const { id: other } = await begin('b', 40);
    await goOn(other, 0, whole('2'.repeat(35)));
    await expect(goOn(id, 60, whole('1'.repeat(10)))).rejects.toMatchObject({ status: 413 });
    await library.resumed.remove(other);
    await goOn(id, 60, whole('1'.repeat(10)));
    expect(library.holdings.bytes).toBe(70);
  });

  it('is gone on with when it could not be given its name, and refused only for what it is', async () => {
    const { id } = await begin('a', 5);
    const line = new Line();
    const going = goOn(id, 0, line);
    line.send('photo');
    await expect.poll(() => library.resumed.uploads.get(id)?.offset).toBe(5);
    renameSync(join(root, 'files'), join(root, 'away'));
    line.end();
    await expect(going).rejects.toMatchObject({ code: 'ENOENT' });
    renameSync(join(root, 'away'), join(root, 'files'));
    expect(await library.resumed.look(id)).toMatchObject({ done: 'stored' });
    expect(readFileSync(join(root, 'files', 'a'), 'utf8')).toBe('photo');
    expect(readdirSync(join(root, 'data', 'uploads'))).toEqual([`${id}.json`]);
  });

  it('says which name it got, also after a start', async () => {
    writeFileSync(join(root, 'files', 'a'), 'theirs');
    const { id } = await begin('a', 4, true);
    await goOn(id, 0, whole('mine'));
    const got = { done: 'stored', incoming: { path: 'a (2)' } };
    expect(await library.resumed.look(id)).toMatchObject(got);
    await library.close();
    await open();
    expect(await library.resumed.look(id)).toMatchObject(got);
  });
});
