// Begins the scan of a source, and goes on with it part by part.
import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import type { Apart } from './apart.ts';
import type { Entry, Problem } from './entry.ts';
import { Excludes, type Rules } from './exclude.ts';
import { type LeftOut, type Limits, matching } from './left-out.ts';
import { namesIn } from './names-in.ts';
import { baseName, type BytePath, fromText, parentOf, systemPath } from './path.ts';
import { entryOf } from './seen-entry.ts';
import { type ScanResult, type ScanTask, Walk } from './walk.ts';

/** The folder that paths below `source` are relative to: itself, or its parent when it is a file. */
export function rootOf(source: string, isFile: boolean): string {
  return isFile ? resolve(source, '..') : source;
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
  leftOut: LeftOut = matching([]),
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
      const walk = new Walk(source, 0, { limits: limitsOf(leftOut), apart });
      const task = walk.taskFor(parent, names, Excludes.of(leftOut.patterns), stats);
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
  const walk = new Walk(source, budget, task);
  walk.go(task);
  return walk;
}

/**
 * Whether a scan of `source` passes `path` over, as `leftOut` says so: asked of what is not there, or was not looked at.
 * What cannot be read is not passed over.
 */
export function isPassedOver(source: string, leftOut: LeftOut, path: BytePath): boolean {
  return passedOver(source, leftOut)(path);
}

/** As {@link isPassedOver}, for many paths of one moment. */
export function passedOver(source: string, leftOut: LeftOut): (path: BytePath) => boolean {
  const rulesIn = rulesOf(source, leftOut);
  const isOut = (path: BytePath): boolean => {
    if (path === '') return false;
    const parent = parentOf(path);
    if (isOut(parent)) return true;
    const { excludes, only } = rulesIn(parent);
    return only?.has(baseName(path)) === false || excludes.excludes(path, true);
  };
  return isOut;
}

/** What counts in a folder. */
interface FolderRules {
  readonly excludes: Excludes;
  /** Names of which nothing else is kept; undefined: all. */
  readonly only?: ReadonlySet<BytePath> | undefined;
}

/** The rules that count in each folder of `source`, those above it included; each folder is looked into once. */
function rulesOf(source: string, leftOut: LeftOut): (folder: BytePath) => FolderRules {
  const walk = new Walk(source, 0, { limits: limitsOf(leftOut), apart: [] });
  const known = new Map<BytePath, FolderRules>();
  const rulesIn = (folder: BytePath): FolderRules => {
    const rules = known.get(folder) ?? look(folder);
    known.set(folder, rules);
    return rules;
  };
  const look = (folder: BytePath): FolderRules => {
    const above = folder === '' ? Excludes.of(leftOut.patterns) : rulesIn(parentOf(folder)).excludes;
    let names: readonly BytePath[] = [];
    try {
      names = namesIn(systemPath(source, folder));
    } catch (error) {
      // What cannot be read has no rules.
      if (systemCode(error) === undefined) throw error;
    }
    const { excludes, names: wanted } = walk.taskFor(folder, names, above, undefined);
    // A folder with a marker in it keeps only that.
    return { excludes: Excludes.from(excludes), only: wanted === names ? undefined : new Set(wanted) };
  };
  return rulesIn;
}

/** What a folder holds. */
export interface FolderScan {
  /** It, and what it holds, in path order. */
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
}

/** So many entries are looked at in one go. */
const AT_ONCE = 4096;

/**
 * Scans one folder of `source`: what it holds, and not what is in those folders of it that `isKnown` knows.
 *
 * @returns undefined when there is no such folder any more.
 */
export function scanFolder(
  source: string,
  leftOut: LeftOut,
  apart: readonly Apart[],
  folder: BytePath,
  isKnown: (folder: Entry) => boolean,
): FolderScan | undefined {
  const at = systemPath(source, folder);
  let stats: BigIntStats | undefined;
  let names: readonly BytePath[];
  try {
    stats = folder === '' ? statSync(at, { bigint: true }) : lstatSync(at, { bigint: true });
    if (!stats.isDirectory()) return undefined;
    names = namesIn(at);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (stats === undefined) throw error;
    const entries = [entryOf(folder, 'folder', stats)];
    return { entries, problems: [{ path: folder, kind: 'unreadable', reason: reasonOf(error) }] };
  }
  const excludes =
    folder === '' ? Excludes.of(leftOut.patterns) : rulesOf(source, leftOut)(parentOf(folder)).excludes;
  const limits = limitsOf(leftOut);
  const first = new Walk(source, 0, { limits, apart });
  const entries: Entry[] = [entryOf(folder, 'folder', stats)];
  const problems: Problem[] = [];
  const tasks = [first.taskFor(folder, names, excludes, stats)];
  problems.push(...first.problems);
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const walk = new Walk(source, AT_ONCE, task, isKnown);
    walk.go(task);
    for (let i = 0; i < walk.entries.length; i++) entries.push(walk.entries.at(i));
    problems.push(...walk.problems);
    tasks.push(...walk.rest.toReversed());
  }
  return { entries, problems };
}

/** Without the patterns, which each task has in another form. */
function limitsOf({ largerThan, markers, otherFileSystems }: LeftOut): Limits {
  return { largerThan, markers, otherFileSystems };
}
