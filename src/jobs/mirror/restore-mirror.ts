// Gets files of a mirror back, as they are or as they were at a moment.
import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { copyInto, hashOf, removeFile } from '../../mirror/copying.ts';
import { VERSIONS } from '../../mirror/versioning.ts';
import { type Past, viewAt } from '../../mirror/view-at.ts';
import type { Series } from '../../series/series.ts';
import { Target, Unsafe } from '../../target/contained.ts';
import { claim } from '../../target/write-file.ts';
import {
  type BytePath,
  comparePaths,
  display,
  fromBytes,
  join,
  parentOf,
  systemPath,
} from '../../tree/path.ts';
import { entryOf } from '../../tree/seen-entry.ts';
import type { Entry } from '../../tree/entry.ts';
import { doDeed } from '../../unpack/deeds.ts';
import { makeRoot } from '../restore/apply-restore.ts';
import { Choice } from '../restore/choice.ts';
import { keepApart } from '../restore/keep-apart.ts';
import { findTarget } from '../restore/restore-target.ts';
import {
  type RestoreEnd,
  type RestoreEvent,
  type RestoreProblem,
  statusOfRestore,
} from '../restore/restore-events.ts';
import type { Overwrite } from '../restore/target-plan.ts';
import { momentOf } from './moment-of.ts';
import type { Glob } from '../../tree/globs.ts';
import { openMirror } from './open-mirror.ts';

export interface RestoreMirrorOptions {
  /** `latest`, or a date or time: as the mirror was then. */
  readonly at: string;
  readonly globs: readonly Glob[];
  readonly to: string;
  readonly overwrite: Overwrite;
  readonly destinations: readonly string[];
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly report: (event: RestoreEvent) => void;
}

/** Something to restore. */
interface Wanted {
  readonly path: BytePath;
  /** Where it lies now, below the mirror; undefined for a folder that is gone. */
  readonly from: BytePath | undefined;
  readonly entry: Entry;
  readonly does: 'make' | 'same' | 'replace' | 'refuse';
}

