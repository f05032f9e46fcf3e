// The work of the thread for one tree: what it hears of it, when it has come to rest, goes to `tell`.
import type { BytePath } from '../path.ts';
import type { EventQueue } from './event-queue.ts';
import { NO_EVENTS } from './eventless.ts';
import { FolderWatches } from './folder-watches.ts';
import type { FromWatcher, WatchOrder } from './messages.ts';
import { NativeWatch } from './native-watch.ts';
import { changeOfRoot, lookAtRoot, type Root } from './root.ts';
import { Settling } from './settling.ts';
import { rightNow, TimeKeeper } from './time-keeper.ts';
import type { Listener, Watches } from './watches.ts';

/** So often the root and the clock are looked at. */
const TICK_MS = 1000;

/** Following may take one part in so many of the time, while folders come and go without an end. */
const FOLLOWING_SHARE = 10;

/** What the thread has for each of its trees. */
export interface OfThread {
  readonly queue: EventQueue;
  readonly tell: (message: FromWatcher) => void;
  readonly leftOut: Listener['leftOut'];
}

export class Watching implements Listener {
  readonly #order: WatchOrder;
  readonly #queue: EventQueue;
  readonly #tell: (message: FromWatcher) => void;
  readonly leftOut: Listener['leftOut'];
  readonly #settling: Settling;
  readonly #time = new TimeKeeper(rightNow());
  #root: Root;
  #watches: Watches | undefined;
  #whole: string | undefined;
  #isSettling = false;
  #isFollowing = false;
  #restUntilMs = 0;
  #polledMs = performance.now();
  /** The last of the tasks that wait for each other. */
  #tasks: Promise<void> = Promise.resolve();
  #ticking: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(order: WatchOrder, { queue, tell, leftOut }: OfThread) {
    this.#order = order;
    this.#queue = queue;
    this.#tell = tell;
    this.leftOut = leftOut;
    this.#settling = new Settling(order.quietMs, order.mostMs);
    this.#root = lookAtRoot(order.root);
    this.#watches = this.#watchesFor(this.#root);
    if (!this.#root.isThere) this.lost(this.#root.reason);
  }

  /** Says that it is ready, and what changes from then on. */
  start(): void {
    this.#alone(async () => {
      await this.#watches?.open();
      if (this.#isStopped) return;
      this.#tell({ kind: 'ready', polled: this.#polled() });
      this.#ticking = setInterval(() => this.#tick(), Math.min(TICK_MS, this.#order.pollMs));
    });
  }

  /** Ends all watches; nothing more is told. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#ticking);
    this.#watches?.close();
  }

  stirred(asksToFollow: boolean): void {
    this.#settling.stir(performance.now());
    if (!this.#isSettling) this.#settleIn(this.#order.quietMs);
    if (asksToFollow && !this.#isFollowing) this.#followIn(this.#restUntilMs - performance.now());
  }

  lost(reason: string): void {
    this.#whole ??= reason;
    this.stirred(false);
  }

  #settleIn(delayMs: number): void {
    this.#isSettling = true;
    setTimeout(() => {
      this.#isSettling = false;
      const waitMs = this.#settling.waitMs(performance.now());
      if (waitMs === 0) this.#alone(async () => await this.#report());
      else if (waitMs !== undefined) this.#settleIn(waitMs);
    }, delayMs);
  }

  #followIn(delayMs: number): void {
    this.#isFollowing = true;
    setTimeout(() => this.#follow(), Math.max(0, delayMs));
  }

  #follow(): void {
    this.#alone(async () => {
      const beginMs = performance.now();
      await this.#watches?.follow();
      const endMs = performance.now();
      this.#restUntilMs = endMs + (endMs - beginMs) * FOLLOWING_SHARE;
      this.#isFollowing = false;
    });
  }

  async #report(): Promise<void> {
    this.#settling.reset();
    this.#checkRoot();
    const whole = this.#whole;
    // What is lost from here on comes with the next report.
    this.#whole = undefined;
    if (whole === undefined) await this.#watches?.follow();
    else await this.#watches?.open();
    const folders = this.#watches?.take() ?? [];
    if (this.#isStopped || (folders.length === 0 && whole === undefined)) return;
    this.#tell({ kind: 'changes', folders, whole, polled: this.#polled() });
  }

  #tick(): void {
    const reason = this.#time.due(rightNow());
    if (reason !== undefined) this.lost(reason);
    const isPollDue = performance.now() - this.#polledMs >= this.#order.pollMs;
    // A server that does not answer would hold up the look at its folder.
    if (isPollDue || !this.#isEventless()) this.#checkRoot();
    if (!isPollDue) return;
    this.#polledMs = performance.now();
    if (this.#isEventless()) this.lost(NO_EVENTS);
    this.#alone(async () => {
      if ((await this.#watches?.poll()) === true) this.stirred(false);
    });
  }

  /** Notices when the root is gone, back, or another folder. The report of it opens the watches. */
  #checkRoot(): void {
    const root = lookAtRoot(this.#order.root);
    const change = changeOfRoot(this.#root, root);
    if (change === undefined) return;
    this.#root = root;
    this.#watches?.close();
    this.#watches = this.#watchesFor(root);
    this.#whole = undefined;
    this.lost(change);
  }

  #watchesFor(root: Root): Watches | undefined {
    if (!root.isThere || root.isEventless) return undefined;
    return this.#order.isNative
      ? new NativeWatch(this.#order.root, this)
      : new FolderWatches(this.#order.root, this, this.#queue);
  }

  #isEventless(): boolean {
    return this.#root.isThere && this.#root.isEventless;
  }

  #polled(): ReadonlyMap<BytePath, string> {
    return this.#watches?.polled() ?? new Map(this.#isEventless() ? [['' as BytePath, NO_EVENTS]] : []);
  }

  /** Does `task` when those before it are done. When one fails, nothing more is watched. */
  #alone(task: () => Promise<void>): void {
    this.#tasks = this.#tasks.then(async () => {
      if (this.#isStopped) return;
      try {
        await task();
      } catch (error) {
        if (this.#isStopped) return;
        this.stop();
        this.#tell({ kind: 'failed', error });
      }
    });
  }
}
