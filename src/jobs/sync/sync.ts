// The way of a sync: open both sides, lock, look, decide, guard, apply, remember.
import { SnapshotError } from '../../base/errors.ts';
import type { Keep } from '../../plan/keep.ts';
import { stampOf } from '../../mirror/version-name.ts';
import { applySync, type Ended } from '../../sync/apply.ts';
import type { Done } from '../../sync/done.ts';
import type { Clocks } from '../../sync/decide.ts';
import { guardSync, type Stop } from '../../sync/guards.ts';
import type { SideName } from '../../sync/item.ts';
import { letGoVersions } from '../../sync/let-go.ts';
import { type Locked, nameRoot, rootId } from '../../sync/lock.ts';
import type { PairSides, PastFile, StoredPast } from '../../sync/past-file.ts';
import { planSync } from '../../sync/plan.ts';
import { type Listings, look, type Sides, type Trouble, unknownIn } from '../../sync/see.ts';
import { type Listing, type Side, SideError } from '../../sync/side.ts';
import type { BytePath } from '../../tree/path.ts';
import { matching } from '../../tree/left-out.ts';
import { hasMoved, replacedSide, withAwayParts } from './changed-roots.ts';
import { closeLeftOpen, noteOpen } from './left-open.ts';
import { refuseSnapshots } from './pair.ts';
import { agreedOn, failureOf, saveResult, saveSteps, type SyncResult } from './result.ts';
import { counting } from './counting.ts';
import { withLocks } from './with-locks.ts';
import { withPair } from './with-pair.ts';
import { writeDotSync } from './write-dot-sync.ts';

export interface SyncOptions {
  readonly dryRun: boolean;
  /** Reads every file of both sides. */
  readonly rehash: boolean;
  /** Does what a guard would hold, once. */
  readonly acceptChanges: boolean;
  /** In the syntax of .gitignore. */
  readonly exclude: readonly string[];
  /** Whether a path is synced; what is not is left alone. */
  readonly isWanted: (path: BytePath) => boolean;
  /** How long versions stay. */
  readonly keep: Keep;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  /** Another sync of one of the sides is waited for so long; by default not at all. */
  readonly waitMs?: number;
  /** Told how far it has come: files and bytes of those that are to be copied. */
  readonly progress: (
    done: { readonly files: number; readonly bytes: number },
    all: { readonly files: number; readonly bytes: number },
  ) => void;
}

const BOTH: readonly SideName[] = ['here', 'there'];
/** What is not told of. */
const QUIET: ReadonlySet<string> = new Set(['nothing', 'note', 'leave']);
const DAY_MS = 86_400_000;

/**
 * Syncs two sides, folders or addresses.
 *
 * @throws {@link SnapshotError} when nothing could be decided, or nothing more could be done; what was done by then stays, and the
 *   next sync goes on.
 */
export async function sync(here: string, there: string, options: SyncOptions): Promise<SyncResult> {
  try {
    return await withPair(here, there, async (sides, file) => await syncPair(sides, file, options));
  } catch (error) {
    if (!options.signal.aborted) throw error;
    const hint = 'What was done by then stays; the next sync goes on.';
    throw new SnapshotError('E_STOPPED', 'Stopped', { cause: error, hint });
  }
}

async function syncPair(sides: Sides, file: PastFile, options: SyncOptions): Promise<SyncResult> {
  const stored = await file.read(options.warn);
  const stop = await prepareRoots(sides, stored, options);
  if (stop !== undefined) return await stopped(file, sides, stop, options);
  if (options.dryRun) return await syncLocked(sides, file, stored, undefined, options);
  // Before anything is made where another disk may be mounted in a moment.
  const replaced = options.acceptChanges ? undefined : await replacedSide(sides, stored);
  if (replaced !== undefined) return await stopped(file, sides, replaced, options);
  return await withLocks(
    sides,
    async (locks, lost) => {
      const signal = AbortSignal.any([options.signal, lost]);
      // Another sync of the two may have ended meanwhile.
      const current = await file.read(() => {});
      return await syncLocked(sides, file, current, locks, { ...options, signal });
    },
    options.warn,
    options,
  );
}

