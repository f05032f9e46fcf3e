// What versions are called: `a/b/name~20261128T021500Z.ext` is what `a/b/name.ext` was until that moment.
import { baseName, type BytePath, join, parentOf } from '../tree/path.ts';

/** No file system has a longer name. */
const LONGEST_NAME = 255;

/** A moment as it is in the names of versions: seconds, UTC. */
export function stampOf(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/**
 * The path of a version, below the folder of versions.
 *
 * @param nth - Counts those of one second; the first is 1.
 * @returns undefined when the name would be too long.
 */
export function versionPath(path: BytePath, stamp: string, nth: number): BytePath | undefined {
  const [stem, extension] = splitName(baseName(path));
  const name = `${stem}~${stamp}${nth === 1 ? '' : `-${nth}`}${extension}` as BytePath;
  return name.length > LONGEST_NAME ? undefined : join(parentOf(path), name);
}

export interface NamedVersion {
  /** What it is a version of. */
  readonly path: BytePath;
  /** Until when the mirror had it there, in milliseconds since 1970. */
  readonly untilMs: number;
  readonly nth: number;
}

/** What a path below the folder of versions is a version of; undefined when it is none. */
export function parseVersion(file: BytePath): NamedVersion | undefined {
  const match = /^(.+)~(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-(\d+))?(\.[^.]+)?$/s.exec(baseName(file));
  if (match === null) return undefined;
  const [, stem = '', year, month, day, hour, minute, second, nth = '1', extension = ''] = match;
  const untilMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(untilMs)) return undefined;
  return { path: join(parentOf(file), (stem + extension) as BytePath), untilMs, nth: Number(nth) };
}

/** A dot at the start of a name begins no extension. */
function splitName(name: BytePath): readonly [string, string] {
  const dot = name.lastIndexOf('.');
  return dot <= 0 || dot === name.length - 1 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
}
