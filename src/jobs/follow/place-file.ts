// Gives whole parts their names in a second library, and takes names away. What anybody has put there becomes a version.
import { rename, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import { caseless } from '../../base/same-name.ts';
import type { Library } from '../../serve/library/library.ts';
import { isThere, letGo, place, placeOf } from '../../serve/library/place.ts';
import { isSameSight, lookAt, openFile, sightOfStats } from '../../serve/library/sight.ts';
import { flushFolder } from '../../store/attempt.ts';
import { takenFor } from '../../target/contained.ts';
import { type BytePath, parentOf, systemPath, toText } from '../../tree/path.ts';
import type { RemoteFile } from './remote-changes.ts';
import type { VersionsHere } from './versions-here.ts';

/** Somebody may be faster; so often in a row, nobody is. */
const TRIES = 5;

export class FilePlacer {
  readonly #library: Library;
  readonly #versions: VersionsHere;
  /** Files that get their names at this moment, and are not recorded yet. */
  readonly #placing = new Set<BytePath>();
  /** How many versions were made. */
  versions = 0;

  constructor(library: Library, versions: VersionsHere) {
    this.#library = library;
    this.#versions = versions;
  }

  /**
   * Gives `part`, which is flushed, the name of `file`. It is there and recorded when this resolves, and the part is gone.
   *
   * @param isMoved - What has the name has got another one: it is no version, unless somebody has changed it.
   * @returns Why it has no place, if it has none.
   * @throws Refusal, or what the system throws.
   */
  async place(part: string, file: RemoteFile, isMoved: boolean): Promise<string | undefined> {
    this.#placing.add(file.path);
    try {
      return await this.#place(part, file, isMoved);
    } finally {
      this.#placing.delete(file.path);
    }
  }

  async #place(part: string, { path, blake3 }: RemoteFile, isMoved: boolean): Promise<string | undefined> {
    const { files, holdings } = this.#library;
    for (let n = 0; n < TRIES; n++) {
      if (!(await place(files, path, part))) {
        const stats = await lookAt(files, path);
        if (stats === undefined) {
          if (await isThere(placeOf(files, path))) return 'something that is no file has its name here';
          continue;
        }
        const twin = holdings.at(path) === undefined ? this.#twinOf(path) : undefined;
        if (twin !== undefined) return takenFor(twin);
        if (!isMoved || !(await this.#isAsKnown(path))) await this.#keep(path);
        await rename(part, placeOf(files, path));
        await flushFolder(dirname(placeOf(files, path)));
      }
      await letGo(part);
      await this.#record(path, blake3);
      return undefined;
    }
    return 'its name is taken again and again';
  }

  /** Takes the name of a file away. @param isMoved - As that of {@link place}. @returns Why it stays, if it does. */
  async remove(path: BytePath, isMoved: boolean): Promise<string | undefined> {
    const { files, journal } = this.#library;
    if (toText(path) === undefined) return 'its name is no text: nothing keeps it as a version, so it stays';
    if ((await lookAt(files, path)) !== undefined) {
      if (!isMoved || !(await this.#isAsKnown(path))) await this.#keep(path);
      await unlink(systemPath(files, path)).catch((error: unknown) => {
        // Where a file can have one name only, it has that of the version.
        if (systemCode(error) !== 'ENOENT') throw error;
      });
      await this.#removeEmpty(parentOf(path));
    }
    await journal.remove([path]);
    return undefined;
  }

  /** Gives a file that has the right content its time. */
  async retime({ path, modifiedMs, blake3 }: RemoteFile): Promise<void> {
    // What somebody has changed is found by the next look at all files.
    if (!(await this.#isAsKnown(path))) return;
    const handle = await openFile(this.#library.files, path);
    if (handle === undefined) return;
    try {
      await handle.utimes(Date.now() / 1000, modifiedMs / 1000);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#record(path, blake3);
  }

  async #keep(path: BytePath): Promise<void> {
    await this.#versions.keep(path);
    this.versions += 1;
  }

  async #isAsKnown(path: BytePath): Promise<boolean> {
    const { files, holdings } = this.#library;
    const held = holdings.at(path);
    const stats = await lookAt(files, path);
    return held !== undefined && stats !== undefined && isSameSight(held, sightOfStats(stats));
  }

  async #record(path: BytePath, blake3: string): Promise<void> {
    const { files, journal } = this.#library;
    const stats = await lookAt(files, path);
    if (stats !== undefined) await journal.put([{ path, ...sightOfStats(stats), blake3 }]);
  }

  /** The file that a file system which ignores case takes `path` for. */
  #twinOf(path: BytePath): BytePath | undefined {
    const name = caseless(toText(path) ?? path);
    const isTwin = (other: BytePath): boolean => other !== path && caseless(toText(other) ?? other) === name;
    for (const held of this.#library.holdings.all()) if (isTwin(held.path)) return held.path;
    return [...this.#placing].find(isTwin);
  }

  /** Folders are there for their files. */
  async #removeEmpty(folder: BytePath): Promise<void> {
    if (folder === '') return;
    try {
      await rmdir(systemPath(this.#library.files, folder));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      // It holds others.
      return;
    }
    await this.#removeEmpty(parentOf(folder));
  }
}