/** @throws {@link SnapshotError} when nothing can be restored at all. */
export async function restoreMirror(series: Series, options: RestoreMirrorOptions): Promise<RestoreEnd> {
  const { at, to, dryRun, signal, report, overwrite } = options;
  const startedMs = performance.now();
  const { root, state, versions } = await openMirror(series);
  const view = viewAt(state.held, versions, momentOf(at));
  const when = at === 'latest' ? 'the mirror' : `the mirror at ${at}`;
  const chosen = chosenOf(view, options.globs, when, series.title);
  const target = await findTarget(to);
  const chosenPaths = new Set(chosen.map(({ path }) => path));
  await keepApart(target, {
    series: series.home,
    destinations: options.destinations,
    source: '',
    deletes: false,
    isWanted: (path) => chosenPaths.has(path),
  });
  if (!dryRun) await makeRoot(target.root);
  const into = new Target(target.root);
  const count = { files: 0, bytes: 0, folders: 0, links: 0, same: 0, problems: 0 };
  const problem = (path: BytePath, kind: RestoreProblem['kind'], reason: string): void => {
    count.problems++;
    report({ event: 'problem', row: series.title, kind, path: display(path), reason });
  };
  const wanted = chosen.map((past) => wantedOf(past, root, target.root, overwrite));
  const refused = wanted.filter((one) => one?.does === 'refuse').length;
  if (refused > 0 && !dryRun) {
    const named = wanted.flatMap((one) => (one?.does === 'refuse' ? [display(one.path)] : [])).slice(0, 10);
    throw new SnapshotError(
      'E_USAGE',
      `${refused === 1 ? 'Something is' : `${refused} things are`} in the way: ${named.join(', ')}`,
      { hint: 'Nothing was done. Restore to another folder, or use --overwrite.' },
    );
  }
  const folders: Wanted[] = [];
  for (const [i, one] of wanted.entries()) {
    signal.throwIfAborted();
    const path = chosen[i]?.path ?? ('' as BytePath);
    if (one === undefined) {
      problem(path, 'damaged', 'it is not there any more');
      continue;
    }
    if (dryRun) {
      report({ event: 'step', do: one.does, path: display(path), type: one.entry.type, reason: undefined });
    } else {
      try {
        await give(one, root, into, (reason) => problem(path, 'attributes', reason));
      } catch (error) {
        if (
          !(error instanceof Unsafe) &&
          systemCode(error) === undefined &&
          systemCode(causeOf(error)) === undefined
        )
          throw error;
        problem(path, 'failed', reasonOf(causeOf(error) ?? error));
        continue;
      }
    }
    const { type, size } = one.entry;
    if (one.does === 'same') count.same += type === 'file' ? 1 : 0;
    else if (type === 'file') [count.files, count.bytes] = [count.files + 1, count.bytes + size];
    else if (type === 'folder') count.folders++;
    else count.links++;
    if (type === 'folder' && one.does !== 'same') folders.push(one);
  }
  // What is done in a folder changes its time.
  if (!dryRun)
    for (const { entry, path } of folders.toReversed())
      doDeed(into, { ...entry, do: 'set', path, type: 'folder' });
  return {
    event: 'end',
    status: statusOfRestore(
      { ...count, refused },
      wanted.some((one) => one === undefined || one.entry.type === 'file'),
    ),
    series: series.title,
    snapshot: at === 'latest' ? 'the mirror' : `the mirror as of ${at}`,
    target: target.root,
    dryRun,
    ...count,
    otherwise: 0,
    deleted: 0,
    refused,
    durationMs: Math.round(performance.now() - startedMs),
  };
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** What is asked for, with the folders above it. */
function chosenOf(
  view: readonly Past[],
  globs: readonly Glob[],
  when: string,
  title: string,
): readonly Past[] {
  const choice = new Choice(globs);
  const chosen = new Set<BytePath>(['' as BytePath]);
  for (const { path, type } of view) {
    if (path !== '' && !choice.has(path, type === 'folder')) continue;
    for (let at = path; at !== ''; at = parentOf(at)) chosen.add(at);
  }
  choice.refuseUnmatched(when, title);
  // Of a folder that nothing tells of any more, what was in it tells.
  const known = new Set(view.map(({ path }) => path));
  const implied = [...chosen]
    .filter((path) => !known.has(path))
    .map((path): Past => ({ path, type: 'folder', version: undefined, now: undefined, mode: undefined }));
  return [...view, ...implied]
    .filter(({ path }) => path !== '' && chosen.has(path))
    .toSorted((a, b) => comparePaths(a.path, b.path));
}

/** @returns undefined when it is there no more. */
function wantedOf(
  { path, type, version, now, mode }: Past,
  root: string,
  target: string,
  overwrite: Overwrite,
): Wanted | undefined {
  const from = version !== undefined ? join(VERSIONS, version) : now;
  const stats = from === undefined ? undefined : lookAt(systemPath(root, from));
  if (stats === undefined && type !== 'folder') return undefined;
  const found =
    stats === undefined
      ? { ...NOTHING, path, type, mode: mode ?? 0o755, mtimeNs: BigInt(Date.now()) * 1_000_000n }
      : entryOf(path, stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'link', stats);
  if (found.type !== type) return undefined;
  const entry =
    type === 'link' && from !== undefined
      ? { ...found, target: fromBytes(readlinkSync(systemPath(root, from), 'buffer')) }
      : found;
  return { path, from, entry, does: whatToDo(entry, root, from, systemPath(target, path), overwrite) };
}

/** Nothing where nobody may look. */
function lookAt(at: string | Buffer): BigIntStats | undefined {
  try {
    return lstatSync(at, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

const NOTHING = {
  size: 0,
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
  ctimeNs: 0n,
  inode: 0n,
  target: undefined,
  hardlink: undefined,
};

function whatToDo(
  entry: Entry,
  root: string,
  from: BytePath | undefined,
  at: string | Buffer,
  overwrite: Overwrite,
): Wanted['does'] {
  const there = lstatSync(at, { bigint: true, throwIfNoEntry: false });
  if (there === undefined) return 'make';
  if (entry.type === 'folder') return there.isDirectory() ? 'same' : 'refuse';
  if (there.isDirectory()) return 'refuse';
  const isSame =
    entry.type === 'file' &&
    there.isFile() &&
    Number(there.size) === entry.size &&
    hashOf(at) === hashOf(systemPath(root, from ?? entry.path));
  if (isSame && overwrite !== 'always') return 'same';
  return overwrite === 'never' ? 'refuse' : 'replace';
}

async function give(
  { path, from, entry, does }: Wanted,
  root: string,
  into: Target,
  refused: (reason: string) => void,
): Promise<void> {
  // Others have their turn.
  await new Promise(setImmediate);
  if (does === 'same') return;
  if (entry.type === 'folder') {
    doDeed(into, { do: 'folder', path, exists: false, clears: false });
    return;
  }
  const replaces = does === 'replace';
  if (entry.type === 'link') {
    const reason = doDeed(into, {
      ...entry,
      do: 'link',
      path,
      target: entry.target ?? ('' as BytePath),
      replaces,
    });
    if (reason !== undefined) refused(reason);
    return;
  }
  const part = into.partAt(path);
  try {
    const read = copyInto(part, root, { ...entry, path: from ?? path });
    if (read.kind === 'vanished') throw new Unsafe('it is not there any more');
    if (read.kind === 'unreadable') throw new Unsafe(read.reason);
    if (read.refused !== undefined) refused(read.refused);
    claim(into, { path, replaces }, part);
  } catch (error) {
    removeFile(part);
    throw error;
  }
}