/** Makes a root that is not there yet. @returns Why nothing is done: one that was there is not. */
async function prepareRoots(
  sides: Sides,
  stored: StoredPast,
  { dryRun, acceptChanges }: SyncOptions,
): Promise<Stop | undefined> {
  const [here, there] = [await sides.here.root(), await sides.there.root()];
  for (const [side, what] of [
    [sides.here, here],
    [sides.there, there],
  ] as const)
    if (what === 'other') throw new SnapshotError('E_ROW', `"${side.label}" is no folder`);
  if (here !== 'nothing' && there !== 'nothing') return undefined;
  const missing = here === 'nothing' ? sides.here : sides.there;
  if (stored.sides !== undefined && !acceptChanges)
    return { guard: 'empty-side', message: `"${missing.label}" is not there, and was at the last sync` };
  const hint = 'Is its disk connected? A sync makes one of the two folders, not both.';
  if (here === there)
    throw new SnapshotError('E_ROW', `Neither "${sides.here.label}" nor "${sides.there.label}" is there`, {
      hint,
    });
  if (!dryRun) await missing.makeRoot();
  return undefined;
}

async function syncLocked(
  sides: Sides,
  file: PastFile,
  stored: StoredPast,
  locks: Readonly<Record<SideName, Locked>> | undefined,
  options: SyncOptions,
): Promise<SyncResult> {
  const startedMs = Date.now();
  const tags = await Promise.all(BOTH.map(async (side) => await sides[side].rootTag()));
  const replaced = await replacedSide(sides, stored);
  if (replaced !== undefined && !options.acceptChanges) return await stopped(file, sides, replaced, options);
  if (locks !== undefined && replaced === undefined) await closeLeftOpen(file, sides);
  // Of other roots nothing is known: they are united.
  const past = replaced === undefined ? stored.past : new Map<BytePath, never>();
  const walked = await Promise.all(BOTH.map(async (side) => await walk(sides[side], options)));
  const listings = withAwayParts(asListings(walked), stored, options.acceptChanges);
  refuseSnapshots(listings, sides);
  const clocks: Clocks = {
    aheadMs: (locks?.there.aheadMs ?? 0) - (locks?.here.aheadMs ?? 0),
    uncertainMs: (locks?.there.uncertainMs ?? 0) + (locks?.here.uncertainMs ?? 0),
  };
  const { sights, troubles } = await look(past, listings, sides, { ...options, clocks });
  const folds = { here: locks?.here.foldsCase ?? false, there: locks?.there.foldsCase ?? false };
  const actions = planSync(sights, clocks, folds);
  const labels = { here: sides.here.label, there: sides.there.label };
  const guard = options.acceptChanges ? undefined : guardSync(past, listings, actions, labels);
  const now = new Map(past);
  const result = (failed: readonly Trouble[], done: readonly Done[]): SyncResult => ({
    at: new Date(startedMs),
    labels,
    actions: actions.filter(({ decision }) => !QUIET.has(decision.do)),
    troubles: [...troubles, ...failed],
    passedOver: unknownIn(listings, 'special').filter(({ path }) => options.isWanted(path)),
    done,
    stop: guard,
    isFirst: stored.sides === undefined,
    isWeak: BOTH.filter((side) => !sides[side].replacesAtOnce || !sides[side].flushes),
    durationMs: Date.now() - startedMs,
    dryRun: options.dryRun,
    agreed: agreedOn(now),
  });
  if (locks === undefined) return result([], []);
  if (guard !== undefined) return await stopped(file, sides, guard, options, result([], []));
  const ids = await Promise.all(
    BOTH.map(async (side) => (await rootId(sides[side])) ?? (await nameRoot(sides[side]))),
  );
  const pair: PairSides = {
    addresses: [sides.here.address, sides.there.address],
    ids: [ids[0], ids[1]],
    tags: [tags[0], tags[1]],
    mounts: [listings.here.mounts, listings.there.mounts],
  };
  // Whose past it is has to be known before anything is added to it.
  if (stored.sides === undefined || stored.hasJournal || replaced !== undefined) await file.write(pair, now);
  const done: Done[] = [];
  const isNews = actions.some(({ decision }) => decision.do !== 'nothing');
  try {
    for (const side of BOTH) await clearParts(sides[side], listings[side], options.warn);
    const failed = await applySync(actions, {
      sides,
      stamp: stampOf(new Date(startedMs)),
      aheadMs: { here: locks.here.aheadMs, there: locks.there.aheadMs },
      signal: options.signal,
      progress: counting(actions, options),
      opening: async (folders) => await noteOpen(file, folders),
      settled: async (ended) => {
        for (const one of ended) done.push(...one.done);
        await saveSteps(file, done);
        // What was written where a disk had been is on it no more: it must not count as deleted once that is back.
        for (const side of BOTH) await locks[side].confirm();
        await file.append(ended.flatMap((one) => remember(now, one)));
      },
    });
    await closeLeftOpen(file, sides);
    if (isNews || replaced !== undefined || hasMoved(stored, pair)) await file.write(pair, now);
    const end = result(failed, done);
    await writeDotSync(sides, now, options.warn);
    await thin(file, sides, locks, options);
    await saveResult(file, end);
    return end;
  } catch (error) {
    // What was done can be taken back all the same.
    await saveResult(file, { ...result([], done), failed: failureOf(error, options.signal) });
    throw error;
  }
}

