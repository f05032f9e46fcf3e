import type { ArchiveFormat } from '../../base/archive-format.ts';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAttributes } from '../../base/attributes.ts';
import type { Member } from '../../format/member.ts';
import { centralRecord, endOfDirectory, localHeader } from '../../format/zip/zip.ts';
import type { Info } from '../info.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import type { Step } from './plan-script.ts';
import { type Meta, PREAMBLE, type RestoreParts, restoreText } from './write-script.ts';

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

function infoFor(format: ArchiveFormat, files: readonly string[], changes: Partial<Info> = {}): Info {
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
    archives: files.map((file, number) => {
      const entries = file.includes('~tree') ? 0 : 1;
      return { number, file, bytes: 0, sha256: hash, entries, liveBytes: 0 };
    }),
    index: { file: 'index.jsonl.zst', bytes: 0, sha256: hash },
    changes: null,
    dead: null,
    skipped: [],
    ...changes,
  };
}

/** A tar.zst in the snapshot that holds one file. */
function tar(archive: string, path: string, content: string): void {
  tarOf(archive, { [path]: content });
}

/** A tar.zst in the snapshot with these files. */
function tarOf(archive: string, contents: Readonly<Record<string, string>>): void {
  const from = join(folder, 'from');
  mkdirSync(from, { recursive: true });
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(from, path)), { recursive: true });
    writeFileSync(join(from, path), content);
    chmodSync(join(from, path), 0o4751);
  }
  // A name with a colon would be a host to tar.
  const names = Object.keys(contents);
  const { status, stderr } = spawnSync('tar', ['--zstd', '-cf', '../made', '--', ...names], {
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
  parts: RestoreParts = NOTHING_ELSE,
): { status: number | null; stderr: string } {
  writeFileSync(join(snapshot, 'RESTORE.txt'), Buffer.from(restoreText(NAME, info, parts), 'latin1'));
  const { status, stderr } = spawnSync('sh', [join(snapshot, 'RESTORE.txt'), target], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  return { status, stderr };
}

function byNumber(steps: Readonly<Record<number, readonly Step[]>>): Map<number, readonly Step[]> {
  return new Map(Object.entries(steps).map(([number, list]) => [Number(number), list]));
}

/** What there is to do beside extracting. */
function partsOf(
  { before = {}, after = {}, last = [] }: Steps,
  { files = [], folders = [] }: Partial<Pick<RestoreParts, 'files' | 'folders'>> = {},
): RestoreParts {
  return {
    plan: { before: byNumber(before), after: byNumber(after), last },
    files,
    folders,
    hasAttributes: files.some(({ attributes }) => attributes !== undefined),
  };
}

interface Steps {
  readonly before?: Readonly<Record<number, readonly Step[]>>;
  readonly after?: Readonly<Record<number, readonly Step[]>>;
  readonly last?: readonly Step[];
}

const NOTHING_ELSE = partsOf({});

/** A name as the file system has it. */
function bytes(text: string): BytePath {
  return fromText(text);
}

/** All files below `path`, with what they hold, and folders that hold nothing. */
function contentsOf(path: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    const at = join(entry.parentPath, entry.name);
    const name = at.slice(path.length + 1);
    if (entry.isFile()) found[name] = readFileSync(at, 'utf8');
    else if (readdirSync(at).length === 0) found[`${name}/`] = '';
  }
  return found;
}

function metaOf(path: string, mode: number, mtimeNs: bigint): Meta {
  return { path: bytes(path), mode, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mtimeNs };
}

const AWKWARD = `it's "a" $(touch hacked) \`touch hacked\` ; & *`;

/** Runs the script that {@link restore} has written, again. */
function run(...args: readonly string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync('sh', [join(snapshot, 'RESTORE.txt'), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stderr };
}

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

  it('gives what other archives have when one is damaged, and ends with a status that says so', () => {
    tar('b.tar.zst', 'file', 'content');
    writeFileSync(join(snapshot, 'a.tar.zst'), 'damaged');
    expect(restore(infoFor('tar.zst', ['a.tar.zst', 'b.tar.zst']), 'out').status).not.toBe(0);
    expect(readdirSync(join(folder, 'out'))).toEqual(['file']);
  });

  it.each(['source', 'host', 'name'] as const)('takes no command from the %s', (key) => {
    tar('a.tar.zst', 'file', 'content');
    for (const text of [`x\ntouch hacked\n`, 'x\rtouch hacked', 'x\u2028touch hacked']) {
      expect(restore(infoFor('tar.zst', ['a.tar.zst'], { [key]: text }), 'out').status).toBe(0);
      rmSync(join(folder, 'out'), { recursive: true });
    }
    expect(readdirSync(folder)).not.toContain('hacked');
  });

  it.each(['mine', '.mine', '\n'])(
    'writes to no folder that holds %j, unless --overwrite follows',
    (name) => {
      tar('a.tar.zst', 'file', 'content');
      mkdirSync(join(folder, 'out'));
      writeFileSync(join(folder, 'out', name), 'mine');
      const info = infoFor('tar.zst', ['a.tar.zst']);
      const refused = restore(info, 'out');
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain('it is not empty');
      expect(readdirSync(join(folder, 'out'))).toEqual([name]);
      expect(run('out', '--overwrite').status).toBe(0);
      expect(readdirSync(join(folder, 'out')).length).toBe(2);
    },
  );

  const backups: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['a series', ['b/DATE/info.json'], ['b', 'b/new', 'b/DATE', 'b/DATE/new/er']],
    ['an unfinished snapshot', ['b/DATE/x-DATE.tar.zst.part'], ['b', 'b/new', 'b/DATE']],
    ['a damaged snapshot', ['b/DATE/SHA256SUMS'], ['b', 'b/new', 'b/DATE/new']],
    ['a snapshot of which only the index is left', ['b/DATE/index.jsonl.zst'], ['b', 'b/new']],
    ['a damaged snapshot under another name', ['b/SHA256SUMS', 'b/info.json'], ['b', 'b/new']],
    ['a snapshot under another name', ['b/SHA256SUMS', 'b/index.jsonl.zst'], ['b', 'b/new']],
    ['a series without snapshots', ['b/runs.jsonl'], ['b', 'b/new']],
    ['a destination', ['d/b/DATE/info.json'], ['d']],
    ['a destination of a damaged snapshot', ['d/b/DATE/SHA256SUMS'], ['d']],
    ['a destination with a marker', ['d/snapshot-disk.json'], ['d']],
  ];
  it.each(backups)('never writes to %s, nor into it', (_, files, targets) => {
    tar('a.tar.zst', 'file', 'content');
    for (const file of files) {
      const at = join(folder, 'there', file.replaceAll('DATE', NAME));
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, '{"started":"2026","outcome":"written"}\n');
    }
    symlinkSync('there', join(folder, 'link'));
    restore(infoFor('tar.zst', ['a.tar.zst']), 'out');
    const before = readdirSync(join(folder, 'there'), { recursive: true });
    for (const target of targets) {
      const to = join('link', target.replaceAll('DATE', NAME));
      const { status, stderr } = run(to, '--overwrite');
      expect([to, status]).toEqual([to, 2]);
      expect(stderr).toContain('a backup lies there');
    }
    expect(readdirSync(join(folder, 'there'), { recursive: true })).toEqual(before);
  });

  it('is the same through a link to it', () => {
    tar('a.tar.zst', 'file', 'content');
    symlinkSync(snapshot, join(folder, 'link'));
    writeFileSync(
      join(snapshot, 'RESTORE.txt'),
      restoreText(NAME, infoFor('tar.zst', ['a.tar.zst']), NOTHING_ELSE),
    );
    expect(spawnSync('sh', ['link/RESTORE.txt', 'out'], { cwd: folder }).status).toBe(0);
    expect(readdirSync(join(folder, 'out'))).toEqual(['file']);
  });

  it.each(['sh', 'bash'])('looks for backups up to the root, also where %s calls it //', (shell) => {
    if (spawnSync(shell, ['-c', ':']).status !== 0) return;
    tar('a.tar.zst', 'file', 'content');
    restore(infoFor('tar.zst', ['a.tar.zst']), 'out');
    const args = [join(snapshot, 'RESTORE.txt'), `/${folder}/again`];
    expect(spawnSync(shell, args, { timeout: 20_000 }).status).toBe(0);
    expect(readdirSync(join(folder, 'again'))).toEqual(['file']);
  });

  it.skipIf(process.getuid?.() !== 0)('ends where a folder above the target may not be entered', () => {
    const inside = join(folder, 'closed', 'open');
    mkdirSync(inside, { recursive: true });
    chmodSync(inside, 0o777);
    chmodSync(join(folder, 'closed'), 0o700);
    const { status } = spawnSync('sh', ['-s', 'out'], {
      cwd: inside,
      uid: 65534,
      gid: 65534,
      input: PREAMBLE,
      timeout: 20_000,
    });
    expect([status, readdirSync(inside)]).toEqual([0, ['out']]);
  });

  it('says how to get one file, in words that can be typed', () => {
    tar('a.tar.zst', 'file', 'content');
    const text = restoreText(NAME, infoFor('tar.zst', ['a.tar.zst']), NOTHING_ELSE);
    const command = /^# {5}(tar .*) -C \/some\/folder folder\/file$/m.exec(text)?.[1];
    mkdirSync(join(folder, 'out'));
    const { status } = spawnSync('sh', ['-c', `${command} -C ../out file`], { cwd: snapshot });
    expect([status, readdirSync(join(folder, 'out'))]).toEqual([0, ['file']]);
  });
});

