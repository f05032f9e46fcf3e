import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../archive/member.ts';
import { centralRecord, endOfDirectory, localHeader } from '../archive/zip.ts';
import type { Info, PackFormat } from './info.ts';
import { restoreText } from './restore-text.ts';

const NAME = '2026-11-19T02-00-00Z';
const hasTar =
  spawnSync('tar', ['--zstd', '--version']).status === 0 && spawnSync('zstd', ['--version']).status === 0;
const hasUnzip = spawnSync('unzip', ['-v']).status === 0;

let folder: string;
let snapshot: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restore-text-'));
  // Where the snapshot lies should not matter either.
  snapshot = join(folder, `a "disk" $HOME 'of' mine`);
  mkdirSync(snapshot);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function infoFor(format: PackFormat, files: readonly string[], changes: Partial<Info> = {}): Info {
  const hash = 'a'.repeat(64);
  return {
    version: 1,
    tool: 'snapshot 0.1.0',
    name: 'documents',
    host: 'laptop',
    source: '/home/alice',
    destination: '/mnt',
    time: { started: '', finished: '' },
    strategy: 'incremental',
    format,
    hash: { algorithm: 'blake3', tree: hash, folders: {} },
    count: { files: 1, folders: 0, links: 0 },
    bytes: 0,
    change: { added: 0, modified: 0, removed: 0 },
    previous: null,
    archives: files.map((file) => ({ file, bytes: 0, sha256: hash, entries: 0, liveBytes: 0 })),
    index: { file: 'index.jsonl.zst', bytes: 0, sha256: hash },
    skipped: [],
    ...changes,
  };
}

/** A tar.zst in the snapshot that holds one file. */
function tar(archive: string, path: string, content: string): void {
  const from = join(folder, 'from');
  mkdirSync(from, { recursive: true });
  writeFileSync(join(from, path), content);
  chmodSync(join(from, path), 0o4751);
  // A name with a colon would be a host to tar.
  const { status, stderr } = spawnSync('tar', ['--zstd', '-cf', '../made', path], {
    cwd: from,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  copyFileSync(join(folder, 'made'), join(snapshot, archive));
  rmSync(from, { recursive: true });
}

/** A zip in the snapshot. */
function zip(archive: string, contents: Readonly<Record<string, string>>): void {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [path, text] of Object.entries(contents)) {
    const content = Buffer.from(text);
    const member: Member = {
      path: Buffer.from(path).toString('latin1'),
      type: 'file',
      size: content.length,
      mode: 0o4751,
      uid: 0,
      gid: 0,
      user: undefined,
      group: undefined,
      mtimeNs: 1_700_000_000_000_000_000n,
      target: undefined,
    };
    const size = content.length;
    const record = {
      member,
      deflated: false,
      crc: crc32(content),
      compressedBytes: size,
      contentBytes: size,
      descriptor: false,
    };
    central.push(centralRecord(record, at));
    local.push(localHeader(record), content);
    at = local.reduce((sum, part) => sum + part.length, 0);
  }
  const directory = Buffer.concat(central);
  const end = endOfDirectory(central.length, directory.length, at);
  writeFileSync(join(snapshot, archive), Buffer.concat([...local, directory, end]));
}

/** Runs RESTORE.txt as it says. */
function restore(
  info: Info,
  target: string,
  env: Readonly<Record<string, string>> = {},
): { status: number | null; stderr: string } {
  writeFileSync(join(snapshot, 'RESTORE.txt'), restoreText(NAME, info));
  const { status, stderr } = spawnSync('sh', [join(snapshot, 'RESTORE.txt'), target], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  return { status, stderr };
}

const AWKWARD = `it's "a" $(touch hacked) \`touch hacked\` ; & *`;

describe.skipIf(!hasTar)('RESTORE.txt of a tar.zst snapshot', () => {
  it.each(['documents', AWKWARD, '-rf', 'é'])('gets everything back when the series is called %j', (name) => {
    const files = ['', '-2'].map((n) => `${name}-${NAME}${n}.tar.zst`);
    files.forEach((archive, i) => tar(archive, 'file', `content ${i}`));
    expect(restore(infoFor('tar.zst', files, { name }), join(folder, 'out'))).toEqual({
      status: 0,
      stderr: '',
    });
    // A later archive has the newer content.
    expect(readFileSync(join(folder, 'out', 'file'), 'utf8')).toBe('content 1');
    expect(statSync(join(folder, 'out', 'file')).mode & 0o7777).toBe(0o4751);
    expect(readdirSync(folder)).not.toContain('hacked');
  });

  it.each(['out', 'in/new/folders', AWKWARD, './-out', 'é'])('restores into a folder called %j', (target) => {
    tar('a.tar.zst', 'file', 'content');
    expect(restore(infoFor('tar.zst', ['a.tar.zst']), target)).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(folder, target, 'file'), 'utf8')).toBe('content');
  });

  it('does nothing without a folder to restore into', () => {
    tar('a.tar.zst', 'file', 'content');
    const { status, stderr } = restore(infoFor('tar.zst', ['a.tar.zst']), '');
    expect(status).not.toBe(0);
    expect(stderr).toContain('where to?');
    expect(readdirSync(folder).toSorted()).toEqual([`a "disk" $HOME 'of' mine`, 'made']);
  });

  it('stops at an archive that is damaged', () => {
    tar('b.tar.zst', 'file', 'content');
    writeFileSync(join(snapshot, 'a.tar.zst'), 'damaged');
    expect(restore(infoFor('tar.zst', ['a.tar.zst', 'b.tar.zst']), 'out').status).not.toBe(0);
    expect(readdirSync(join(folder, 'out'))).toEqual([]);
  });

  it.each(['source', 'host', 'name'] as const)('takes no command from the %s', (key) => {
    tar('a.tar.zst', 'file', 'content');
    for (const text of [`x\ntouch hacked\n`, 'x\rtouch hacked', 'x\u2028touch hacked']) {
      expect(restore(infoFor('tar.zst', ['a.tar.zst'], { [key]: text }), 'out').status).toBe(0);
    }
    expect(readdirSync(folder)).not.toContain('hacked');
  });

  it('is the same through a link to it', () => {
    tar('a.tar.zst', 'file', 'content');
    symlinkSync(snapshot, join(folder, 'link'));
    writeFileSync(join(snapshot, 'RESTORE.txt'), restoreText(NAME, infoFor('tar.zst', ['a.tar.zst'])));
    expect(spawnSync('sh', ['link/RESTORE.txt', 'out'], { cwd: folder }).status).toBe(0);
    expect(readdirSync(join(folder, 'out'))).toEqual(['file']);
  });

  it('says how to get one file, in words that can be typed', () => {
    tar('a.tar.zst', 'file', 'content');
    const text = restoreText(NAME, infoFor('tar.zst', ['a.tar.zst']));
    const command = /^# {5}(tar .*) -C \/some\/folder folder\/file$/m.exec(text)?.[1];
    mkdirSync(join(folder, 'out'));
    const { status } = spawnSync('sh', ['-c', `${command} -C ../out file`], { cwd: snapshot });
    expect([status, readdirSync(join(folder, 'out'))]).toEqual([0, ['file']]);
  });
});

