// Walks a source, depth first, names in byte order. Synchronous: it runs in a worker, where sync calls cost
// a fifth of async ones (0.3 s instead of 1.4 s for 70,000 entries).
import {
  lstatSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { basename, resolve } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../errors.ts';
import type { Entry, Problem } from './entry.ts';
import { Excludes } from './exclude.ts';
import { type BytePath, fromBytes, fromText, join, systemPath, toText } from './path.ts';

/** Patterns in gitignore syntax, in any folder of the source, for that folder and below. */
const IGNORE_FILE = '.snapshotignore';

/** Marks a folder as a cache that can be made anew. Source: https://bford.info/cachedir/ */
const CACHE_TAG = 'CACHEDIR.TAG';
const CACHE_SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';

const ROOT = '' as BytePath;

export interface ScanSink {
  entry(entry: Entry): void;
  problem(problem: Problem): void;
}

/** The folder that paths below `source` are relative to: itself, or its parent when it is a file. */
export function rootOf(source: string, isFile: boolean): string {
  return isFile ? resolve(source, '..') : source;
}

/**
 * Hands every entry below `source` to `sink`, in path order; what cannot be read is a problem, never left
 * out in silence. Links are not followed, except `source` itself.
 *
 * @param exclude - Patterns in gitignore syntax, relative to `source`.
 * @returns Whether the source is a single file.
 * @throws {@link SnapshotError} `E_ROW` when the source itself does not exist or cannot be read.
 */
export function scan(source: string, exclude: readonly string[], sink: ScanSink): { isFile: boolean } {
  const stats = statOfSource(source);
  if (stats.isFile()) {
    sink.entry(entryOf(fromText(basename(source)), 'file', stats));
    return { isFile: true };
  }
  if (!stats.isDirectory()) {
    throw new SnapshotError('E_ROW', `Source "${source}" is neither a folder nor a file`);
  }
  const walk = new Walk(source, sink);
  walk.folder(ROOT, stats, Excludes.of(exclude));
  return { isFile: false };
}

function statOfSource(source: string): BigIntStats {
  try {
    const stats = statSync(source, { bigint: true });
    // An unreadable top folder would look like an empty source.
    if (stats.isDirectory()) readdirSync(source, { encoding: 'latin1' });
    return stats;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new SnapshotError('E_ROW', `Source "${source}" does not exist`, {
        cause: error,
        hint: 'Is its disk connected? Is the path in the plan right?',
      });
    }
    throw new SnapshotError('E_ROW', `Cannot read source "${source}": ${reasonOf(error)}`, { cause: error });
  }
}

class Walk {
  readonly #root: string;
  readonly #sink: ScanSink;
  /** First path of each file that has several names, by device and inode. */
  readonly #firstNames = new Map<string, BytePath>();

  constructor(root: string, sink: ScanSink) {
    this.#root = root;
    this.#sink = sink;
  }

  folder(path: BytePath, stats: BigIntStats, excludes: Excludes): void {
    this.#sink.entry(entryOf(path, 'folder', stats));
    const names = this.#names(path);
    if (names === undefined) return;
    const isCache = names.includes(CACHE_TAG as BytePath) && this.#isCache(path);
    const inner = names.includes(IGNORE_FILE as BytePath) ? this.#ignoring(path, excludes) : excludes;
    for (const name of names) {
      if (!isCache || name === CACHE_TAG) this.#child(join(path, name), inner);
    }
  }

  #child(path: BytePath, excludes: Excludes): void {
    let stats: BigIntStats;
    try {
      stats = lstatSync(systemPath(this.#root, path), { bigint: true });
    } catch (error) {
      const kind = systemCode(error) === 'ENOENT' ? 'vanished' : 'unreadable';
      this.#sink.problem({ path, kind, reason: kind === 'vanished' ? 'vanished' : reasonOf(error) });
      return;
    }
    if (excludes.excludes(toText(path) ?? path, stats.isDirectory())) return;
    if (stats.isDirectory()) this.folder(path, stats, excludes);
    else if (stats.isFile()) this.#file(path, stats);
    else if (stats.isSymbolicLink()) this.#link(path, stats);
    else this.#sink.problem({ path, kind: 'special', reason: `a ${specialName(stats)}` });
  }

  #file(path: BytePath, stats: BigIntStats): void {
    let first: BytePath | undefined;
    if (stats.nlink > 1n && stats.ino !== 0n) {
      const key = `${stats.dev}:${stats.ino}`;
      first = this.#firstNames.get(key);
      if (first === undefined) this.#firstNames.set(key, path);
    }
    this.#sink.entry({ ...entryOf(path, 'file', stats), hardlink: first });
  }

  #link(path: BytePath, stats: BigIntStats): void {
    try {
      const target = readlinkSync(systemPath(this.#root, path), 'buffer');
      this.#sink.entry({ ...entryOf(path, 'link', stats), target: fromBytes(target) });
    } catch (error) {
      this.#sink.problem({ path, kind: 'unreadable', reason: reasonOf(error) });
    }
  }

  /** Names in byte order; undefined, and a problem, when the folder cannot be read. */
  #names(path: BytePath): BytePath[] | undefined {
    try {
      // As latin1, each character is one byte of the name.
      const names = readdirSync(systemPath(this.#root, path), { encoding: 'latin1' }) as BytePath[];
      return names.toSorted((a, b) => (a < b ? -1 : 1));
    } catch (error) {
      this.#sink.problem({ path, kind: 'unreadable', reason: reasonOf(error) });
      return undefined;
    }
  }

  #isCache(path: BytePath): boolean {
    const tag = systemPath(this.#root, join(path, CACHE_TAG as BytePath));
    try {
      if (!lstatSync(tag).isFile()) return false;
      const fd = openSync(tag, 'r');
      try {
        const head = Buffer.alloc(CACHE_SIGNATURE.length);
        return (
          readSync(fd, head, 0, head.length, 0) === head.length && head.toString('latin1') === CACHE_SIGNATURE
        );
      } finally {
        closeSync(fd);
      }
    } catch {
      // Not known to be a cache: it is kept. If the tag is unreadable, reading it as a file will say so.
      return false;
    }
  }

  #ignoring(path: BytePath, excludes: Excludes): Excludes {
    const file = join(path, IGNORE_FILE as BytePath);
    const name = systemPath(this.#root, file);
    try {
      if (!lstatSync(name).isFile()) return excludes;
      return excludes.within(toText(path) ?? path, readFileSync(name, 'utf8'));
    } catch (error) {
      this.#sink.problem({
        path: file,
        kind: 'unreadable',
        reason: `its rules do not count: ${reasonOf(error)}`,
      });
      return excludes;
    }
  }
}

function entryOf(path: BytePath, type: Entry['type'], stats: BigIntStats): Entry {
  return {
    path,
    type,
    size: type === 'file' ? Number(stats.size) : 0,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    inode: stats.ino,
    target: undefined,
    hardlink: undefined,
  };
}

function specialName(stats: BigIntStats): string {
  if (stats.isSocket()) return 'socket';
  if (stats.isFIFO()) return 'FIFO';
  return 'device';
}
