import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HAS_LINKS, HAS_OTHER_USERS } from '../../base/able.lab.ts';
import { loadBlake3 } from '../../hash/blake3.ts';
import { display, fromText } from '../../tree/path.ts';
import { type ClaimedHash, parseHash } from './claimed-hash.ts';
import { numbered } from './file-name.ts';
import { type Incoming, Library, type Taken } from './library.ts';

const blake3 = await loadBlake3();
const LIMITS = { mostFileBytes: 1000, quotaBytes: 10_000, minFreeBytes: 0 };

let root: string;
let library: Library;

const files = (...names: string[]): string => join(root, 'files', ...names);
const journal = (): string => join(root, 'data', 'journal.jsonl');

async function reopen(limits: Partial<typeof LIMITS> = {}): Promise<void> {
  await library?.close();
  const at = { files: files(), data: join(root, 'data') };
  library = await Library.open(at, blake3, { ...LIMITS, ...limits });
}

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-library-')));
  mkdirSync(files());
  await reopen();
});
afterEach(async () => {
  await library.close();
  rmSync(root, { recursive: true });
});

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function take(path: string, text: string, more: Partial<Incoming> = {}): Promise<Taken> {
  const none = { claim: undefined, modifiedMs: undefined, rename: false, size: undefined };
  return await library.take({ path: fromText(path), ...none, ...more }, pieces(text));
}

/** The same of what is not read. */
async function unread(claim: string): Promise<Taken> {
  const none = { modifiedMs: undefined, rename: false, size: 1 };
  return await library.take({ path: fromText('b'), claim: parseHash(claim), ...none }, pieces('not read'));
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half');
  throw new Error('the connection was cut');
}

/** As `stored a/b` or `known a/b`. */
async function told(path: string, text: string, more: Partial<Incoming> = {}): Promise<string> {
  const { status, held } = await take(path, text, more);
  return `${status} ${display(held.path)}`;
}

async function synced(rehash = false): Promise<string> {
  const { new: fresh, renamed, removed, changed, matched, problems } = await library.sync({ rehash });
  expect(problems).toEqual([]);
  return `${fresh} new, ${renamed} renamed, ${removed} removed, ${changed} changed, ${matched} matched`;
}

async function blake3Of(text: string): Promise<ClaimedHash> {
  const hasher = await blake3.create();
  hasher.reset();
  hasher.update(Buffer.from(text));
  return { algorithm: 'blake3', hex: Buffer.from(hasher.digest()).toString('hex') };
}

const sum = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');
const parts = (): readonly string[] => readdirSync(join(root, 'data', 'parts'));

it('removes what was arriving when the server ended', async () => {
  writeFileSync(join(root, 'data', 'parts', 'left'), 'half a photo');
  await reopen();
  expect(parts()).toEqual([]);
});

describe('before the first look has come to its end', () => {
  it('knows what its journal says and is there; of all else it says nothing until then', async () => {
    await take('a', 'photo');
    await take('e', 'song');
    await reopen();
    writeFileSync(files('by-hand'), 'other');
    renameSync(files('a'), files('aside'));
    const gate = new EventEmitter();
    const opened = once(gate, 'open').then(() => undefined);
    const looked = library.look(
      async () => await opened,
      () => {},
    );
    const order: string[] = [];
    const asked = [
      told('b', 'other').then((text) => order.push(text)),
      told('c', 'photo').then((text) => order.push(text)),
    ];
    order.push(await told('d', 'song'));
    expect(order).toEqual(['known e']);
    gate.emit('open');
    expect(await looked).toMatchObject({ new: 1, renamed: 1, matched: 1 });
    await Promise.all(asked);
    expect(order.toSorted()).toEqual(['known aside', 'known by-hand', 'known e']);
    expect(readdirSync(files()).toSorted()).toEqual(['aside', 'by-hand', 'e']);
  });

  it('fails what waits for it when the folder cannot be read', async () => {
    await take('a', 'photo');
    await reopen();
    const looked = library.look(
      async () => await Promise.reject(new Error('away')),
      () => {},
    );
    await expect(looked).rejects.toThrow('away');
    await expect(take('b', 'other')).rejects.toThrow('away');
    expect(await told('b', 'photo')).toBe('known a');
    expect([parts(), existsSync(files('b'))]).toEqual([[], false]);
  });
});

