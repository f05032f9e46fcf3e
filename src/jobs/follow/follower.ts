// A second library: one account of it, which follows another one round by round.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuardError } from '../../series/guards.ts';
import { type HeldClaim, takeClaim } from '../../serve/claim.ts';
import { ServedFolder } from '../../serve/folder.ts';
import { Library } from '../../serve/library/library.ts';
import type { SyncResult } from '../../serve/library/reconcile.ts';
import { Room } from '../../serve/library/room.ts';
import { loadBlake3 } from '../../hash/blake3.ts';
import { attempt } from '../../store/attempt.ts';
import { type RoundCount, RoundRun } from './apply-round.ts';
import { type Followed, followedAccounts, readFollowed, writeFollowed } from './following-file.ts';
import { FilePlacer } from './place-file.ts';
import { planRound, type RoundPlan, withheld } from './plan-round.ts';
import { ReadingClient } from './reading-client.ts';
import type { RemoteChanges } from './remote-changes.ts';
import { guardAccount, guardRound, type RoundHold } from './round-guard.ts';
import type { RoundTools } from './round-tools.ts';
import { type FollowProblem, Unsettled } from './unsettled.ts';
import { VersionsHere } from './versions-here.ts';

export interface FollowOptions {
  readonly url: string;
  readonly token: string;
  /** A certificate that is trusted. */
  readonly ca: Buffer | undefined;
  /** Where the second library is. */
  readonly folder: string;
  /** Bytes that stay free on the disk. */
  readonly minFreeBytes: number;
  /** Overrules guards, in the first round that ends. */
  readonly acceptChanges: boolean;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Told of how far the reading of files that are here is. */
  readonly onRead: (account: string, done: number, total: number) => void;
  /** Told of what was fetched, of how much. */
  readonly onFetched: (account: string, done: Amount, total: Amount) => void;
}

export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** What a round came to. */
export interface RoundResult extends RoundCount {
  readonly account: string;
  readonly versions: number;
  /** Files that are here, and were. */
  readonly unchanged: number;
  readonly problems: readonly FollowProblem[];
  /** What was held back. */
  readonly guard: GuardError | undefined;
  readonly seconds: number;
}

const NO_LIMITS = { mostFileBytes: Number.MAX_SAFE_INTEGER, quotaBytes: undefined };

export class Follower {
  readonly account: string;
  readonly #options: FollowOptions;
  readonly #folder: ServedFolder;
  readonly #claim: HeldClaim;
  readonly #tools: RoundTools;
  readonly #versions: VersionsHere;
  #acceptChanges: boolean;
  #followed: Followed | undefined;
  /** Of files here, that could not be read. */
  #unread: readonly FollowProblem[] = [];
  /** Number of the last change there that was looked at; undefined: all files are to be compared. */
  #seen: number | undefined;
  readonly #open = new Unsettled();
  /** Since which change there something is held back, and why. */
  #held: { readonly after: number; readonly error: GuardError } | undefined;
  #isFirst = true;

  private constructor(
    account: string,
    options: FollowOptions,
    folder: ServedFolder,
    claim: HeldClaim,
    tools: RoundTools,
    versions: VersionsHere,
  ) {
    this.account = account;
    this.#options = options;
    this.#folder = folder;
    this.#claim = claim;
    this.#tools = tools;
    this.#versions = versions;
    this.#acceptChanges = options.acceptChanges;
  }

  /**
   * Asks the server whose token it is, takes the folder, and looks at what is in it.
   *
   * @throws SnapshotError `E_USAGE` for a wrong address, `E_AUTH` for a token that may not read, `E_AWAY` when nobody answers,
   * `E_LOCKED` when the folder is served, or follows in another process; GuardError when it follows another account.
   */
  static async open(options: FollowOptions): Promise<Follower> {
    const { url, token, ca, signal, minFreeBytes, now } = options;
    const client = new ReadingClient(url, token, ca, signal);
    const undo: (() => Promise<void>)[] = [async () => client.close()];
    try {
      const account = await client.account();
      const folder = new ServedFolder(options.folder);
      const accounts = join(folder.root, 'var', 'accounts');
      const refused = guardAccount(account, await followedAccounts(accounts));
      if (refused !== undefined && !options.acceptChanges) throw refused;
      await folder.make();
      const claim = await takeClaim(folder.server, { follows: client.url });
      undo.push(async () => await claim.release());
      const at = folder.placeOf(account);
      const read = await readFollowed(at.data);
      const followed = read?.account === account ? read : undefined;
      // Files that were here, and are away now, are not replaced by an empty folder.
      if (followed === undefined) await folder.makeAccount(account);
      const fetching = join(at.data, 'fetching');
      await attempt('make', fetching, async () => await mkdir(fetching, { recursive: true, mode: 0o700 }));
      const blake3 = await loadBlake3();
      const library = await Library.open(at, blake3, { ...NO_LIMITS, minFreeBytes });
      undo.push(async () => await library.close());
      const versions = new VersionsHere(folder.root, account, now);
      const placer = new FilePlacer(library, versions);
      const room = new Room(at.files, { ...NO_LIMITS, minFreeBytes });
      const tools = {
        library,
        client,
        placer,
        blake3,
        room,
        fetching,
        parts: join(at.data, 'parts'),
        signal,
      };
      const follower = new Follower(account, options, folder, claim, tools, versions);
      follower.#followed = followed;
      await follower.look();
      return follower;
    } catch (error) {
      for (const step of undo.toReversed()) await step();
      throw error;
    }
  }

