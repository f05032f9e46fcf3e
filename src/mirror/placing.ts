// Does to a mirror what was decided, a batch of steps at a time. Synchronous: it runs in a thread of its own.
//
// Files are written below the mirror's own folder, flushed, and get their names when all of a batch are on the disk. What was
// there has a name among the versions by then: at each moment a path has what was there, or what is to be.
import { chmodSync, closeSync, constants, fdatasyncSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { reasonOf, systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import { isSameName } from '../base/same-name.ts';
import { syncFileSystem } from '../base/sync-calls.ts';
import { Target, Unsafe } from '../target/contained.ts';
import { setMeta } from '../target/meta.ts';
import { nameRefused } from '../target/write-file.ts';
import type { Entry } from '../tree/entry.ts';
import { namesIn } from '../tree/names-in.ts';
import { baseName, type BytePath, display, join, parentOf } from '../tree/path.ts';
import { doDeed } from '../unpack/deeds.ts';
import { copyInto, hashOf, type Read, readSource, type Reading, removeFile, WriteError } from './copying.ts';
import { DATA_FOLDER } from './held.ts';
import { isAllowed } from './is-allowed.ts';
import type { Step, StepEnd } from './steps.ts';
import { makeVersion, reach } from './versioning.ts';

/** Files on their way into a mirror. */
export const PARTS: BytePath = join(DATA_FOLDER, 'parts' as BytePath);

/** With fewer files, each is flushed by itself: all of a file system may have much of others to write. */
const FEW_FILES = 8;

/** After these nothing more can be written at all. */
const FATAL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'ENODEV', 'ENXIO', 'ESTALE']);

const IN_THE_WAY =
  'something is there that was not there before, or has a name that this file system takes for the same';

type Copy = Extract<Step, { do: 'copy' }>;

/** A file that is written, and has no name yet. */
interface Written {
  readonly step: Copy;
  readonly part: string | Buffer;
  readonly end: StepEnd;
}

/** Where a batch is done. */
export interface Place {
  /** What paths in the source are relative to. */
  readonly source: string;
  /** The mirror, its path free of links. */
  readonly root: string;
  /** When versions end that are made now. */
  readonly stamp: string;
}

/** @returns How each step ended, in their order; fewer where nothing more can be written. */
export function place(steps: readonly Step[], { source, root, stamp }: Place): readonly StepEnd[] {
  const target = new Target(root);
  const ends: StepEnd[] = [];
  const written = new Map<number, Written>();
  const isOpen = new Set<BytePath>();
  for (const [i, step] of steps.entries()) {
    open(target, parentOf(step.path), isOpen);
    if (step.do === 'move') open(target, parentOf(step.from), isOpen);
    const end = attempt(() => {
      if (step.do !== 'copy') return doStep(target, step, stamp);
      const copied = copy(target, step, source, i);
      if (!('part' in copied)) return copied;
      written.set(i, copied);
      return copied.end;
    });
    ends.push(end);
    if (end.fatal !== undefined) break;
  }
  const flushed = attempt(() => {
    flush(root, [...written.values()]);
    return { bytes: 0 };
  });
  for (const [i, { step, part, end }] of written) {
    // What may not be on the disk gets no name.
    const settled =
      flushed.failed !== undefined
        ? flushed
        : attempt(() => ({
            ...end,
            ...claim(target, step.path, part, step.replaces, stamp),
          }));
    if (settled.failed !== undefined) removeFile(part);
    ends[i] = settled;
  }
  return ends;
}

function doStep(target: Target, step: Exclude<Step, Copy>, stamp: string): StepEnd {
  switch (step.do) {
    case 'clear':
    case 'let go':
      return letGo(target, step.path, stamp);
    case 'move': {
      const to = target.at(step.path);
      const from = target.at(step.from);
      const [there, moved] = [to, from].map((at) => lstatSync(at, { bigint: true, throwIfNoEntry: false }));
      if (there !== undefined && there.ino !== moved?.ino && !isItself(target, step))
        throw new Unsafe('something is there already');
      files.renameSync(from, to);
      return { bytes: 0 };
    }
    case 'folder': {
      doDeed(target, { do: 'folder', path: step.path, exists: false, clears: false });
      return { bytes: 0, entry: step.entry };
    }
    case 'link': {
      const { entry, path, replaces } = step;
      const version = replaces ? makeVersion(target, path, true, stamp) : undefined;
      const refused = doDeed(target, {
        ...entry,
        do: 'link',
        target: entry.target ?? ('' as BytePath),
        replaces,
      });
      return { bytes: 0, entry, refused, version, keptNs: timeAt(target.at(path)) };
    }
    case 'meta': {
      const { entry, path } = step;
      const at = path === '' ? target.root : target.at(path);
      const refused =
        entry.type === 'link'
          ? doDeed(target, { ...entry, do: 'link', target: entry.target ?? ('' as BytePath), replaces: true })
          : doDeed(target, { ...entry, do: 'set', type: entry.type });
      return { bytes: 0, entry, refused, keptNs: timeAt(at), isSame: true };
    }
  }
}

/** Whether a move is to another case of its own name: some file systems that take both for one give an inode to each spelling. */
function isItself(target: Target, { from, path }: Extract<Step, { do: 'move' }>): boolean {
  const folder = parentOf(path);
  const isSame = (name: BytePath): boolean => isSameName(display(name), display(baseName(path)));
  if (parentOf(from) !== folder || !isSame(baseName(from))) return false;
  return namesIn(folder === '' ? target.root : target.at(folder)).filter(isSame).length === 1;
}