/** What `sh` runs after the preamble, line by line. */
function commandsOf(text: string): string[] {
  return text.slice(text.indexOf(PREAMBLE) + PREAMBLE.length).split('\n');
}

describe('restoreText()', () => {
  it('is one command per archive when there is nothing else to do', () => {
    const text = restoreText(NAME, infoFor('tar.zst', ['a.tar.zst', 'b~tree.tar.zst']), NOTHING_ELSE);
    expect(commandsOf(text)).toEqual([
      `tar --zstd -xpf "$here"/'a.tar.zst' -C "$target" || failed=1`,
      `tar --zstd -xpf "$here"/'b~tree.tar.zst' -C "$target" || failed=1`,
      'exit $failed',
      '',
    ]);
    expect(text).not.toContain('do as they');
  });

  it('says that there is nothing to extract when the tree was empty', () => {
    const commands = commandsOf(restoreText(NAME, infoFor('zip', []), NOTHING_ELSE));
    expect(commands).toEqual(['# The tree was empty.', '']);
  });

  it('brings files to their places before folders and links are extracted, and sets folders right at the end', () => {
    const parts = partsOf(
      {
        before: { 1: [{ do: 'tidy', path: bytes('t') }] },
        after: { 0: [{ do: 'aside', n: 1, path: bytes('a') }] },
        last: [
          { do: 'place', n: 1, path: bytes('d/b') },
          { do: 'copy', from: bytes('d/b'), path: bytes('c') },
        ],
      },
      { files: [metaOf('c', 0o644, 0n)], folders: [metaOf('d', 0o755, -1n)] },
    );
    const info = infoFor('tar.zst', ['0.tar.zst', '1.tar.zst', '2~tree.tar.zst']);
    const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    const text = restoreText(NAME, info, parts);
    const lines = commandsOf(text);
    expect(lines.slice(lines.indexOf('}') + 1)).toEqual([
      `tar --zstd -xpf "$here"/'0.tar.zst' -C "$target" || failed=1`,
      `aside 1 'a'`,
      `tidy 't'`,
      `tar --zstd -xpf "$here"/'1.tar.zst' -C "$target" || failed=1`,
      `place 1 'd' 'd/b'`,
      `copy 'd/b' '' 'c'`,
      `meta 0644 ${owner} 1970-01-01T00:00:00.000000000Z 'c'`,
      `tar --zstd -xpf "$here"/'2~tree.tar.zst' -C "$target" || failed=1`,
      `meta 0755 ${owner} 1969-12-31T23:59:59.999999999Z 'd'`,
      'rmdir "$aside" || failed=1',
      'exit $failed',
      '',
    ]);
    expect(text).toContain('do as they');
  });

  it('does so at the end when there are neither folders nor links', () => {
    const parts = partsOf({ last: [{ do: 'copy', from: bytes('a'), path: bytes('b') }] });
    const lines = commandsOf(restoreText(NAME, infoFor('tar.zst', ['0.tar.zst']), parts));
    expect(lines.slice(-5)).toEqual([
      `tar --zstd -xpf "$here"/'0.tar.zst' -C "$target" || failed=1`,
      `copy 'a' '' 'b'`,
      'rmdir "$aside" || failed=1',
      'exit $failed',
      '',
    ]);
  });

  it('has room for more files and folders to set right than a call has', () => {
    const many = Array.from({ length: 140_000 }, (_, i) => metaOf(`${i}`, 0o644, 0n));
    const last = many.map(({ path }): Step => ({ do: 'copy', from: bytes('a'), path }));
    const parts = partsOf({ last }, { files: many, folders: many });
    const lines = commandsOf(restoreText(NAME, infoFor('zip', ['0.zip']), parts));
    // 40 of one mode and owner to a line.
    expect(lines.filter((line) => /^(?:copy|meta) /.test(line)).length).toBe(140_000 + 2 * 3500);
  });

  it('gives a command no more than 40 names, and those of one kind only', () => {
    const drops = Array.from({ length: 41 }, (_, i): Step => ({ do: 'drop', path: bytes(`f${i}`) }));
    const after = { 0: [...drops, { do: 'tidy', path: bytes('d') }] as Step[] };
    const lines = commandsOf(restoreText(NAME, infoFor('tar.zst', ['0.tar.zst']), partsOf({ after })));
    const shown = lines.filter((line) => /^(?:drop|tidy) /.test(line));
    expect(shown.map((line) => line.split(' ').length)).toEqual([41, 2, 2]);
    expect(shown.slice(1)).toEqual([`drop 'f40'`, `tidy 'd'`]);
  });
});

