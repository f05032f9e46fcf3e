// One sync at a time for each root, with any machine: `.sync.lock`, which an older tool heeds as well. And what the file that
// is made for it tells of the clock there.
import { randomUUID } from 'node:crypto';
import { SnapshotError } from '../base/errors.ts';
import { currentOwner, holderState, type Owner } from '../host/machine.ts';
import { type BytePath, join } from '../tree/path.ts';
import { makeFolders } from './make-version.ts';
import { DATA_FOLDER, DOT_SYNC_LOCK, ROOT_FILE } from './own-paths.ts';
import { type Side, SideError } from './side.ts';

const BEAT_MS = 60_000;
/** A lock of this program that was not renewed for so long is nobody's. */
const DEAD_MS = 10 * 60_000;
/** One of another program, which may not renew it. */
const FOREIGN_DEAD_MS = 60 * 60_000;
/** SFTP gives times in whole seconds. */
const COARSE_MS = 1000;
/** What becomes a lock, or was one; `clock` is of 0.1. */
const IS_PART = /^(?:lock|dead|clock)-[0-9a-f-]{36}$/;

/** The tokens of the locks that this process holds: what else says that it is its own was left when a line was cut. */
const held = new Set<string>();

/** What a lock says. */
interface Content {
  readonly token: string;
  readonly owner: Owner;
}

export interface Locked {
  /** What the clock of the side says more than the one of this machine, in milliseconds, and how far off that may be. */
  readonly aheadMs: number;
  readonly uncertainMs: number;
  /** Whether the side takes names that differ in case only for one. */
  readonly foldsCase: boolean;
  /** @throws {@link SnapshotError} where the side is not what was locked: somebody else has the lock, or its disk is gone. */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

/**
 * @param lost - Told that somebody else has taken it over: nothing more may be done.
 * @throws {@link SnapshotError} `E_LOCKED` when somebody else syncs this root.
 */
export async function lockSide(side: Side, lost: (error: Error) => void): Promise<Locked> {
  await makeFolders(side, DATA_FOLDER);
  const content: Content = { token: randomUUID(), owner: currentOwner() };
  const bytes = Buffer.from(`${JSON.stringify(content)}\n`);
  const part = partOf('lock', content.token);
  const { aheadMs, uncertainMs } = await makePart(side, part, bytes);
  held.add(content.token);
  let made = part;
  let foldsCase: boolean;
  try {
    if (!(await side.claim(part, DOT_SYNC_LOCK))) {
      await clearDead(side, aheadMs);
      if (!(await side.claim(part, DOT_SYNC_LOCK))) throw taken(side, undefined);
    }
    made = DOT_SYNC_LOCK;
    [foldsCase] = await Promise.all([isThere(side, DOT_SYNC_LOCK.toUpperCase()), clearParts(side, aheadMs)]);
  } catch (error) {
    held.delete(content.token);
    await side.remove(made).catch(() => {}); // A later one does.
    throw error;
  }
  let beating: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    beating = beat(side, content.token, bytes, aheadMs).catch(lost);
  }, BEAT_MS);
  const release = async (): Promise<void> => {
    clearInterval(timer);
    await beating;
    held.delete(content.token);
    if (contentOf(await side.readSmall(DOT_SYNC_LOCK))?.token === content.token)
      await side.remove(DOT_SYNC_LOCK);
  };
  const confirm = async (): Promise<void> => await mustHold(side, content.token);
  return { aheadMs, uncertainMs, foldsCase, confirm, release };
}

async function mustHold(side: Side, token: string): Promise<void> {
  const found = contentOf(await side.readSmall(DOT_SYNC_LOCK));
  if (found?.token === token) return;
  if (found !== undefined)
    throw new SnapshotError('E_LOCKED', `Somebody else has taken over the lock of "${side.label}"`, {
      hint: 'What was done by then stays; run the sync again.',
    });
  throw new SnapshotError('E_AWAY', `"${side.label}" is not what it was when the sync began`, {
    hint: 'Was its disk taken away, or `.sync.lock` removed? What was done by then stays; run the sync again.',
  });
}

/** What a root says it is; undefined before its first sync. */
export async function rootId(side: Side): Promise<string | undefined> {
  return idOf(await side.readSmall(ROOT_FILE));
}

/** Gives the root a name of its own. */
export async function nameRoot(side: Side): Promise<string> {
  const id = randomUUID();
  if (await side.create(ROOT_FILE, Buffer.from(`${JSON.stringify({ version: 1, id })}\n`))) return id;
  const known = await rootId(side);
  if (known !== undefined) return known;
  // What is there says nothing.
  await side.remove(ROOT_FILE);
  return await nameRoot(side);
}