function letGo(target: Target, path: BytePath, stamp: string): StepEnd {
  const at = target.at(path);
  const stats = lstatSync(at, { throwIfNoEntry: false });
  if (stats === undefined) return { bytes: 0 };
  if (!stats.isDirectory()) return { bytes: 0, version: makeVersion(target, path, false, stamp) };
  try {
    files.rmdirSync(at);
    return { bytes: 0 };
  } catch (error) {
    // What is left alone in it keeps it.
    const code = systemCode(error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return { bytes: 0, isSame: true };
    throw error;
  }
}

/** Writes what is to be at a path, without giving it its name. */
function copy(target: Target, step: Copy, source: string, i: number): Written | StepEnd {
  const { entry, path, looksFirst, keptHash } = step;
  if (looksFirst) {
    const read = readSource(source, entry);
    const known = keptHash ?? hashOf(target.at(path));
    if (read.kind !== 'read') return lost(read);
    if (read.hash === known && !read.isUnsettled) return same(target, read);
  }
  const part = reach(target, join(PARTS, String(i) as BytePath));
  try {
    const read = copyInto(part, source, entry);
    if (read.kind === 'read' && (read.hash !== keptHash || read.isUnsettled)) {
      const { refused, hash, isUnsettled, entry: now } = read;
      return { step, part, end: { bytes: now.size, entry: now, hash, refused, isUnsettled } };
    }
    removeFile(part);
    return read.kind === 'read' ? same(target, read) : lost(read);
  } catch (error) {
    removeFile(part);
    throw error;
  }
}

function lost(reading: Exclude<Reading, Read>): StepEnd {
  return reading.kind === 'vanished'
    ? { bytes: 0, isVanished: true }
    : { bytes: 0, failed: reading.reason, isUnreadable: true };
}

/** Of what is the same already, mode, owner and time are set. */
function same(target: Target, { entry, hash }: Read): StepEnd {
  const at = target.at(entry.path);
  const refused = isAsWanted(at, entry) ? undefined : setAt(at, entry);
  return { bytes: 0, entry, hash, isSame: true, refused, keptNs: timeAt(at) };
}

function isAsWanted(at: string | Buffer, { mode, uid, gid, mtimeNs, attributes = '' }: Entry): boolean {
  const stats = lstatSync(at, { bigint: true });
  return (
    (Number(stats.mode) & 0o7777) === mode &&
    Number(stats.uid) === uid &&
    Number(stats.gid) === gid &&
    stats.mtimeNs === mtimeNs &&
    attributes === ''
  );
}

function setAt(at: string | Buffer, entry: Entry): string | undefined {
  const fd = openSync(at, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return fstatSync(fd).isFile() ? setMeta(fd, entry, false) : undefined;
  } finally {
    closeSync(fd);
  }
}

function flush(root: string, written: readonly Written[]): void {
  if (written.length >= FEW_FILES && syncFileSystem(root)) return;
  for (const { part } of written) {
    // A file of which nobody may read anything is its owner's all the same, who may not open it.
    const fd = attemptOpen(part);
    if (fd === undefined) continue;
    try {
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

function attemptOpen(part: string | Buffer): number | undefined {
  try {
    return openSync(part, process.platform === 'win32' ? 'r+' : 'r');
  } catch (error) {
    if (systemCode(error) !== 'EACCES' && systemCode(error) !== 'EPERM') throw error;
    return undefined;
  }
}

/** Gives what is at `part` the name `path`. */
function claim(
  target: Target,
  path: BytePath,
  part: string | Buffer,
  replaces: boolean,
  stamp: string,
): Pick<StepEnd, 'version' | 'keptNs'> {
  const at = target.at(path);
  try {
    const there = lstatSync(at, { throwIfNoEntry: false });
    // It was put there meanwhile, or has a name that this file system takes for the same.
    if (there !== undefined && !replaces) throw new Unsafe(IN_THE_WAY);
    if (there?.isDirectory() === true) throw new Unsafe('it is a folder now');
    const version = there === undefined ? undefined : makeVersion(target, path, true, stamp);
    files.renameSync(part, at);
    return { version, keptNs: timeAt(at) };
  } catch (error) {
    throw nameRefused(error) ?? error;
  }
}

function timeAt(at: string | Buffer): bigint {
  return lstatSync(at, { bigint: true }).mtimeNs;
}

function attempt(step: () => StepEnd): StepEnd {
  try {
    return step();
  } catch (thrown) {
    const error = thrown instanceof WriteError ? thrown.cause : thrown;
    const code = systemCode(error);
    if (code === undefined && !(error instanceof Unsafe)) throw error;
    const failed = error instanceof Unsafe ? error.message : reasonOf(error);
    return { bytes: 0, failed, ...(code !== undefined && FATAL.has(code) && { fatal: code }) };
  }
}

/**
 * Sees to it that its owner can write to the folder `path`: one that is read-only in the source is so in the mirror, and gets its
 * mode again when all is done.
 */
function open(target: Target, path: BytePath, isOpen: Set<BytePath>): void {
  if (isOpen.has(path)) return;
  isOpen.add(path);
  try {
    const at = path === '' ? target.root : target.at(path);
    const { mode } = lstatSync(at);
    if ((mode & 0o700) !== 0o700 && !isAllowed(at, constants.W_OK | constants.X_OK))
      chmodSync(at, (mode & 0o7777) | 0o700);
  } catch (error) {
    // What is to be done in it says why it cannot be.
    if (systemCode(error) === undefined && !(error instanceof Unsafe)) throw error;
  }
}