/** Removes what was cut short while it was written. One that cannot be is in nobody's way. */
async function clearParts(side: Side, { parts }: Listing, warn: (message: string) => void): Promise<void> {
  for (const part of parts) {
    try {
      await side.remove(part);
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      warn(`${error.what}: ${error.message}; it was cut short while it was written`);
    }
  }
}

function remember(
  now: Map<BytePath, NonNullable<Ended['agreed']>>,
  { action, agreed }: Ended,
): readonly (readonly [BytePath, Ended['agreed']])[] {
  if (agreed === undefined) now.delete(action.path);
  else now.set(action.path, agreed);
  const changes: (readonly [BytePath, Ended['agreed']])[] = [[action.path, agreed]];
  if (action.decision.do === 'move') {
    now.delete(action.decision.from);
    changes.push([action.decision.from, undefined]);
  }
  return changes;
}

async function walk(side: Side, { exclude, signal, dryRun }: SyncOptions): Promise<Listing> {
  // In a dry run, a root that would be made is not there.
  if (dryRun && (await side.root()) === 'nothing')
    return { items: new Map(), problems: [], mounts: new Map(), parts: [], isLeftOut: () => false };
  return await side.walk(matching(exclude), signal);
}

function asListings([here, there]: readonly Listing[]): Listings {
  if (here === undefined || there === undefined) throw new Error('a side was not listed');
  return { here, there };
}

async function stopped(
  file: PastFile,
  { here, there }: Sides,
  stop: Stop,
  { dryRun }: SyncOptions,
  known?: SyncResult,
): Promise<SyncResult> {
  const none = {
    at: new Date(),
    actions: [],
    troubles: [],
    passedOver: [],
    done: [],
    isFirst: false,
    isWeak: [],
    durationMs: 0,
    dryRun,
    agreed: { files: 0, bytes: 0 },
  };
  const result: SyncResult = { ...none, ...known, labels: { here: here.label, there: there.label }, stop };
  if (!dryRun) await saveResult(file, result);
  return result;
}

/** Lets versions go, once a day: on a server it takes a listing of all. */
async function thin(
  file: PastFile,
  sides: Sides,
  locks: Readonly<Record<SideName, Locked>>,
  { keep, warn }: SyncOptions,
): Promise<void> {
  const now = new Date();
  const last = Number(await file.text('thinned'));
  if (Math.abs(now.getTime() - last) < DAY_MS) return;
  // With a clock that is wrong by days nobody knows how old they are.
  if (BOTH.some((side) => Math.abs(locks[side].aheadMs) > DAY_MS)) return;
  // What was too old already the last time: a clock that is far ahead once costs no version.
  const by = last < now.getTime() ? new Date(last) : now;
  for (const side of BOTH) {
    try {
      await letGoVersions(sides[side], keep, by);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      warn(`Old versions in "${sides[side].label}" could not be let go: ${error.message}`);
      return;
    }
  }
  await file.replace('thinned', String(now.getTime()));
}
