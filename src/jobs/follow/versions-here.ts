// Keeps what is replaced or removed in a second library, as a mirror does: below `.snapshot-data/versions` of its folder.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { ensureFolder } from '../../base/ensure-folder.ts';
import { systemCode } from '../../base/errors.ts';
import { DATA_FOLDER } from '../../mirror/held.ts';
import { letGoVersions } from '../../mirror/let-go-versions.ts';
import { stampOf, versionPath } from '../../mirror/version-name.ts';
import { VERSIONS } from '../../mirror/versioning.ts';
import { addLines } from '../../mirror/versions.ts';
import { place, placeOf } from '../../serve/library/place.ts';
import { type BytePath, fromText, join, parentOf } from '../../tree/path.ts';

const KEPT_MS = 30 * 86_400_000;

export class VersionsHere {
  readonly #root: string;
  readonly #folder: BytePath;
  readonly #now: () => Date;

  /** @param root - The folder of the library. @param account - Whose files they are. */
  constructor(root: string, account: string, now: () => Date) {
    this.#root = root;
    this.#folder = fromText(`files/${account}`);
    this.#now = now;
  }

  /**
   * Gives the file of the account at `path` a name among the versions. It keeps its own, except where a file can have one only.
   *
   * @throws Refusal or what the system throws; then it is as it was.
   */
  async keep(path: BytePath): Promise<void> {
    const whole = join(this.#folder, path);
    const versions = placeOf(this.#root, VERSIONS);
    const until = this.#now();
    await ensureFolder(versions, 0o700);
    for (let nth = 1; ; nth++) {
      const file = versionPath(whole, stampOf(until), nth) ?? shortened(whole, stampOf(until), nth);
      if (!(await place(versions, file, placeOf(this.#root, whole)))) continue;
      const unknown = { sinceMs: undefined, movedTo: undefined, mode: undefined };
      await addLines(this.#root, [{ path: whole, type: 'file', untilMs: until.getTime(), file, ...unknown }]);
      return;
    }
  }

  /** Removes those that were too old already the last time: a clock that is far ahead once costs no version. */
  async letGo(): Promise<void> {
    const now = this.#now();
    const file = placeOf(this.#root, join(DATA_FOLDER, fromText('thinned')));
    const last = new Date(Number(await readFile(file, 'utf8').catch(ifOfSystem)));
    if (!Number.isNaN(last.getTime()))
      await letGoVersions(this.#root, { within: KEPT_MS }, last < now ? last : now);
    // Without it they stay longer, and before there are any, nothing has to be known.
    await writeFile(file, String(now.getTime()), { mode: 0o600 }).catch(ifOfSystem);
  }
}

/** A name that would be too long with a date in it: only the line of the version says of what it is one. */
function shortened(path: BytePath, stamp: string, nth: number): BytePath {
  const digest = createHash('sha256').update(path, 'latin1').digest('hex').slice(0, 16);
  return join(parentOf(path), `${digest}~${stamp}${nth === 1 ? '' : `-${nth}`}` as BytePath);
}

function ifOfSystem(error: unknown): undefined {
  if (systemCode(error) === undefined) throw error;
  return undefined;
}
