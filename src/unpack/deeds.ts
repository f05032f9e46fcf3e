// What is done to the target beside writing files. Synchronous: it runs in workers.
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  utimesSync,
  type Stats,
} from 'node:fs';
import { setAttributes } from '../base/attribute-calls.ts';
import { systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import { dirname } from 'node:path';
import { setTimeNs } from '../base/time-calls.ts';
import { display } from '../tree/path.ts';
import { type Target, Unsafe } from '../target/contained.ts';
import { makeSymlink } from '../target/make-link.ts';
import { inWords, setMeta, setOwner, setReadOnly, setTime } from '../target/meta.ts';
import type { Deed } from './tasks.ts';
import { claim, nameRefused, removePart, settleFile } from '../target/write-file.ts';

/** Until all is in it, a folder is its owner's alone, who can write to it. */
const FOLDER_MODE = 0o700;
const OWNER_READS = 0o400;

/** @returns What the file system refused beside what was to be done, in words. */
export function doDeed(target: Target, deed: Deed): string | undefined {
  switch (deed.do) {
    case 'folder':
      makeFolder(target, deed);
      return undefined;
    case 'link':
      return makeLink(target, deed);
    case 'hardlink':
      makeHardlink(target, deed);
      return undefined;
    case 'set':
      return setAt(target, deed);
    case 'settle':
      return settleFile(target, deed.file);
    case 'remove':
      remove(target, deed);
      return undefined;
  }
}

type Of<D extends Deed['do']> = Extract<Deed, { do: D }>;

function makeFolder(target: Target, { path, exists, clears }: Of<'folder'>): void {
  const at = target.at(path);
  if (clears) files.unlinkSync(at);
  if (!exists) {
    try {
      mkdirSync(at, FOLDER_MODE);
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw nameRefused(error) ?? error;
      throw new Unsafe('something is there that this file system takes for the same name', { cause: error });
    }
  }
  const stats = lstatSync(at);
  if (!stats.isDirectory()) throw new Unsafe('a folder was there, and is none any more');
  // As much as its owner needs to write to it; its own mode comes last.
  if ((stats.mode & FOLDER_MODE) === FOLDER_MODE) return;
  try {
    chmodSync(at, (stats.mode & 0o7777) | FOLDER_MODE);
  } catch {
    // Not every file system has modes. Whether it can be written to shows when something is.
  }
}

/** What file systems say that have no links: exFAT through FUSE, FAT, file servers. */
const NO_LINKS: ReadonlySet<string> = new Set(['ENOSYS', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP']);

const WITHOUT_LINKS =
  process.platform === 'win32'
    ? 'Windows lets nobody make links without its developer mode, or as administrator'
    : 'this file system has no links';

function makeLink(
  target: Target,
  { path, target: says, replaces, uid, gid, mtimeNs, attributes = '' }: Of<'link'>,
): string | undefined {
  const part = target.partAt(path);
  removePart(part);
  const refused: string[] = [];
  try {
    makeSymlink(says, part, dirname(String(part)));
  } catch (error) {
    if (!NO_LINKS.has(systemCode(error) ?? '')) throw error;
    throw new Unsafe(`${WITHOUT_LINKS}; it leads to "${display(says)}"`, { cause: error });
  }
  try {
    setOwner({ uid, gid }, lstatSync(part), (user, group) => lchownSync(part, user, group), refused);
    refused.push(...setAttributes(part, attributes));
    setTime(
      mtimeNs,
      (time) => setTimeNs(part, mtimeNs) || lutimesSync(part, Date.now() / 1000, time),
      () => lstatSync(part, { bigint: true }),
      refused,
    );
    claim(target, { path, replaces }, part);
  } catch (error) {
    removePart(part);
    throw error;
  }
  return inWords(refused);
}

function makeHardlink(target: Target, { path, to, replaces }: Of<'hardlink'>): void {
  const part = target.partAt(path);
  removePart(part);
  const from = target.at(to);
  if (!lstatSync(from).isFile()) throw new Unsafe('what it is a further name of is no file');
  linkSync(from, part);
  try {
    claim(target, { path, replaces }, part);
  } finally {
    // Renaming one name of a file to another one leaves both.
    removePart(part);
  }
}

function setAt(target: Target, { path, type, ...meta }: Of<'set'>): string | undefined {
  const at = path === '' ? target.root : target.at(path);
  const isFolder = type === 'folder';
  if (process.platform === 'win32') {
    // There, folders cannot be opened.
    const refused: string[] = [];
    needKind(lstatSync(at), type);
    setTime(
      meta.mtimeNs,
      (time) => utimesSync(at, Date.now() / 1000, time),
      () => lstatSync(at, { bigint: true }),
      refused,
    );
    if (!isFolder) setReadOnly(at, meta.mode, refused);
    return inWords(refused);
  }
  const fd = openToSet(at, type);
  try {
    needKind(fstatSync(fd), type);
    return setMeta(fd, meta, false);
  } finally {
    closeSync(fd);
  }
}

/** Opens what is set. What is its owner's own, and closed to them as well, is opened to them first. */
function openToSet(at: string | Buffer, type: 'file' | 'folder'): number {
  const kind = type === 'folder' ? constants.O_DIRECTORY : 0;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | kind;
  try {
    return openSync(at, flags);
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error;
    const stats = lstatSync(at);
    needKind(stats, type);
    chmodSync(at, (stats.mode & 0o7777) | OWNER_READS);
    return openSync(at, flags);
  }
}

/** A further name may lie anywhere, and would have its mode and time changed with this one. */
function needKind(stats: Stats, type: 'file' | 'folder'): void {
  const isFolder = type === 'folder';
  if (isFolder ? !stats.isDirectory() : !stats.isFile()) throw new Unsafe(`it is no ${type} any more`);
  if (!isFolder && stats.nlink > 1) throw new Unsafe('it has further names by now');
}

function remove(target: Target, { path, isFolder }: Of<'remove'>): void {
  const at = target.at(path);
  try {
    if (isFolder) files.rmdirSync(at);
    else files.unlinkSync(at);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    // Windows says so of a file in place of the folder as well.
    if (isFolder && lstatSync(at, { throwIfNoEntry: false }) !== undefined)
      throw new Unsafe('it is no folder any more', { cause: error });
  }
}