describe.skipIf(!hasTar)('RESTORE.txt with more to do', () => {
  const NAMES = ['plain', AWKWARD, '-rf', 'é🙂', 'two\nlines', "'", '\\', '~', '*'];

  it.each(NAMES)('does each of its steps with a name like %j', (name) => {
    tarOf('0.tar.zst', { [name]: '0', [`f/${name}`]: 'dead', [`${name}.d/${name}`]: 'moved', other: 'o' });
    tarOf('1.tar.zst', { 'g/x': '1' });
    const parts = partsOf(
      {
        before: { 1: [{ do: 'tidy', path: bytes(`${name}.d`) }] },
        after: {
          0: [
            { do: 'aside', n: 1, path: bytes(`${name}.d/${name}`) },
            { do: 'drop', path: bytes(`f/${name}`) },
            { do: 'drop', path: bytes(`not there/${name}`) },
            { do: 'tidy', path: bytes('f') },
            { do: 'tidy', path: bytes('not there') },
          ],
          // It is not empty.
          1: [{ do: 'tidy', path: bytes('g') }],
        },
        last: [
          { do: 'place', n: 1, path: bytes(`new/${name}/to`) },
          { do: 'copy', from: bytes(`new/${name}/to`), path: bytes(`copy/${name}`) },
          { do: 'copy', from: bytes(`new/${name}/to`), path: bytes('as it is') },
        ],
      },
      {
        files: [metaOf(`copy/${name}`, 0o6750, -1_500_000_000n)],
        folders: [metaOf(`new/${name}`, 0o750, 1n)],
      },
    );
    const info = infoFor('tar.zst', ['0.tar.zst', '1.tar.zst']);
    expect(restore(info, join(folder, 'out'), {}, parts)).toEqual({ status: 0, stderr: '' });
    const out = join(folder, 'out');
    expect(contentsOf(out)).toEqual({
      [name]: '0',
      other: 'o',
      'g/x': '1',
      [`new/${name}/to`]: 'moved',
      [`copy/${name}`]: 'moved',
      'as it is': 'moved',
    });
    const [copy, made] = [`copy/${name}`, `new/${name}`].map((path) =>
      statSync(join(out, path), { bigint: true }),
    );
    expect([copy?.mode, copy?.mtimeNs, made?.mode, made?.mtimeNs].map((value) => Number(value))).toEqual([
      0o106750, -1_500_000_000, 0o40750, 1,
    ]);
    const [moved, same] = [`new/${name}/to`, 'as it is'].map((path) => statSync(join(out, path)));
    expect([moved?.mode, same?.mode]).toEqual([0o104751, 0o104751]);
    expect(same?.mtimeMs).toBe(moved?.mtimeMs);
    expect(readdirSync(folder)).not.toContain('hacked');
  });

  it('does them with names that are not UTF-8', () => {
    tarOf('0.tar.zst', { a: 'a' });
    const last: Step[] = [{ do: 'copy', from: bytes('a'), path: '\xff/\xe9' as BytePath }];
    const info = infoFor('tar.zst', ['0.tar.zst']);
    expect(restore(info, join(folder, 'out'), {}, partsOf({ last }))).toEqual({ status: 0, stderr: '' });
    expect(readdirSync(Buffer.from(`${folder}/out/\xff`, 'latin1'), { encoding: 'latin1' })).toEqual([
      '\xe9',
    ]);
  });

  it('keeps the times of folders that the last archive has', () => {
    tarOf('0.tar.zst', { a: 'a' });
    const from = join(folder, 'tree');
    mkdirSync(join(from, 'd'), { recursive: true });
    utimesSync(join(from, 'd'), 1e9, 1e9);
    expect(spawnSync('tar', ['--zstd', '-cf', '../made', 'd'], { cwd: from }).status).toBe(0);
    copyFileSync(join(folder, 'made'), join(snapshot, '1~tree.tar.zst'));
    const last: Step[] = [{ do: 'copy', from: bytes('a'), path: bytes('d/b') }];
    const info = infoFor('tar.zst', ['0.tar.zst', '1~tree.tar.zst']);
    expect(restore(info, join(folder, 'out'), {}, partsOf({ last }))).toEqual({ status: 0, stderr: '' });
    expect(contentsOf(join(folder, 'out'))).toEqual({ a: 'a', 'd/b': 'a' });
    expect(statSync(join(folder, 'out', 'd')).mtimeMs).toBe(1e12);
  });

  it('takes archives from where they lie', () => {
    const older = '2026-11-18T02-00-00Z';
    tarOf('0.tar.zst', { a: 'old', b: 'b' });
    mkdirSync(join(folder, older));
    renameSync(join(snapshot, '0.tar.zst'), join(folder, older, '0.tar.zst'));
    tarOf('1.tar.zst', { a: 'new' });
    const info = infoFor('tar.zst', [`${older}/0.tar.zst`, '1.tar.zst']);
    expect(restore(info, join(folder, 'out'))).toEqual({ status: 0, stderr: '' });
    expect(contentsOf(join(folder, 'out'))).toEqual({ a: 'new', b: 'b' });
  });

  it('sets each to its own mode and time, however many there are, also where nobody may look any more', () => {
    const many = Array.from({ length: 95 }, (_, i) =>
      metaOf(`${AWKWARD}/${i}`, i % 50 === 7 ? 0o755 : 0o640, BigInt(i) * 1_000_000_007n),
    );
    const shut = [metaOf('s/in/f', 0o400, 5n), metaOf('s/in', 0, -3n), metaOf('s', 0, 7n)];
    const all = [...many, ...shut];
    tarOf('0.tar.zst', Object.fromEntries([...many, metaOf('s/in/f', 0, 0n)].map(({ path }) => [path, ''])));
    const text = restoreText(
      NAME,
      infoFor('tar.zst', ['0.tar.zst']),
      partsOf({}, { files: many, folders: shut }),
    );
    writeFileSync(join(snapshot, 'RESTORE.txt'), text, 'latin1');
    const free = join(folder, 'free');
    mkdirSync(free);
    for (const path of [folder, free]) chmodSync(path, 0o777);
    const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const made = spawnSync('sh', [join(snapshot, 'RESTORE.txt'), join(free, 'out')], {
      cwd: free,
      encoding: 'utf8',
      ...user,
    });
    expect([made.status, made.stderr]).toEqual([0, '']);
    const found = [...many, ...shut.slice(2)].map(({ path }) =>
      statSync(join(free, 'out', path), { bigint: true }),
    );
    expect(found.map(({ mode, mtimeNs }) => [Number(mode) & 0o7777, mtimeNs])).toEqual(
      [...many, ...shut.slice(2)].map(({ mode, mtimeNs }) => [mode, mtimeNs]),
    );
    // The others, once one may look.
    for (const { path, mode, mtimeNs } of all.slice(-3).toReversed()) {
      const one = statSync(join(free, 'out', path), { bigint: true });
      expect([path, Number(one.mode) & 0o7777, one.mtimeNs]).toEqual([path, mode, mtimeNs]);
      chmodSync(join(free, 'out', path), 0o700);
    }
  });

  it('sets an attribute after the mode of its file', () => {
    const label = formatAttributes([['user.a', Buffer.from('x')]]);
    const files = [
      metaOf('a', 0o640, 0n),
      { ...metaOf('b', 0o640, 1n), attributes: label },
      metaOf('c', 0o640, 2n),
    ];
    const lines = commandsOf(restoreText(NAME, infoFor('tar.zst', ['0.tar.zst']), partsOf({}, { files })));
    const paths = lines
      .filter((line) => /^(?:meta|attributes) /.test(line))
      .map((line) => [...line.matchAll(/'([a-c])'/g)].map(([, path]) => path));
    expect(paths).toEqual([['a', 'b'], ['b'], ['c']]);
  });

  it('goes on after one that cannot be set', () => {
    tarOf('0.tar.zst', { a: 'a', b: 'b' });
    const files = ['a', 'missing', 'b'].map((path) => metaOf(path, 0o600, 1n));
    const { status } = restore(
      infoFor('tar.zst', ['0.tar.zst']),
      join(folder, 'out'),
      {},
      partsOf({}, { files }),
    );
    expect(status).toBe(1);
    expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(['a', 'b']);
    const found = ['a', 'b'].map((path) => statSync(join(folder, 'out', path), { bigint: true }));
    expect(found.map(({ mode, mtimeNs }) => [Number(mode), mtimeNs])).toEqual(
      Array.from({ length: 2 }, () => [0o100600, 1n]),
    );
  });

  it('goes on after a step that cannot be done, and ends with a status that says so', () => {
    tarOf('0.tar.zst', { a: 'a', 'd/x': '' });
    for (const step of [
      { do: 'aside', n: 1, path: bytes('missing') },
      { do: 'drop', path: bytes('d') },
    ] as Step[]) {
      const parts = partsOf({
        after: { 0: [step] },
        last: [{ do: 'copy', from: bytes('a'), path: bytes('b') }],
      });
      expect(restore(infoFor('tar.zst', ['0.tar.zst']), join(folder, 'out'), {}, parts).status).not.toBe(0);
      expect(readdirSync(join(folder, 'out'))).toContain('b');
      rmSync(join(folder, 'out'), { recursive: true });
    }
  });
});

