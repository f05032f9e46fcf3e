// Walks a source, depth first, names in byte order. Synchronous: it runs in a worker, where sync calls cost
// a fifth of async ones (0.3 s instead of 1.4 s for 70,000 entries).
import { lstatSync, openSync, closeSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { basename, resolve } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { type Apart, apartBelow, findApart, pathBelow, without } from './apart.ts';
import type { Entry, Problem } from './entry.ts';
import { EntryTable } from './entry-table.ts';
import { Excludes, type Rules } from './exclude.ts';
import { patternText } from './pattern-text.ts';
import { foldersIn, namesIn } from './names-in.ts';
import { type BytePath, fromBytes, fromText, join, systemPath } from './path.ts';
import { entryOf, specialName } from './seen-entry.ts';

/** Patterns in gitignore syntax, in any folder of the source, for that folder and below. */
/** Its lines are patterns, which count for the folder that it is in. */
export const IGNORE_FILE: BytePath = '.snapshotignore' as BytePath;

/** Marks a folder as a cache that can be made anew. Source: https://bford.info/cachedir/ */
const CACHE_TAG = 'CACHEDIR.TAG';
const CACHE_SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';

/** The folder that paths below `source` are relative to: itself, or its parent when it is a file. */
export function rootOf(source: string, isFile: boolean): string {
  return isFile ? resolve(source, '..') : source;
}

/** A part of one folder that is still to be scanned. */
export interface ScanTask {
  /** The folder; the empty path at the top. */
  readonly parent: BytePath;
  /** Names in it, in byte order. */
  readonly names: readonly BytePath[];
  readonly excludes: readonly Rules[];
  /** Number of the device that the folder is on. */
  readonly device: bigint;
  /** Folders that are no part of the source. */
  readonly apart: readonly Apart[];
}

/** What scanning came to: entries that follow each other in path order, and what comes after them. */
export interface ScanResult {
  readonly entries: EntryTable;
  readonly problems: readonly Problem[];
  /** Folders that are on another device than the one they are in. */
  readonly crossings: readonly BytePath[];
  /** Those of each `.snapshotignore` that was met. */
  readonly rules: readonly Rules[];
  /** In path order. */
  readonly rest: readonly ScanTask[];
}

/** The source itself, and the task to scan what it holds if it is a folder. */
export interface ScanStart {
  readonly entry: Entry;
  readonly task: ScanTask | undefined;
  readonly problems: readonly Problem[];
  readonly rules: readonly Rules[];
}

/**
 * Looks at the source itself. It may be a link; below it, links are not followed.
 *
 * @throws {@link SnapshotError} `E_ROW` when the source does not exist, cannot be read or is no file or folder.
 */
export function startScan(
  source: string,
  exclude: readonly string[],
  apart: readonly Apart[] = [],
): ScanStart {
  try {
    const stats = statSync(source, { bigint: true });
    if (stats.isFile()) {
      const entry = entryOf(fromText(basename(source)), 'file', stats);
      return { entry, task: undefined, problems: [], rules: [] };
    }
    if (stats.isDirectory()) {
      const parent = '' as BytePath;
      // A top folder that cannot be read would look like an empty source, so this may throw.
      const names = namesIn(source);
      const walk = new Walk(source, 0, apart);
      const task = walk.taskFor(parent, names, Excludes.of(exclude), stats);
      const { problems, rules } = walk;
      return { entry: entryOf(parent, 'folder', stats), task, problems, rules };
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      const hint = 'Is its disk connected? Is the path in the plan right?';
      throw new SnapshotError('E_ROW', `Source "${source}" does not exist`, { cause: error, hint });
    }
    throw new SnapshotError('E_ROW', `Cannot read source "${source}": ${reasonOf(error)}`, { cause: error });
  }
  throw new SnapshotError('E_ROW', `Source "${source}" is neither a folder nor a file`);
}

/**
 * Scans `task`, and stops after about `budget` entries: the rest is handed back, for any thread to go on
 * with. What cannot be read is a problem, never left out in silence.
 *
 * @param source - What the paths are relative to.
 */
export function scan(source: string, task: ScanTask, budget: number): ScanResult {
  const walk = new Walk(source, budget, task.apart);
  walk.go(task);
  return walk;
}

/**
 * Whether a scan of `source` passes `path` over, as patterns say so: asked of what is not there, or was not looked at.
 * What cannot be read is not passed over.
 */
export function isPassedOver(source: string, exclude: readonly string[], path: BytePath): boolean {
  const walk = new Walk(source, 0, []);
  let excludes = Excludes.of(exclude);
  let parent = '' as BytePath;
  for (const name of path.split('/') as BytePath[]) {
    let names: readonly BytePath[];
    try {
      names = namesIn(systemPath(source, parent));
    } catch {
      names = [];
    }
    const task = walk.taskFor(parent, [...names, name], excludes, undefined);
    excludes = Excludes.from(task.excludes);
    parent = join(parent, name);
    if (!task.names.includes(name) || excludes.excludes(parent, true)) return true;
  }
  return false;
}

class Walk implements ScanResult {
  readonly #root: string;
  readonly #budget: number;
  readonly #apart: readonly Apart[];
  readonly entries: EntryTable;
  readonly problems: Problem[] = [];
  readonly crossings: BytePath[] = [];
  readonly rules: Rules[] = [];
  readonly rest: ScanTask[] = [];

  constructor(root: string, budget: number, apart: readonly Apart[]) {
    this.#root = root;
    this.#budget = budget;
    this.#apart = apart;
    this.entries = new EntryTable(budget + 16);
  }

  go({ parent, names, excludes, device }: ScanTask): void {
    this.#children(parent, names, Excludes.from(excludes), device);
  }

  /** The task to scan all that a folder holds. @param stats - Those of the folder. */
  taskFor(
    parent: BytePath,
    names: readonly BytePath[],
    excludes: Excludes,
    stats: BigIntStats | undefined,
  ): ScanTask {
    const isCache = names.includes(CACHE_TAG as BytePath) && this.#isCache(parent);
    let inner = names.includes(IGNORE_FILE) ? this.#ignoring(parent, excludes) : excludes;
    const below = stats && apartBelow(this.#apart, stats, systemPath(this.#root, parent));
    for (const one of below ?? []) {
      inner = without(inner, parent, one);
      this.#leaveOut(pathBelow(parent, one), one);
    }
    const wanted = isCache ? [CACHE_TAG as BytePath] : names;
    return { parent, names: wanted, excludes: inner.rules, device: stats?.dev ?? 0n, apart: this.#apart };
  }

  #leaveOut(path: BytePath, { what }: Apart): void {
    this.problems.push({ path, kind: 'special', reason: `${what}: not backed up` });
  }

  #children(parent: BytePath, names: readonly BytePath[], excludes: Excludes, device: bigint): void {
    let folders: ReadonlySet<string> | 'unknown' | undefined;
    for (const [n, name] of names.entries()) {
      if (this.entries.length >= this.#budget) {
        this.rest.push({
          parent,
          names: names.slice(n),
          excludes: excludes.rules,
          device,
          apart: this.#apart,
        });
        return;
      }
      const path = join(parent, name);
      // What is left out is not even looked at: it may be a mount whose server is dead, where each look fails or hangs.
      let isOut = excludes.excludesAny(path);
      if (isOut === undefined) {
        folders ??= foldersIn(systemPath(this.#root, parent));
        if (folders !== 'unknown') isOut = excludes.excludes(path, folders.has(name));
      }
      if (isOut !== true) this.#child(path, excludes, device);
    }
  }

  #child(path: BytePath, excludes: Excludes, device: bigint): void {
    let stats: BigIntStats;
    try {
      stats = lstatSync(systemPath(this.#root, path), { bigint: true });
    } catch (error) {
      const kind = systemCode(error) === 'ENOENT' ? 'vanished' : 'unreadable';
      this.problems.push({ path, kind, reason: kind === 'vanished' ? 'vanished' : reasonOf(error) });
      return;
    }
    if (excludes.excludes(path, stats.isDirectory())) return;
    if (stats.isDirectory()) this.#folder(path, stats, excludes, device);
    else if (stats.isFile()) this.#file(path, stats);
    else if (stats.isSymbolicLink()) this.#link(path, stats);
    else
      this.problems.push({
        path,
        kind: 'special',
        reason: `is a ${specialName(stats)}: not backed up`,
      });
  }

  #folder(path: BytePath, stats: BigIntStats, excludes: Excludes, device: bigint): void {
    const own = findApart(this.#apart, stats, systemPath(this.#root, path));
    if (own !== undefined) {
      this.#leaveOut(path, own);
      return;
    }
    if (stats.dev !== device) this.crossings.push(path);
    this.entries.push(entryOf(path, 'folder', stats));
    let names: BytePath[];
    try {
      names = namesIn(systemPath(this.#root, path));
    } catch (error) {
      this.problems.push({ path, kind: 'unreadable', reason: reasonOf(error) });
      return;
    }
    const task = this.taskFor(path, names, excludes, stats);
    const inner = task.excludes === excludes.rules ? excludes : Excludes.from(task.excludes);
    this.#children(path, task.names, inner, stats.dev);
  }

  #file(path: BytePath, stats: BigIntStats): void {
    // Which of its names comes first is known only when all parts of the tree come together.
    const shared = stats.nlink > 1n && stats.ino !== 0n ? `${stats.dev}:${stats.ino}` : undefined;
    this.entries.push(entryOf(path, 'file', stats), shared);
  }

  #link(path: BytePath, stats: BigIntStats): void {
    try {
      const target = readlinkSync(systemPath(this.#root, path), 'buffer');
      this.entries.push({ ...entryOf(path, 'link', stats), target: fromBytes(target) });
    } catch (error) {
      this.problems.push({ path, kind: 'unreadable', reason: reasonOf(error) });
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
    const file = join(path, IGNORE_FILE);
    const name = systemPath(this.#root, file);
    try {
      if (!lstatSync(name).isFile()) return excludes;
      const within = excludes.within(path, patternText(readFileSync(name)));
      this.rules.push(...within.rules.slice(-1));
      return within;
    } catch (error) {
      this.problems.push({
        path: file,
        kind: 'unreadable',
        reason: `its rules do not count: ${reasonOf(error)}`,
      });
      return excludes;
    }
  }
}
