// One process serves a folder: who it is stands in `var/server.json`.
import { open, readFile, rm } from 'node:fs/promises';
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
}

/** The process that serves the folder now; undefined when there is none. */
export async function readClaim(file: string): Promise<Claim | undefined> {
  let claim: Claim;
  try {
    claim = JSON.parse(await readFile(file, 'utf8')) as Claim;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw new SnapshotError('E_STORE', `Cannot read "${file}": ${reasonOf(error)}`, { cause: error });
  }
  return ownerState(claim.owner, currentOwner()) === 'dead' ? undefined : claim;
}

/**
 * Claims the folder for this process.
 *
 * @throws {@link SnapshotError} `E_LOCKED` when another one has it.
 */
export async function takeClaim(file: string): Promise<HeldClaim> {
  const other = await readClaim(file);
  if (other !== undefined) throw locked(file, other);
  await rm(file, { force: true });
  const claim = new HeldClaim(file);
  await claim.write({}, 'wx');
  return claim;
}

/** A claim of this process. */
export class HeldClaim {
  readonly #file: string;
  readonly #owner: Owner = currentOwner();

  constructor(file: string) {
    this.#file = file;
  }

  /** Says how it is reached. */
  async write(more: Omit<Claim, 'owner'>, flags: 'wx' | 'w' = 'w'): Promise<void> {
    try {
      const handle = await open(this.#file, flags, 0o600);
      try {
        await handle.writeFile(JSON.stringify({ owner: this.#owner, ...more }));
      } finally {
        await handle.close();
      }
    } catch (cause) {
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
  const hint = `If that does not run any more, remove "${file}".`;
  return new SnapshotError('E_LOCKED', `This folder is served already, by ${who}`, { cause, hint });
}