describe.skipIf(!hasUnzip)('RESTORE.txt of a zip snapshot', () => {
  it('does its steps, and writes a file where a folder has become empty', () => {
    zip('0.zip', { 'a/x': 'old', b: 'b' });
    zip('1.zip', { a: 'gone', c: 'c' });
    zip('2.zip', { 'a/y': 'new' });
    const parts = partsOf({
      before: { 1: [{ do: 'tidy', path: bytes('a') }] },
      after: { 0: [{ do: 'drop', path: bytes('a/x') }], 1: [{ do: 'drop', path: bytes('a') }] },
    });
    const info = infoFor('zip', ['0.zip', '1.zip', '2.zip']);
    expect(restore(info, join(folder, 'out'), {}, parts)).toEqual({ status: 0, stderr: '' });
    expect(contentsOf(join(folder, 'out'))).toEqual({ 'a/y': 'new', b: 'b', c: 'c' });
  });

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

  it('gives what other archives have when one is damaged, and ends with a status that says so', () => {
    zip('b.zip', { file: 'content' });
    writeFileSync(join(snapshot, 'a.zip'), 'damaged');
    expect(restore(infoFor('zip', ['a.zip', 'b.zip']), 'out').status).not.toBe(0);
    expect(readdirSync(join(folder, 'out'))).toEqual(['file']);
  });

  it('ends with a status that says so when the content of a file has rotted', () => {
    zip('a.zip', { file: 'content' });
    const at = join(snapshot, 'a.zip');
    writeFileSync(at, readFileSync(at, 'latin1').replace('content', 'rottens'), 'latin1');
    expect(restore(infoFor('zip', ['a.zip']), 'out').status).not.toBe(0);
  });
});
