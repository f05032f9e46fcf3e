// What a mirror held before, and where it is now.
import { readdirSync } from 'node:fs';
import { lstat, open, readFile } from 'node:fs/promises';
import { systemCode } from '../base/errors.ts';
import type { EntryType } from '../tree/entry.ts';
import { type BytePath, comparePaths, fromBytes, join, systemPath } from '../tree/path.ts';
import { pathField, pathOf } from './path-field.ts';
import { parseVersion } from './version-name.ts';
import { VERSIONS } from './versioning.ts';

/** What a path of the mirror was until some moment. */
export interface Version {
  readonly path: BytePath;
  readonly type: EntryType;
  /** In milliseconds since 1970. */
  readonly untilMs: number;
  /** Since when; undefined where only the name of the version tells, and so nobody knows. */
  readonly sinceMs: number | undefined;
  /** Where its content is, below the folder of versions; undefined for a folder, and for what was moved. */
  readonly file: BytePath | undefined;
  /** Where it went in the mirror, at `untilMs`. */
  readonly movedTo: BytePath | undefined;
  /** Permission bits of a folder. */
  readonly mode: number | undefined;
}

/** The file of lines about versions, below the mirror's own folder. Without it, the names of the versions tell nearly as much. */
const LINES_FILE = 'versions.jsonl';

export function versionLine(version: Version): string {
  const { path, type, untilMs, sinceMs, file, movedTo, mode } = version;
  return JSON.stringify({
    ...pathField('path', path),
    type,
    until: new Date(untilMs).toISOString(),
    ...(sinceMs !== undefined && { since: new Date(sinceMs).toISOString() }),
    ...(file !== undefined && pathField('file', file)),
    ...(movedTo !== undefined && pathField('movedTo', movedTo)),
    ...(mode !== undefined && { mode }),
  });
}

/** A line that was cut short by a power failure says nothing. */
function parseVersionLine(line: string): Version | undefined {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { type, until, since, mode } = fields;
  const path = pathOf(fields, 'path');
  const untilMs = typeof until === 'string' ? Date.parse(until) : Number.NaN;
  if (path === undefined || Number.isNaN(untilMs)) return undefined;
  if (type !== 'file' && type !== 'folder' && type !== 'link') return undefined;
  const sinceMs = typeof since === 'string' ? Date.parse(since) : Number.NaN;
  return {
    path,
    type,
    untilMs,
    sinceMs: Number.isNaN(sinceMs) ? undefined : sinceMs,
    file: pathOf(fields, 'file'),
    movedTo: pathOf(fields, 'movedTo'),
    mode: typeof mode === 'number' ? mode : undefined,
  };
}

/** A version with what lies on the disk. */
export interface StoredVersion extends Version {
  readonly sizeBytes: number;
}

/**
 * All versions of the mirror at `root`, by path and then the oldest first: what lies in the folder of versions, and what the lines
 * say beside that.
 */
export async function readVersions(root: string): Promise<readonly StoredVersion[]> {
  const known = new Map<BytePath, Version>();
  const found: StoredVersion[] = [];
  for (const line of await linesOf(root)) {
    const version = parseVersionLine(line);
    if (version === undefined) continue;
    if (version.file === undefined) found.push({ ...version, sizeBytes: 0 });
    else known.set(version.file, version);
  }
  for (const { file, type } of filesBelow(root)) {
    const named = parseVersion(file);
    const version = known.get(file);
    if (version === undefined && named === undefined) continue;
    const stats = await lstat(systemPath(root, join(VERSIONS, file)));
    found.push({
      path: version?.path ?? named?.path ?? file,
      // Names count in seconds: it was there until some moment of that one.
      untilMs: version?.untilMs ?? (named === undefined ? 0 : named.untilMs + 999),
      sinceMs: version?.sinceMs,
      type,
      file,
      movedTo: undefined,
      mode: undefined,
      sizeBytes: type === 'file' ? stats.size : 0,
    });
  }
  return found.toSorted((a, b) => comparePaths(a.path, b.path) || a.untilMs - b.untilMs);
}

async function linesOf(root: string): Promise<readonly string[]> {
  try {
    return (await readFile(linesFile(root), 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

export function linesFile(root: string): string {
  return `${root}/.snapshot-data/${LINES_FILE}`;
}

/** Adds lines. After a power failure some may be missing: the names of the versions tell. */
export async function addLines(root: string, versions: readonly Version[]): Promise<void> {
  if (versions.length === 0) return;
  const file = await open(linesFile(root), 'a', 0o600);
  try {
    // Where an earlier line was cut short, these begin on one of their own.
    await file.appendFile(`\n${versions.map(versionLine).join('\n')}\n`);
  } finally {
    await file.close();
  }
}

function* filesBelow(
  root: string,
  folder: BytePath = '' as BytePath,
): Generator<{ readonly file: BytePath; readonly type: 'file' | 'link' }> {
  let items;
  try {
    items = readdirSync(systemPath(root, join(VERSIONS, folder).replace(/\/$/, '') as BytePath), {
      encoding: 'buffer',
      withFileTypes: true,
    });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  for (const item of items) {
    const file = join(folder, fromBytes(item.name));
    if (item.isDirectory()) yield* filesBelow(root, file);
    else if (item.isFile()) yield { file, type: 'file' };
    else if (item.isSymbolicLink()) yield { file, type: 'link' };
  }
}