describe.skipIf(!hasUnzip)('RESTORE.txt of a zip snapshot', () => {
  it('gets everything back, from all archives in their order', () => {
    zip('a.zip', { file: 'old', 'folder/one': '1' });
    zip('b.zip', { file: 'new', 'folder/two': '2' });
    expect(restore(infoFor('zip', ['a.zip', 'b.zip']), 'out')).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(folder, 'out', 'file'), 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'out', 'folder'))).toEqual(['one', 'two']);
  });

  it.each([AWKWARD, '-rf', '[a]*?'])('gets everything back when the series is called %j', (name) => {
    zip(`${name}.zip`, { file: 'content' });
    expect(restore(infoFor('zip', [`${name}.zip`], { name }), AWKWARD)).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(folder, AWKWARD, 'file'), 'utf8')).toBe('content');
    expect(readdirSync(folder)).not.toContain('hacked');
  });

  it('gives back all permission bits', () => {
    zip('a.zip', { file: 'content' });
    restore(infoFor('zip', ['a.zip']), 'out');
    expect(statSync(join(folder, 'out', 'file')).mode & 0o7777).toBe(0o4751);
  });

  it.each(['C', 'C.UTF-8'])('gives back names as they were, whatever the language (%s)', (language) => {
    const names = ['é🙂', 'two\nlines', `it's "so"`, '*[a]?', '-rf', 'back\\slash'];
    zip('a.zip', Object.fromEntries(names.map((name) => [name, 'x'])));
    expect(restore(infoFor('zip', ['a.zip']), 'out', { LC_ALL: language })).toEqual({
      status: 0,
      stderr: '',
    });
    expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(names.toSorted());
  });

  it('succeeds for an empty tree', () => {
    zip('a.zip', {});
    const count = { files: 0, folders: 0, links: 0 };
    expect(restore(infoFor('zip', ['a.zip'], { count }), 'out')).toMatchObject({ status: 0 });
    expect(readdirSync(join(folder, 'out'))).toEqual([]);
  });

  it('stops at an archive that is damaged', () => {
    zip('b.zip', { file: 'content' });
    writeFileSync(join(snapshot, 'a.zip'), 'damaged');
    expect(restore(infoFor('zip', ['a.zip', 'b.zip']), 'out').status).not.toBe(0);
  });
});
