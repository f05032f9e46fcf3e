// One process serves a folder: who it is stands in `var/server.json`.
import { constants } from 'node:fs';
import { copyFile, link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { currentOwner, type Owner, ownerState } from '../host/machine.ts';

/** Who serves a folder, and how commands on this machine reach it. */
export interface Claim {
  readonly owner: Owner;
  /** Where clients reach it. */
  readonly url?: string | undefined;
  /** Where it listens. */
  readonly listening?: string | undefined;
  /** Where commands do, on this machine. */
  readonly control?: string | undefined;
  /** Only who may read the file knows it. */
  readonly secret?: string | undefined;
  /** It is not served, but follows the library at this address. */
  readonly follows?: string | undefined;
}

/** The process that serves the folder now; undefined when there is none. */
export async function readClaim(file: string): Promise<Claim | undefined> {
  let claim: Partial<Claim> | null;
  try {
    claim = JSON.parse(await readFile(file, 'utf8')) as Partial<Claim> | null;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw new SnapshotError('E_STORE', `Cannot read "${file}": ${reasonOf(error)}`, { cause: error });
  }
  const owner = claim?.owner;
  if (owner === undefined || ownerState(owner, currentOwner()) === 'dead') return undefined;
  return { ...claim, owner };
}

/**
 * Claims the folder for this process.
 *
 * @param more - What is said of it from the beginning.
 * @throws {@link SnapshotError} `E_LOCKED` when another one has it.
 */
export async function takeClaim(file: string, more: Pick<Claim, 'follows'> = {}): Promise<HeldClaim> {
  const other = await readClaim(file);
  if (other !== undefined) throw locked(file, other);
  await clearStale(file);
  const claim = new HeldClaim(file);
  await claim.take(more);
  return claim;
}

/** Takes away what a process that ended has left; not what another one has claimed since it was looked at. */
async function clearStale(file: string): Promise<void> {
  const aside = `${file}.${process.pid}.old`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw new SnapshotError('E_STORE', `Cannot replace "${file}": ${reasonOf(error)}`, { cause: error });
  }
  const other = await readClaim(aside);
  if (other === undefined) await rm(aside, { force: true });
  else {
    await rename(aside, file);
    throw locked(file, other);
  }
}

/** A claim of this process. */
export class HeldClaim {
  readonly #file: string;
  readonly #owner: Owner = currentOwner();

  constructor(file: string) {
    this.#file = file;
  }

  /** Says how it is reached. */
  async write(more: Omit<Claim, 'owner'>): Promise<void> {
    await this.#put(more, async (part) => await rename(part, this.#file));
  }

  /** @throws {@link SnapshotError} `E_LOCKED` when another process was faster. */
  async take(more: Omit<Claim, 'owner'>): Promise<void> {
    await this.#put(more, async (part) => {
      // Unlike a rename, it fails where there is one. Some file systems have no links: there it is copied, which does so too.
      await link(part, this.#file).catch(async (error: unknown) => {
        if (systemCode(error) === 'EEXIST') throw error;
        await copyFile(part, this.#file, constants.COPYFILE_EXCL);
      });
      await rm(part);
    });
  }

  /** Writes it aside first: who reads it sees all of it. */
  async #put(more: Omit<Claim, 'owner'>, place: (part: string) => Promise<void>): Promise<void> {
    const part = `${this.#file}.${process.pid}.part`;
    try {
      await writeFile(part, JSON.stringify({ owner: this.#owner, ...more }), { mode: 0o600 });
      await place(part);
    } catch (cause) {
      await rm(part, { force: true });
      if (systemCode(cause) === 'EEXIST') throw locked(this.#file, undefined, cause);
      throw new SnapshotError('E_STORE', `Cannot write "${this.#file}": ${reasonOf(cause)}`, { cause });
    }
  }

  async release(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

function locked(file: string, other: Claim | undefined, cause?: unknown): SnapshotError {
  const who = other === undefined ? 'another process' : `process ${other.owner.pid} on "${other.owner.host}"`;
  const hint = `End that first: a folder is served, or follows another one. If it does not run any more, remove "${file}".`;
  const what = other?.follows === undefined ? 'is served already' : 'follows another library already';
  return new SnapshotError('E_LOCKED', `This folder ${what}, by ${who}`, { cause, hint });
}
