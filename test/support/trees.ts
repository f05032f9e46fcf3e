// Real trees, and what a tree looks like to someone who does not use this program.
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
  openSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { IS_LINUX, IS_ROOT, tool } from './command.ts';

/** All that a backup has to give back of one entry. */
export interface Seen {
  readonly type: 'file' | 'folder' | 'link';
  readonly mode: string;
  readonly mtimeNs: bigint;
  readonly size: bigint | undefined;
  readonly sha256: string | undefined;
  readonly target: string | undefined;
  /** The first path of the same inode, when there are several. */
  readonly sameAs: string | undefined;
}

/** Looks at everything below `root`. Paths and targets are bytes as latin1, so that none is lost. */
export function lookAt(root: string): Map<string, Seen> {
  const seen = new Map<string, Seen>();
  const inodes = new Map<bigint, string>();
  const look = (folder: string): void => {
    const names = readdirSync(bytes(folder), { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    for (const name of names.toSorted()) {
      const path = `${folder}/${name}`;
      const short = path.slice(start.length + 1);
      const stats = lstatSync(bytes(path), { bigint: true });
      seen.set(short, seenOf(path, short, stats, inodes));
      if (stats.isDirectory()) look(path);
    }
  };
  const start = Buffer.from(root).toString('latin1');
  look(start);
  return seen;
}

function seenOf(path: string, short: string, stats: BigIntStats, inodes: Map<bigint, string>): Seen {
  const isFile = stats.isFile();
  const type = isFile ? 'file' : stats.isDirectory() ? 'folder' : 'link';
  const isShared = isFile && stats.nlink > 1n;
  const sameAs = isShared ? inodes.get(stats.ino) : undefined;
  if (isShared && sameAs === undefined) inodes.set(stats.ino, short);
  return {
    type,
    mode: (stats.mode & 0o7777n).toString(8),
    mtimeNs: stats.mtimeNs,
    size: isFile ? stats.size : undefined,
    sha256: isFile
      ? createHash('sha256')
          .update(readFileSync(bytes(path)))
          .digest('hex')
      : undefined,
    target:
      type === 'link' ? readlinkSync(bytes(path), { encoding: 'buffer' }).toString('latin1') : undefined,
    sameAs,
  };
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** Bytes that do not compress, always the same ones. */
export function noise(size: number, seed = 1): Buffer {
  const out = Buffer.alloc(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    // A linear congruential generator; its upper bits are good enough to defeat a compressor.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    out[i] = state >>> 24;
  }
  return out;
}

/** A tree with everything in it that a file system of this machine can hold. */
export function makeTortureTree(root: string): void {
  makeOddNames(root);
  makeContents(join(root, 'contents'));
  makeLinks(join(root, 'links'));
  makeModes(join(root, 'modes'));
  setTimes(root);
}

function makeOddNames(root: string): void {
  const folder = join(root, 'names');
  mkdirSync(join(folder, 'empty folder', 'another one'), { recursive: true });
  const names = [
    'new\nline',
    'tab\t and \\ backslash',
    `both "quotes" and 'quotes'`,
    '-rf',
    '--help',
    '$(touch x) `y`',
    '*?[a]{b}',
    ' space ',
    '😀 émoji',
    '日本語',
    'a'.repeat(255),
    '.hidden',
    'newline',
  ];
  for (const name of names) writeFileSync(join(folder, name), `this is ${name}`);
  // Of these, APFS allows none.
  if (IS_LINUX) {
    writeFileSync(bytes(`${folder}/caf\xe9 \xff\x80`), 'latin1');
    mkdirSync(bytes(`${folder}/d\xfcr`));
    writeFileSync(bytes(`${folder}/d\xfcr/\xa0`), 'below latin1');
    writeFileSync(join(folder, '\u0001\u001B[31m'), 'control');
  }
  const deep = join(root, ...Array.from({ length: 12 }, (_, i) => `deep folder ${i} ${'x'.repeat(30)}`));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'bottom'), 'bottom');
  writeFileSync(join(deep, 'ü'.repeat(100)), 'a long name at the end of a long path');
}

function makeContents(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'after 2038'), '');
  writeFileSync(join(folder, 'before 1970'), '');
  writeFileSync(join(folder, 'compressible'), 'the same line again\n'.repeat(450_000));
  writeFileSync(join(folder, 'noise'), noise(6_000_000));
  writeFileSync(join(folder, 'noise.jpg'), noise(300_000, 2));
  for (const size of [1, 511, 512, 513, 4_194_303, 4_194_304, 4_194_305]) {
    writeFileSync(join(folder, `of ${size} bytes`), Buffer.alloc(size, `${size} `));
  }
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, `small ${i}`), `${i} `.repeat(i));
  const sparse = join(folder, 'sparse');
  writeFileSync(sparse, '');
  truncateSync(sparse, 20_000_000);
  const file = openSync(sparse, 'r+');
  writeSync(file, 'an island', 12_345_678);
  closeSync(file);
}

function makeLinks(folder: string): void {
  mkdirSync(join(folder, 'inner'), { recursive: true });
  writeFileSync(join(folder, 'inner', 'z first name'), 'one inode');
  linkSync(join(folder, 'inner', 'z first name'), join(folder, 'a second name'));
  linkSync(join(folder, 'inner', 'z first name'), join(folder, 'third name'));
  symlinkSync('inner/z first name', join(folder, 'to file'));
  symlinkSync('inner', join(folder, 'to folder'));
  symlinkSync('..', join(folder, 'to parent'));
  symlinkSync('loop', join(folder, 'loop'));
  symlinkSync('/no/such/place', join(folder, 'dangling'));
  symlinkSync('t'.repeat(200), join(folder, 'long target'));
  symlinkSync(`two\nlines "and" 😀`, join(folder, 'odd target'));
  if (IS_LINUX) symlinkSync(bytes('caf\xe9'), join(folder, 'target in latin1'));
}

/** Some systems let nobody but root set more than these. */
function isSettable(mode: number): boolean {
  return IS_LINUX || mode <= 0o777;
}

function makeModes(folder: string): void {
  mkdirSync(folder);
  const readable = [
    0o400, 0o444, 0o555, 0o600, 0o640, 0o644, 0o700, 0o751, 0o755, 0o777, 0o1644, 0o2755, 0o4755, 0o6711,
  ];
  const modes = IS_ROOT ? [0, 0o001, 0o222, 0o333, ...readable] : readable;
  for (const mode of modes.filter(isSettable)) {
    const path = join(folder, `file ${mode.toString(8)}`);
    writeFileSync(path, '');
    chmodSync(path, mode);
  }
  for (const mode of [0o700, 0o755, 0o777, 0o1777, 0o2755].filter(isSettable)) {
    const path = join(folder, `folder ${mode.toString(8)}`);
    mkdirSync(path);
    chmodSync(path, mode);
  }
}

function setTimes(root: string): void {
  utimesSync(join(root, 'contents', 'empty'), 0, 0);
  utimesSync(join(root, 'contents', 'after 2038'), 4_102_444_800, 4_102_444_800);
  if (IS_LINUX) {
    const stamp = (date: string, path: string): string => tool('touch', ['-h', '-d', date, join(root, path)]);
    stamp('2001-02-03T04:05:06.123456789Z', 'contents/noise');
    stamp('2001-02-03T04:05:06.000000001Z', 'links/dangling');
    stamp('1969-12-31T23:59:58Z', 'contents/before 1970');
    stamp('2003-03-03T03:03:03.333333333Z', 'names/empty folder');
  } else utimesSync(join(root, 'contents', 'noise'), 981_173_106.123, 981_173_106.123);
}
