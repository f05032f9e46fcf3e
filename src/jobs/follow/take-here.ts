// Makes parts of content that is here already.
import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { receive } from '../../serve/library/receive.ts';
import { isSameSight, lookAt, sightOfStats } from '../../serve/library/sight.ts';
import { systemPath } from '../../tree/path.ts';
import type { FromHere } from './plan-round.ts';
import type { RemoteFile } from './remote-changes.ts';
import type { RoundTools } from './round-tools.ts';

/**
 * A part with the content that is to be taken from another file here, flushed: of a move that file itself, else a copy, which is
 * hashed.
 *
 * @returns Undefined when it is not there any more.
 */
export async function takeHere(
  { file, from, isMove }: FromHere,
  { library, parts, blake3, room, signal }: RoundTools,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const stats = await lookAt(library.files, from.path);
  if (stats === undefined || !isSameSight(from, sightOfStats(stats))) return undefined;
  const part = join(parts, randomUUID());
  const source = systemPath(library.files, from.path);
  // A time is one of the file, not of its name: with another one, what it was called would look changed by somebody.
  if (isMove && Math.abs(from.mtimeMs - file.modifiedMs) < 1 && (await isLinked(source, part))) return part;
  const own = room.forOne(() => 0);
  try {
    const options = { claim: undefined, modifiedMs: file.modifiedMs, allow: own.allow };
    const copied = await receive(part, createReadStream(source, { signal }), blake3, options);
    if (copied.blake3 === file.blake3) return part;
    await rm(part, { force: true });
    return undefined;
  } finally {
    own.release();
  }
}

/** Whether `part` is the same file now; some file systems have no links. */
async function isLinked(source: string | Buffer, part: string): Promise<boolean> {
  try {
    await link(source, part);
    return true;
  } catch {
    return false;
  }
}

/** A copy of a whole part, with the time of `file`, flushed. */
export async function copyPart(
  part: string,
  { size, modifiedMs }: RemoteFile,
  { parts, room }: RoundTools,
): Promise<string> {
  const copy = join(parts, randomUUID());
  const own = room.forOne(() => 0);
  try {
    await own.allow(size);
    await copyFile(part, copy, constants.COPYFILE_FICLONE);
    const handle = await open(copy, 'r+');
    try {
      await handle.utimes(Date.now() / 1000, modifiedMs / 1000);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return copy;
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  } finally {
    own.release();
  }
}