  /** Looks at all files here: where somebody has changed anything, all are compared in the next round. */
  async look(): Promise<void> {
    const { library } = this.#tools;
    const last = library.journal.last;
    const { onRead, signal } = this.#options;
    const stop = (): void => void library.close();
    signal.addEventListener('abort', stop, { once: true });
    const found = await library.sync({ onRead: (done, total) => onRead(this.account, done, total) });
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    this.#unread = found.problems;
    const { url, here, n } = this.#followed ?? {};
    const isKnown = url === this.#tools.client.url && here === last && !isChanged(found);
    this.#seen = isKnown ? n : undefined;
    await this.#versions.letGo();
  }

  /**
   * Brings what has changed there.
   *
   * @param isAnew - Also what could not be done the last time.
   * @returns Undefined when nothing has changed since the last one.
   * @throws SnapshotError `E_AWAY` when nobody answers, `E_SPACE` when the disk is full; what was done by then stays.
   */
  async round(isAnew: boolean): Promise<RoundResult | undefined> {
    const begun = performance.now();
    const { client, library, placer } = this.#tools;
    const isAgain = isAnew && this.isOpen;
    const seen = this.#seen ?? 0;
    const after = isAgain ? Math.min(this.#held?.after ?? seen, this.#open.before(seen)) : seen;
    const changes = await client.changes(after);
    if (this.#seen === changes.n && !isAgain && !this.#isFirst) return undefined;
    const { holdings } = library;
    const whole = planRound(changes, holdings);
    const hold = this.#hold(changes, whole);
    // What is held of another library is not in each of its changes.
    const isFree = hold === undefined && (this.#held === undefined || isAgain || changes.isFull);
    if (isFree && this.#followed?.url !== client.url) await this.#write(0);
    const plan = hold === undefined ? whole : withheld(whole, hold.isOther);
    if (this.#isFirst) await this.#clearFetching(plan);
    this.#isFirst = false;
    const versions = placer.versions;
    const touched = new Set([
      ...plan.replaced,
      ...plan.gone,
      ...plan.leave,
      ...plan.retimes.map(({ path }) => path),
    ]);
    const unchanged = holdings.size - touched.size;
    const run = new RoundRun(this.#tools, plan, this.#progress(plan));
    await run.go();
    if (isAgain || changes.isFull) {
      this.#open.clear();
      this.#held = undefined;
    }
    this.#open.note(changes, plan, run.failed);
    if (hold !== undefined) this.#held ??= { after, error: hold.error };
    this.#seen = changes.n;
    if (this.#held === undefined) {
      this.#acceptChanges = false;
      await this.#write(this.#open.before(changes.n));
    }
    return {
      account: this.account,
      ...run.count,
      versions: placer.versions - versions,
      unchanged,
      problems: [...this.#unread, ...this.#open.problems],
      guard: this.#held?.error,
      seconds: Math.round(performance.now() - begun) / 1000,
    };
  }

  /** Ends it. */
  get signal(): AbortSignal {
    return this.#options.signal;
  }

  /** Whether something there is not here, and is to be tried again. */
  get isOpen(): boolean {
    return this.#held !== undefined || this.#open.size > 0;
  }

  async close(): Promise<void> {
    this.#tools.client.close();
    await this.#tools.library.close();
    await this.#claim.release();
  }

  #hold({ isFull, puts }: RemoteChanges, plan: RoundPlan): RoundHold | undefined {
    if (this.#acceptChanges) return undefined;
    const { holdings } = this.#tools.library;
    const added = [...puts.keys()].filter((path) => holdings.at(path) === undefined).length;
    const going = plan.gone.length + plan.leave.length;
    const [account, followed] = [this.account, this.#followed];
    const now = holdings.size;
    const url = this.#tools.client.url;
    const left = now - going + added;
    return guardRound({ plan, account, url, followed, now, isFull, left });
  }

  async #write(n: number): Promise<void> {
    const { journal } = this.#tools.library;
    // Its lines are not on the disk: the next start sees that by itself.
    if (journal.failure !== undefined) return;
    const [account, url] = [this.account, this.#tools.client.url];
    this.#followed = { url, account, n, here: journal.last, files: journal.holdings.size };
    await writeFollowed(this.#folder.placeOf(account).data, this.#followed);
  }

  /** Removes what has arrived of files that are not wanted any more. */
  async #clearFetching({ toFetch }: RoundPlan): Promise<void> {
    const wanted = new Set(toFetch.map(({ blake3 }) => blake3));
    const { fetching } = this.#tools;
    for (const name of await readdir(fetching))
      if (!wanted.has(name)) await rm(join(fetching, name), { force: true });
  }

  #progress({ toFetch }: RoundPlan): (files: number, bytes: number) => void {
    const total = { files: toFetch.length, bytes: toFetch.reduce((sum, { size }) => sum + size, 0) };
    return (files, bytes) => this.#options.onFetched(this.account, { files, bytes }, total);
  }
}

function isChanged({ new: added, renamed, removed, changed }: SyncResult): boolean {
  return added + renamed + removed + changed > 0;
}
