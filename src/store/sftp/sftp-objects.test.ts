import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { noSftp, type SftpKind, SftpServer } from '../../../test/support/servers/sftp.ts';
import { restore } from '../../jobs/restore/restore.ts';
import { testNights } from '../../jobs/run/far-nights.lab.ts';
import { testQuietNights } from '../../jobs/run/quiet-nights.lab.ts';
import { SeriesLab } from '../../jobs/run/series.lab.ts';
import { verify } from '../../jobs/verify/verify.ts';
import { Series } from '../../series/series.ts';
import { testStore } from '../contract.lab.ts';
import type { Objects, SpooledFile } from '../objects.ts';
import { openStore } from '../open-store.ts';
import { sparingStore } from '../sparing.lab.ts';
import type { Store } from '../store.ts';
import { RetryObjects } from '../wrap/retry-objects.ts';
import { openSftp } from './sftp-objects.ts';

/** A server of this kind for all tests of a block. */
function useServer(kind: SftpKind): () => SftpServer {
  let server: SftpServer | undefined;
  const get = (): SftpServer => {
    if (server === undefined) throw new Error('there is no server');
    return server;
  };
  beforeAll(async () => {
    server = await SftpServer.start(kind);
    vi.stubEnv('SNAPSHOT_SSH', server.ssh);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
  });
  return get;
}

async function opened(address: string): Promise<Objects> {
  const objects = await openSftp(address);
  onTestFinished(async () => await objects.close());
  return objects;
}

/** A file of zeros that tells how far it was read. */
function zeros(sizeBytes: number, onRead: (offset: number) => void | Promise<void> = () => {}): SpooledFile {
  return {
    sizeBytes,
    read: async (offset, length) => {
      await onRead(offset);
      return Buffer.alloc(length);
    },
  };
}