describe('what arrives', () => {
  it('is there under its name, with its time, and nothing else is', async () => {
    expect(await told('2026/ü/a.jpg', 'photo', { modifiedMs: 1_500_000_000_250 })).toBe(
      'stored 2026/ü/a.jpg',
    );
    expect(readFileSync(files('2026/ü/a.jpg'), 'utf8')).toBe('photo');
    expect(statSync(files('2026/ü/a.jpg')).mtimeMs).toBe(1_500_000_000_250);
    expect(statSync(files('2026/ü/a.jpg')).nlink).toBe(1);
    expect(parts()).toEqual([]);
    expect(await synced()).toBe('0 new, 0 renamed, 0 removed, 0 changed, 1 matched');
  });

  it('is refused when its content is there, whatever its name', async () => {
    await take('a', 'photo');
    expect(await told('b', 'photo')).toBe('known a');
    expect(existsSync(files('b'))).toBe(false);
    renameSync(files('a'), files('moved'));
    expect(await told('b', 'photo')).toBe('known moved');
    rmSync(files('moved'));
    expect(await told('b', 'photo')).toBe('stored b');
  });

  it('is not known by what a file was before it changed in place', async () => {
    await take('a', 'photo');
    writeFileSync(files('a'), 'other');
    expect(await told('b', 'photo')).toBe('stored b');
    expect(await told('c', 'other')).toBe('known a');
  });

  it('is known at once by BLAKE3, by SHA-256 when that was seen, and by MD5 after it was read only', async () => {
    const { held } = await take('a', 'photo', { claim: parseHash(`sha256:${sum('sha256', 'photo')}`) });
    expect(await unread(`blake3:${held.blake3}`)).toMatchObject({ status: 'known' });
    expect(await unread(`sha256:${sum('sha256', 'photo')}`)).toMatchObject({ status: 'known' });
    await expect(unread(sum('md5', 'photo'))).rejects.toMatchObject({ status: 422 });
    expect(await told('b', 'photo', { claim: parseHash(sum('md5', 'photo')) })).toBe('known a');
    await reopen();
    expect(await unread(`sha256:${sum('sha256', 'photo')}`)).toMatchObject({ status: 'known' });
  });

  it('is known by a SHA-256 that came with a second upload of it, also after a start', async () => {
    await take('a', 'photo');
    const claim = parseHash(`sha256:${sum('sha256', 'photo')}`);
    expect(await told('b', 'photo', { claim })).toBe('known a');
    await reopen();
    expect(await unread(`sha256:${claim.hex}`)).toMatchObject({ status: 'known', held: { path: 'a' } });
  });

  it.each(['md5', 'sha256'])('is not kept when its %s is another one', async (algorithm) => {
    const claim = parseHash(`${algorithm}:${sum(algorithm, 'whole')}`);
    await expect(take('a', 'half', { claim })).rejects.toMatchObject({
      status: 422,
      more: { status: 'differs' },
    });
    expect([readdirSync(files()), parts()]).toEqual([[], []]);
  });

  it('replaces nothing: a taken name comes with one that is free, and takes it on request', async () => {
    await take('a.jpg', 'one');
    const taken = { status: 409, more: { status: 'taken', free: 'a (2).jpg' } };
    await expect(take('a.jpg', 'two')).rejects.toMatchObject(taken);
    await expect(
      take('a.jpg', 'two', { claim: parseHash(`blake3:${'0'.repeat(64)}`) }),
    ).rejects.toMatchObject(taken);
    expect(await told('a.jpg', 'two', { rename: true })).toBe('stored a (2).jpg');
    expect(await told('a.jpg', 'three', { rename: true })).toBe('stored a (3).jpg');
    const claim = await blake3Of('five');
    expect(await told('a.jpg', 'five', { rename: true, claim })).toBe('stored a (4).jpg');
    expect(readFileSync(files('a.jpg'), 'utf8')).toBe('one');
    mkdirSync(files('folder'));
    await expect(take('folder', 'four')).rejects.toMatchObject({ status: 409 });
    await expect(take('a.jpg/b', 'four')).rejects.toMatchObject({ status: 409 });
    expect(parts()).toEqual([]);
  });

  it.skipIf(!HAS_LINKS)('follows no link, of a folder or a file', async () => {
    mkdirSync(join(root, 'outside'));
    symlinkSync(join(root, 'outside'), files('link'));
    symlinkSync(join(root, 'outside', 'new'), files('file'));
    mkdirSync(join(root, 'outside', 'there'));
    for (const path of ['link/a', 'link/deep/a', 'link/there/a', 'file'])
      await expect(take(path, 'x')).rejects.toMatchObject({ status: 409 });
    expect(readdirSync(join(root, 'outside'), { recursive: true })).toEqual(['there']);
  });

  it('at the same time, twice, is stored once', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd'].map(async (path) => await told(path, 'same')));
    expect(all.filter((one) => one.startsWith('stored'))).toHaveLength(1);
    expect(readdirSync(files())).toHaveLength(1);
  });

  it('is stored once, also when the first of three at the same time has no place', async () => {
    const first = fromText('x');
    // So long it looks for a name that is free.
    for (const path of [first, ...Array.from({ length: 2000 }, (_, i) => numbered(first, i + 2))])
      writeFileSync(files(path), 'other');
    const gate = new EventEmitter();
    const begun = once(gate, 'open');
    const none = { claim: undefined, modifiedMs: undefined, rename: false, size: undefined };
    const later = async function* (): AsyncGenerator<Uint8Array> {
      await begun;
      yield Buffer.from('same');
    };
    const all = await Promise.allSettled([
      take('x', 'same', { judge: () => void gate.emit('open') }),
      ...['b', 'c'].map(async (path) => await library.take({ path: fromText(path), ...none }, later())),
    ]);
    const said = all.map((one) => (one.status === 'fulfilled' ? one.value.status : 'refused'));
    expect(said.toSorted()).toEqual(['known', 'refused', 'stored']);
  });

  it('at the same time, under one name, has it once', async () => {
    const all = await Promise.allSettled(['1', '2', '3', '4'].map(async (text) => await take('a', text)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await synced()).toBe('0 new, 0 renamed, 0 removed, 0 changed, 1 matched');
  });

  it('is refused where it is too large, over the quota, or the disk too full; then nothing stays', async () => {
    await expect(take('a', 'x'.repeat(1001))).rejects.toMatchObject({
      status: 413,
      more: { status: 'large' },
    });
    await expect(take('a', 'x', { size: 1001 })).rejects.toMatchObject({ status: 413 });
    await reopen({ quotaBytes: 8 });
    await take('a', '12345');
    await expect(take('b', '6789')).rejects.toMatchObject({ status: 413, more: { status: 'quota' } });
    const two = await Promise.allSettled([take('c', '678', { size: 3 }), take('d', '9ab', { size: 3 })]);
    expect(two.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await reopen({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    await expect(take('e', 'x')).rejects.toMatchObject({ status: 507 });
    expect(parts()).toEqual([]);
  });

  it('leaves nothing when it breaks off', async () => {
    const none = { claim: undefined, modifiedMs: undefined, rename: false, size: undefined };
    await expect(library.take({ path: fromText('a'), ...none }, broken())).rejects.toThrow('cut');
    expect([readdirSync(files()), parts()]).toEqual([[], []]);
  });
});

describe('sync', () => {
  it('tells new, renamed, removed, changed and matched apart', async () => {
    for (const name of ['same', 'renamed', 'removed', 'changed', 'copied']) await take(name, name);
    mkdirSync(files('sorted'));
    renameSync(files('renamed'), files('sorted', 'x'));
    rmSync(files('removed'));
    writeFileSync(files('changed'), 'changed!');
    copyFileSync(files('copied'), files('copy'));
    expect(await synced()).toBe('1 new, 1 renamed, 1 removed, 1 changed, 2 matched');
    expect(await synced()).toBe('0 new, 0 renamed, 0 removed, 0 changed, 5 matched');
  });

  it('knows a file that was moved by copying', async () => {
    await take('a', 'photo');
    writeFileSync(files('b'), 'photo');
    rmSync(files('a'));
    expect(await synced()).toBe('0 new, 1 renamed, 0 removed, 0 changed, 0 matched');
    for (const name of ['c', 'd', 'e']) writeFileSync(files(name), 'photo');
    expect(await synced()).toBe('3 new, 0 renamed, 0 removed, 0 changed, 1 matched');
    // Two of them move.
    for (const name of ['x', 'y']) writeFileSync(files(name), 'photo');
    for (const name of ['c', 'd']) rmSync(files(name));
    expect(await synced()).toBe('0 new, 2 renamed, 0 removed, 0 changed, 2 matched');
  });

  it('sees by its hash only what changed in place within its size and time', async () => {
    await take('a', 'one', { modifiedMs: 1000 });
    writeFileSync(files('a'), 'two');
    utimesSync(files('a'), 1, 1);
    expect(await synced()).toBe('0 new, 0 renamed, 0 removed, 0 changed, 1 matched');
    expect(await synced(true)).toBe('0 new, 0 renamed, 0 removed, 1 changed, 0 matched');
    expect(await told('b', 'one')).toBe('stored b');
  });

  it.runIf(HAS_OTHER_USERS)('forgets nothing in a folder that it may not enter', async () => {
    mkdirSync(files('closed'));
    await take('closed/a', 'x');
    chmodSync(files('closed'), 0);
    for (const path of [root, files(), files('closed')]) chownSync(path, 65_534, 65_534);
    process.seteuid?.(65_534);
    try {
      const { removed, problems } = await library.sync();
      expect([removed, problems.map(({ path }) => path)]).toEqual([0, ['closed']]);
    } finally {
      process.seteuid?.(0);
    }
    expect(await synced()).toBe('0 new, 0 renamed, 0 removed, 0 changed, 1 matched');
  });

  it('keeps both when one of two names of a file goes', async () => {
    await take('a', 'photo');
    linkSync(files('a'), files('b'));
    expect(await synced()).toBe('1 new, 0 renamed, 0 removed, 0 changed, 1 matched');
    rmSync(files('a'));
    expect(await synced()).toBe('0 new, 0 renamed, 1 removed, 0 changed, 1 matched');
    expect(await told('c', 'photo')).toBe('known b');
  });

  it('loses nothing that arrives meanwhile', async () => {
    for (let i = 0; i < 50; i++) writeFileSync(files(`old${i}`), `old ${i}`);
    const [, ...taken] = await Promise.all([
      library.sync(),
      ...Array.from({ length: 50 }, async (_, i) => await told(`new${i}`, `new ${i}`)),
    ]);
    expect(new Set(taken.map((one) => one.split(' ')[0]))).toEqual(new Set(['stored']));
    expect(await synced()).toBe('0 new, 0 renamed, 0 removed, 0 changed, 100 matched');
  });

  it('says so when its folder is not there, and forgets nothing', async () => {
    await take('a', 'photo');
    renameSync(files(), `${files()}.away`);
    await expect(library.sync()).rejects.toMatchObject({ code: 'E_STORE', message: /no such file/ });
    renameSync(`${files()}.away`, files());
    expect(await synced()).toBe('0 new, 0 renamed, 0 removed, 0 changed, 1 matched');
  });
});

/** Another file system, where there is one. */
const OTHER = '/dev/shm';
const HAS_OTHER = existsSync(OTHER) && statSync(OTHER).dev !== statSync(tmpdir()).dev;

it.skipIf(!HAS_OTHER)(
  'a library on two file systems is refused: names could not be given without a copy',
  async () => {
    const data = mkdtempSync(join(OTHER, 'snapshot-library-'));
    try {
      const limits = { ...LIMITS };
      await expect(Library.open({ files: files(), data }, blake3, limits)).rejects.toMatchObject({
        code: 'E_STORE',
        message: /are on two file systems/,
      });
    } finally {
      rmSync(data, { recursive: true });
    }
  },
);

describe('the journal', () => {
  it('knows everything again', async () => {
    await take('a', 'photo');
    writeFileSync(files('not utf-8'), 'x');
    await library.sync();
    await reopen();
    expect(library.holdings.size).toBe(2);
    expect(await told('b', 'photo')).toBe('known a');
  });

  it('costs nothing but hashing when it is lost, cut anywhere, or damaged', async () => {
    for (const name of ['a', 'b', 'c']) await take(name, name);
    await library.close();
    const whole = readFileSync(journal());
    for (let length = 0; length <= whole.length; length += 41) {
      writeFileSync(journal(), whole.subarray(0, length));
      await reopen();
      await library.sync();
      expect(await told('d', 'c')).toBe('known c');
      await reopen();
      expect(library.holdings.size).toBe(3);
    }
    writeFileSync(journal(), Buffer.concat([Buffer.from('\0\xff{"n":}\n{}\nnull\n'), whole]));
    await reopen();
    expect(library.holdings.size).toBe(3);
  });

  it('goes on after half a line', async () => {
    await take('a', 'a');
    await library.close();
    appendFileSync(journal(), '{"n":99');
    await reopen();
    await take('b', 'b');
    await reopen();
    expect(library.holdings.size).toBe(2);
  });

  it('is written anew when most of it is outdated, and removes a part of that', async () => {
    await take('a', 'a');
    const held = library.holdings.at(fromText('a'));
    for (let i = 0; i < 1100; i++) if (held !== undefined) await library.journal.put([held]);
    await library.close();
    writeFileSync(`${journal()}.part`, 'half');
    await reopen();
    expect(readFileSync(journal(), 'utf8').trim().split('\n')).toHaveLength(2);
    expect(existsSync(`${journal()}.part`)).toBe(false);
    // All that was removed before is known to who has come so far.
    const { last } = library.journal;
    expect([last, last - 1].map((n) => library.journal.changes(n).reset)).toEqual([false, true]);
    expect(await told('b', 'a')).toBe('known a');
  });

  it('cannot be used when it is a folder, and says so', async () => {
    await library.close();
    rmSync(journal());
    mkdirSync(join(journal(), 'x'), { recursive: true });
    await expect(reopen()).rejects.toMatchObject({ code: 'E_STORE', message: /Cannot use the journal/ });
    rmSync(journal(), { recursive: true });
    await reopen();
  });

  it('tells what has changed since a number, each path once, and when it cannot', async () => {
    await take('a', 'a');
    await take('b', 'b');
    const { last } = library.journal;
    const since = (after: number): unknown =>
      library.journal
        .changes(after)
        .changes.map((one) => [one.do, one.do === 'put' ? one.held.path : one.path]);
    expect(since(0)).toEqual([
      ['put', 'a'],
      ['put', 'b'],
    ]);
    expect(since(last)).toEqual([]);
    rmSync(files('a'));
    await take('c', 'c');
    await library.sync();
    expect(since(last)).toEqual([
      ['put', 'c'],
      ['remove', 'a'],
    ]);
    expect(library.journal.changes(last + 100)).toMatchObject({ reset: true });
    expect(library.journal.changes(1)).toMatchObject({ reset: true });
  });
});