/** Makes the lock under a name that is nobody's: one that was cut short must not look like somebody's. And asks for the time there. */
async function makePart(
  side: Side,
  part: BytePath,
  bytes: Uint8Array,
): Promise<Pick<Locked, 'aheadMs' | 'uncertainMs'>> {
  const before = Date.now();
  await side.create(part, bytes);
  const after = Date.now();
  const found = await side.look(part);
  if (found === undefined) return { aheadMs: 0, uncertainMs: Infinity };
  return { aheadMs: found.mtimeMs - (before + after) / 2, uncertainMs: (after - before) / 2 + COARSE_MS };
}

function ifOfSide(error: unknown): void {
  if (!(error instanceof SideError)) throw error;
}

async function isThere(side: Side, path: string): Promise<boolean> {
  return (await side.look(path as BytePath)) !== undefined;
}

function partOf(what: 'lock' | 'dead', id: string): BytePath {
  return `${DATA_FOLDER}/${what}-${id}` as BytePath;
}

/** Removes the parts that were left by who was killed. */
async function clearParts(side: Side, aheadMs: number): Promise<void> {
  for (const name of await side.names(DATA_FOLDER)) {
    if (!IS_PART.test(name)) continue;
    const path = join(DATA_FOLDER, name);
    const found = await side.look(path);
    if (found === undefined || Math.abs(Date.now() + aheadMs - found.mtimeMs) < DEAD_MS) continue;
    // One that stays, as that of another user, is in nobody's way.
    await side.remove(path).catch(ifOfSide);
  }
}

async function beat(side: Side, token: string, bytes: Buffer, aheadMs: number): Promise<void> {
  await mustHold(side, token);
  const part = partOf('lock', token);
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes);
  };
  await side.write(
    part,
    all(),
    { mtimeMs: Date.now() + aheadMs, mode: undefined },
    new AbortController().signal,
  );
  await side.replace(part, DOT_SYNC_LOCK);
}

/** Removes a lock whose owner is gone. @throws {@link SnapshotError} `E_LOCKED` when it is not. */
async function clearDead(side: Side, aheadMs: number): Promise<void> {
  const found = await side.look(DOT_SYNC_LOCK);
  if (found === undefined) return;
  const content = contentOf(await side.readSmall(DOT_SYNC_LOCK));
  const ageMs = Date.now() + aheadMs - found.mtimeMs;
  const state =
    content === undefined ? 'unknown' : holderState(content.owner, currentOwner(), held.has(content.token));
  const limitMs = content === undefined ? FOREIGN_DEAD_MS : DEAD_MS;
  // One of the future was written by a clock that was wrong.
  const isRenewed = Math.abs(ageMs) < limitMs;
  if (state === 'alive' || (state === 'unknown' && isRenewed)) throw taken(side, content?.owner);
  // Whoever else finds it dead does the same: only one of them gets it.
  const dead = partOf('dead', randomUUID());
  try {
    await side.move(DOT_SYNC_LOCK, dead);
  } catch (error) {
    const now = contentOf(await side.readSmall(DOT_SYNC_LOCK));
    // Whether the name is free is seen when it is claimed.
    if (error instanceof SideError && now?.token !== content?.token) return;
    throw error;
  }
  const moved = contentOf(await side.readSmall(dead));
  if (moved?.token !== content?.token) {
    await side.move(dead, DOT_SYNC_LOCK);
    throw taken(side, moved?.owner);
  }
  await side.remove(dead);
}

function taken(side: Side, owner: Owner | undefined): SnapshotError {
  const who = owner === undefined ? 'Another program' : `A process on ${owner.host} (pid ${owner.pid})`;
  return new SnapshotError('E_LOCKED', `${who} is syncing "${side.label}"`, {
    hint: `Wait for it. If none is: remove \`${DOT_SYNC_LOCK}\` there.`,
  });
}

function contentOf(bytes: Buffer | undefined): Content | undefined {
  try {
    const raw = JSON.parse(bytes?.toString('utf8') ?? '') as Partial<Content> | null;
    const { token, owner } = raw ?? {};
    const isOurs =
      typeof token === 'string' && typeof owner?.machine === 'string' && typeof owner.pid === 'number';
    return isOurs ? { token, owner } : undefined;
  } catch {
    // Of an older tool, or cut short.
    return undefined;
  }
}

function idOf(bytes: Buffer | undefined): string | undefined {
  try {
    const raw = JSON.parse(bytes?.toString('utf8') ?? '') as { id?: unknown } | null;
    return typeof raw?.id === 'string' ? raw.id : undefined;
  } catch {
    return undefined;
  }
}