/** Writes down each call, as `list data`. */
function counted(objects: Objects, calls: string[]): Objects {
  return new Proxy(objects, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        if (name !== 'close') calls.push(`${String(name)} ${String(args[0])}`);
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** Whether this machine lets the tests mount a disk. */
function canMount(): boolean {
  return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
}

/** The files of a folder, and what is in them. */
function content(root: string): unknown {
  return readdirSync(root).map((name) => [name, readFileSync(join(root, name)).toString('base64')]);
}

const MIB = 1024 * 1024;

describe.each<SftpKind>(['plain', 'jail', 'bare'])('SFTP, %s', (kind) => {
  const why = noSftp(kind);
  describe.skipIf(why !== undefined)(why ?? 'a real server', () => {
    const server = useServer(kind);
    beforeAll(() => void vi.stubEnv('SNAPSHOT_SSH', server().share()));
    const open = async (): Promise<Store> => {
      const store = openStore(server().address(randomUUID()));
      onTestFinished(async () => await store.close());
      return await Promise.resolve(store);
    };
    testStore(`folder of a server, ${kind}`, open);

    // The end to end tests have nights with all that OpenSSH can do.
    if (kind === 'bare')
      testNights(`folder of a server, ${kind}`, () => {
        const at = server().address(randomUUID());
        return sparingStore('sftp', at, async () => await openSftp(at));
      });

    if (kind === 'plain')
      testQuietNights(
        `folder of a server, ${kind}`,
        async () => {
          const [name, requests] = [randomUUID(), [] as string[]];
          const at = server().address(name);
          const opening = async (): Promise<Objects> => counted(await openSftp(at), requests);
          const folder = join(server().folder, name);
          return await Promise.resolve({ open: sparingStore('sftp', at, opening), requests, folder });
        },
        { quiet: 3, written: 22, forEach: 1 },
      );

    it('takes large objects, in place of others, and lets only their owner read them', async () => {
      const name = randomUUID();
      const objects = await opened(server().address(name));
      await objects.put('s/file', Buffer.from('old'));
      const bytes = Buffer.from(Array.from({ length: 3 * MIB }, (_, i) => (i * 7919) >> 8));
      const read = async (offset: number, length: number): Promise<Buffer> =>
        await Promise.resolve(bytes.subarray(offset, offset + length));
      await objects.putFile('s/file', { sizeBytes: bytes.length, read });
      expect((await objects.get('s/file'))?.equals(bytes)).toBe(true);
      const part = await objects.get('s/file', { offset: 700_001, length: 2 * MIB });
      expect(part?.equals(bytes.subarray(700_001, 700_001 + 2 * MIB))).toBe(true);
      expect((await objects.get('s/file', { offset: bytes.length - 3, length: 9 }))?.length).toBe(3);
      // Many requests are on their way when the first one meets the end: that of OpenSSH begins right there.
      const offset = bytes.length - 8 * 255 * 1024;
      const beyond = await objects.get('s/file', { offset, length: 9 * MIB });
      expect(beyond?.equals(bytes.subarray(offset))).toBe(true);
      expect(readdirSync(join(server().folder, name, 's'))).toEqual(['file']);
      expect(statSync(join(server().folder, name, 's', 'file')).mode & 0o777).toBe(0o600);
      expect(statSync(join(server().folder, name, 's')).mode & 0o777).toBe(0o700);
    });

    it('lists more than a server tells at once', async () => {
      const objects = await opened(server().address('many'));
      await objects.put('first', Buffer.from(''));
      for (let i = 0; i < 1000; i++) writeFileSync(join(server().folder, 'many', `file ${i}`), '');
      expect(await objects.list('')).toHaveLength(1001);
    });

    it('says whether there are links, and how much is free', async () => {
      const objects = await opened(server().address('links'));
      await objects.put('a', Buffer.from('1'));
      expect(await objects.link?.('a', 'folder/b')).toBe(kind !== 'bare');
      expect(await objects.freeBytes?.()).toEqual(kind === 'bare' ? undefined : expect.any(Number));
    });
  });
});

const why = noSftp();

describe.skipIf(why !== undefined)(why ?? 'an upload over SFTP', () => {
  const server = useServer('plain');
  const path = (name: string): string => join(server().folder, name);

  it('leaves nothing under the final name when it is cut, and the next one goes on where it is safe', async () => {
    const objects = await opened(server().address('cut'));
    await objects.put('file', Buffer.from('old'));
    const read: number[] = [];
    let isCut = false;
    const file = zeros(40 * MIB, (offset) => {
      read.push(offset);
      if (isCut || offset < 38 * MIB) return;
      isCut = true;
      server().cut();
    });
    await expect(objects.putFile('file', file)).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(readFileSync(path('cut/file'), 'utf8')).toBe('old');
    expect(readdirSync(path('cut'))).toEqual(['file', 'file.part']);
    read.length = 0;
    await objects.putFile('file', file);
    // Two flushes were sent; whether the second one was answered before the cut is chance.
    expect([16 * MIB, 32 * MIB]).toContain(read[0]);
    expect(readdirSync(path('cut'))).toEqual(['file']);
    expect(readFileSync(path('cut/file')).equals(Buffer.alloc(40 * MIB))).toBe(true);
  });

  it('begins anew where the part that was left is shorter than it was, or of another file', async () => {
    const objects = await opened(server().address('anew'));
    await objects.put('file', Buffer.from('old'));
    writeFileSync(path('anew/file.part'), Buffer.alloc(2 * MIB, 1));
    await objects.putFile('file', zeros(MIB));
    expect(readFileSync(path('anew/file')).equals(Buffer.alloc(MIB))).toBe(true);

    let isCut = false;
    const file = zeros(34 * MIB, (offset) => {
      if (isCut || offset < 33 * MIB) return;
      isCut = true;
      server().cut();
    });
    await expect(objects.putFile('file', file)).rejects.toMatchObject({ code: 'E_AWAY' });
    writeFileSync(path('anew/file.part'), 'short');
    await objects.putFile('file', file);
    expect(readFileSync(path('anew/file')).equals(Buffer.alloc(34 * MIB))).toBe(true);

    isCut = false;
    const again = { ...file };
    await expect(objects.putFile('file', again)).rejects.toMatchObject({ code: 'E_AWAY' });
    writeFileSync(path('anew/file.part'), Buffer.alloc(35 * MIB, 1));
    await expect(objects.putFile('file', again)).rejects.toMatchObject({
      message: expect.stringContaining('the server has') as string,
    });
    await objects.putFile('file', again);
    expect(readFileSync(path('anew/file')).equals(Buffer.alloc(34 * MIB))).toBe(true);
  });

  it('is not there when it is given up, and neither is its part', async () => {
    const objects = await opened(server().address('stopped'));
    await objects.put('file', Buffer.from('old'));
    const stop = new AbortController();
    const file = zeros(9 * MIB, (offset) => {
      if (offset > 5 * MIB) stop.abort(new Error('enough'));
    });
    await expect(objects.putFile('file', file, stop.signal)).rejects.toThrow('enough');
    expect(readdirSync(path('stopped'))).toEqual(['file']);
    expect(readFileSync(path('stopped/file'), 'utf8')).toBe('old');
  });

  it('is not there when its file cannot be read to its end', async () => {
    const objects = await opened(server().address('broken'));
    const short = { ...zeros(9), read: async () => await Promise.resolve(Buffer.alloc(3)) };
    await expect(objects.putFile('file', short)).rejects.toMatchObject({ code: 'E_STORE' });
    const away = zeros(9 * MIB, () => {
      throw new Error('the spool is gone');
    });
    await expect(objects.putFile('file', away)).rejects.toThrow('the spool is gone');
    expect(readdirSync(path('broken'))).toEqual([]);
  });

  it('can be stopped while nobody answers', async () => {
    const objects = await opened(server().address('held'));
    await objects.put('file', Buffer.from('old'));
    server().hold();
    const stop = new AbortController();
    const isStopped = expect(objects.put('file', Buffer.from('new'), stop.signal)).rejects.toThrow('enough');
    stop.abort(new Error('enough'));
    await isStopped;
    server().resume();
  });

  it('ends when nobody answers, and is tried again on another connection', async () => {
    const objects = await opened(server().address('silent'));
    await objects.put('file', Buffer.from('old'));
    server().hold();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const failed = expect(objects.list('')).rejects.toMatchObject({
      code: 'E_AWAY',
      message: expect.stringContaining('no answer for 30 seconds') as string,
    });
    await vi.advanceTimersByTimeAsync(31_000);
    await failed;
    vi.useRealTimers();
    server().cut();
    expect(await objects.list('')).toHaveLength(1);
  });

  it('is asked for again by those who ask again', async () => {
    const inner = await opened(server().address('again'));
    const objects = new RetryObjects(inner, 0.01);
    await objects.put('file', Buffer.from('1'));
    server().cut();
    await objects.put('file', Buffer.from('2'));
    let isCut = false;
    const file = zeros(3 * MIB, () => {
      if (!isCut) server().cut();
      isCut = true;
    });
    await objects.putFile('file', file);
    expect(statSync(path('again/file')).size).toBe(3 * MIB);
  });

  it('makes a link once, though the answer to the first try is lost', async () => {
    const objects = await opened(server().address('lost'));
    await objects.put('a', Buffer.from('1'));
    server().hold();
    const lost = expect(objects.link?.('a', 'b')).rejects.toMatchObject({ code: 'E_AWAY' });
    // It is made by the server before the connection is cut, and that is never heard of.
    writeFileSync(path('lost/b'), '1');
    server().cut();
    await lost;
    expect(await objects.link?.('a', 'b')).toBe(true);
    await expect(objects.link?.('a', 'b')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('renames a folder once, though the answer to the first try is lost', async () => {
    const objects = await opened(server().address('renamed'));
    await objects.put('old/a', Buffer.from('1'));
    server().hold();
    const lost = expect(objects.renameFolder?.('old', 'new')).rejects.toMatchObject({ code: 'E_AWAY' });
    // It is done by the server before the connection is cut, and that is never heard of.
    renameSync(path('renamed/old'), path('renamed/new'));
    server().cut();
    await lost;
    expect(await objects.renameFolder?.('old', 'new')).toBe(true);
    await expect(objects.renameFolder?.('old', 'new')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('has nothing to say after it is closed', async () => {
    const objects = await opened(server().address('closed'));
    await objects.put('a', Buffer.from('1'));
    server().hold();
    const refused = expect(objects.list('')).rejects.toMatchObject({ code: 'E_STORE' });
    await objects.close();
    await objects.close();
    await refused;
    server().resume();
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_STORE' });
  });
});

describe.skipIf(why !== undefined || !canMount())(why ?? 'a server whose disk is full', () => {
  const server = useServer('plain');

  it('says so of names as well, where bytes are left', async () => {
    const objects = await opened(server().address('names'));
    await objects.put('file', Buffer.from('old'));
    const folder = join(server().folder, 'names');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=1,mode=1777', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', [folder]));
    await expect(objects.put('file', Buffer.from('new'))).rejects.toMatchObject({ code: 'E_SPACE' });
  });

  it('says that it is', async () => {
    const objects = await opened(server().address('small'));
    await objects.put('file', Buffer.from('old'));
    const folder = join(server().folder, 'small');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=1777', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', [folder]));
    await objects.put('file', Buffer.from('old'));
    for (const sizeBytes of [3 * MIB, 1.5 * MIB]) {
      await expect(objects.putFile('file', zeros(sizeBytes))).rejects.toMatchObject({ code: 'E_SPACE' });
      expect(readdirSync(folder)).toEqual(['file']);
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
    }
  });
});

/** What is done to make a folder: its name in the one above has to reach the disk, too. */
function made(folder: string, above: string): readonly string[] {
  return [`mkdir ${folder}`, ...['open', 'fsync', 'close'].map((step) => `${step} ${above}`)];
}

/** What sshd runs for SFTP, by itself: it comes with it. */
const SFTP_SERVER = '/usr/lib/openssh/sftp-server';

describe.skipIf(!existsSync(SFTP_SERVER))('an object', () => {
  it('is on the disk of the server before it has its name, and then its name', async () => {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-sftp-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    vi.stubEnv('SNAPSHOT_SSH', `sh -c 'exec ${SFTP_SERVER} -e -l VERBOSE 2>>${root}/told'`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const objects = await opened(`sftp://host${root}/a`);
    await objects.put('b/file', Buffer.from('1'));
    await objects.close();
    const told = readFileSync(join(root, 'told'), 'utf8').replaceAll(root, '');
    const steps = [...told.matchAll(/^(open|fsync|close|posix-rename|mkdir)(?: name| old)? "([^"]*)"/gm)];
    expect(steps.map(([, step, path]) => `${step} ${path}`)).toEqual([
      'open /a/b/file.part',
      'mkdir /a/b',
      ...made('/a', ''),
      ...made('/a/b', '/a'),
      'open /a/b/file.part',
      'fsync /a/b/file.part',
      'open /a/b',
      'close /a/b/file.part',
      'posix-rename /a/b/file.part',
      'fsync /a/b',
      'close /a/b',
    ]);
  });
});

describe.skipIf(!existsSync(SFTP_SERVER))('a folder that is there', () => {
  it('stays when an object is to have its name, and no part of that stays beside it', async () => {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-sftp-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    vi.stubEnv('SNAPSHOT_SSH', `sh -c 'exec ${SFTP_SERVER}'`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const objects = await opened(`sftp://host${root}`);
    await objects.put('a/file', Buffer.from('1'));
    await expect(objects.put('a', Buffer.from('2'))).rejects.toMatchObject({ code: 'E_STORE' });
    expect([readdirSync(root), readdirSync(join(root, 'a'))]).toEqual([['a'], ['file']]);
  });
});

describe.skipIf(why !== undefined)(why ?? 'a server that may only be read', () => {
  const server = useServer('read-only');

  it('gives what it has, and says who has to see to it when it is to take something', async () => {
    const objects = await opened(server().address('there'));
    await expect(objects.put('file', Buffer.from('1'))).rejects.toMatchObject({
      code: 'E_AUTH',
      hint: expect.stringContaining('the user of the address') as string,
    });
    writeFileSync(join(server().folder, 'file'), 'content', { mode: 0o644 });
    const above = await opened(server().address('.'));
    expect(String(await above.get('file'))).toBe('content');
  });

  it('does not call a folder empty whose names are all that may be seen', async () => {
    mkdirSync(join(server().folder, 'closed'));
    writeFileSync(join(server().folder, 'closed', 'file'), 'content');
    chmodSync(join(server().folder, 'closed'), 0o744);
    const above = await opened(server().address('.'));
    await expect(above.list('closed')).rejects.toMatchObject({ code: 'E_AUTH' });
  });
});

describe.each([
  ['plain', 'tar.zst'],
  ['jail', 'zip'],
  ['bare', 'tar.zst'],
] as const)('a series on a server, %s, %s', (kind, format) => {
  const absent = noSftp(kind);
  describe.skipIf(absent !== undefined)(absent ?? 'a real server', () => {
    const server = useServer(kind);
    beforeAll(() => void vi.stubEnv('SNAPSHOT_SSH', server().share()));

    it('is written, rotated, verified and restored', async () => {
      const lab = new SeriesLab();
      onTestFinished(() => lab.remove());
      lab.row = { ...lab.row, destination: server().address('backup'), format, keep: { last: 2 } };
      writeFileSync(join(lab.source, 'stays'), randomBytes(2 * MIB));
      for (let night = 0; night < 4; night++) {
        writeFileSync(join(lab.source, `new ${night}`), `night ${night}`.repeat(1000));
        writeFileSync(join(lab.source, 'large'), Buffer.alloc(1_500_000, `${night}`));
        expect(await lab.run()).toMatchObject({ outcome: 'written', error: null, problems: 0 });
      }
      expect(await lab.run()).toMatchObject({ outcome: 'unchanged', error: null });
      const store = openStore(lab.row.destination);
      onTestFinished(async () => await store.close());
      const series = new Series(store, 'data');
      const { snapshots, damaged, unfinished } = await series.survey();
      expect([snapshots.length, damaged, unfinished]).toEqual([2, [], []]);
      // With links each folder is complete by itself.
      const newest = join(server().folder, 'backup', 'data', snapshots[1]?.name ?? '');
      const linked = readdirSync(newest).filter((name) => statSync(join(newest, name)).nlink > 1);
      expect(linked.length > 0).toBe(kind !== 'bare');
      const quietly = { signal: new AbortController().signal, report: (): void => {} };
      const { end } = await verify(series, { at: undefined, level: 'full', ...quietly });
      expect(end).toMatchObject({ status: 0, damages: 0, lost: 0 });
      const to = join(lab.root, 'to');
      const all = { at: 'latest', globs: [], to, overwrite: 'never', deletes: false, dryRun: false } as const;
      await restore(series, { ...all, ...quietly });
      expect(content(to)).toEqual(content(lab.source));
    });
  });
});
