// What is remembered between the passes of a mirror that is kept up to date.
import { SnapshotError } from '../../base/errors.ts';
import { STATE_FILE } from '../../mirror/state-file.ts';
import type { Step } from '../../mirror/steps.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';
import type { RowResult } from '../run/row-context.ts';
import type { KeepOptions } from './keep-mirror.ts';
import { partPass } from './part-pass.ts';
import { contextOf, type MirrorSession } from './session.ts';
import { wholePass } from './whole-pass.ts';

/** So long something has to be gone: a program that writes a new file in place of the old one changes it. */
const GONE_MS = 2000;
/** A file that does not come to rest is copied again after so many times as long as its last copy took. */
const BUSY_FACTOR = 10;
/** What is known is written down after so long, or so many times as long as that takes: after a kill the rest is looked at again. */
const LEAST_MS = 2000;
const SHARE = 20;
const HOUR_MS = 3_600_000;
/** A source that is not there is looked for again after so long; that it is back is told by its watcher, too. */
const RETRY_MS = 60_000;

export class Keeping {
  /** How the last whole pass ended. */
  result: RowResult;
  readonly #session: MirrorSession;
  readonly #options: Pick<KeepOptions, 'passed' | 'failed'>;
  /** Folders to be looked at again, and when, by `performance.now()`. */
  readonly #later = new Map<BytePath, number>();
  /** When something was first seen to be gone. */
  readonly #gone = new Map<BytePath, number>();
  /** Files that were just copied, and until when they wait if they change again. */
  readonly #busy = new Map<BytePath, number>();
  #deletions: { readonly atMs: number; readonly files: number }[] = [];
  #wholeDueMs: number | undefined;
  #retryMs = RETRY_MS;
  #trouble: string | undefined;
  #rememberDueMs: number | undefined;
  /** So long it took to write down what the mirror holds. */
  #tookMs = 0;
  #isChanged = false;

  constructor(session: MirrorSession, first: RowResult, options: Pick<KeepOptions, 'passed' | 'failed'>) {
    this.#session = session;
    this.result = first;
    this.#options = options;
  }

  /** In how many milliseconds something is to be looked at again; undefined when nothing is. */
  dueInMs(): number | undefined {
    const due = Math.min(
      ...this.#later.values(),
      this.#wholeDueMs ?? Infinity,
      this.#rememberDueMs ?? Infinity,
    );
    return due === Infinity ? undefined : Math.max(0, due - performance.now());
  }

  /** Whether nothing waits for its time, but for what could not be done. */
  get isSettled(): boolean {
    return this.#later.size === 0 && this.#rememberDueMs === undefined;
  }

  /** Brings all of it up to date. A source that is not there is told once, and waited for. */
  async whole(): Promise<void> {
    const context = await contextOf(this.#session);
    try {
      this.result = await wholePass(this.#session, context, this.#recent());
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.code !== 'E_ROW') throw error;
      const { message, hint, cause } = error;
      const stays = `${message}; its mirror stays as it is`;
      const told = new SnapshotError('E_ROW', stays, { cause, ...(hint !== undefined && { hint }) });
      if (this.#trouble !== message) await this.#options.failed(told, context);
      this.#trouble = message;
      this.#wholeDueMs = performance.now() + RETRY_MS;
      return;
    }
    if (this.#trouble !== undefined) context.report.note('the source is back');
    this.#trouble = undefined;
    this.#wholeDueMs = undefined;
    this.#later.clear();
    this.#gone.clear();
    this.#deleted(this.result.change.removed);
    this.#isChanged = false;
    if (this.result.problems === 0) this.#retryMs = RETRY_MS;
    else this.#tryAgain();
    await this.#options.passed(this.result, context);
  }

  /** Brings up to date what may have changed in `folders`, and what was to be looked at again. */
  async part(folders: readonly BytePath[]): Promise<void> {
    const nowMs = performance.now();
    if (this.#wholeDueMs !== undefined && this.#wholeDueMs <= nowMs) {
      await this.whole();
      return;
    }
    const due = [...this.#later].flatMap(([folder, atMs]) => (atMs <= nowMs ? [folder] : []));
    for (const folder of due) this.#later.delete(folder);
    const all = [...new Set([...folders, ...due])].toSorted(comparePaths);
    if (this.#rememberDueMs !== undefined && this.#rememberDueMs <= nowMs) await this.remember();
    if (all.length === 0) return;
    const context = await contextOf(this.#session);
    const waits = (step: Step): number | undefined => this.#waits(step, nowMs);
    const part = await partPass(this.#session, context, all, waits, this.#recent());
    if (part.isWholeDue) {
      await this.whole();
      return;
    }
    const { applied, later } = part;
    const tookMs = performance.now() - nowMs;
    for (const { folder, inMs } of later) this.#look(folder, inMs);
    for (const path of applied.unsettled) {
      const inMs = Math.max(tookMs * BUSY_FACTOR, GONE_MS);
      this.#busy.set(path, performance.now() + inMs);
      this.#look((path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '') as BytePath, inMs);
    }
    context.name(applied.problems);
    if (applied.problems.length > 0) this.#tryAgain();
    this.#deleted(applied.removed);
    const { added, modified, removed, moved } = applied;
    this.#isChanged ||= added + modified + removed + moved > 0;
    if (this.#isChanged) this.#rememberDueMs ??= performance.now() + Math.max(LEAST_MS, this.#tookMs * SHARE);
  }

  /** Writes down what the mirror holds, for whoever reads it, and for the next time. */
  async remember(): Promise<void> {
    const { mirror, context } = this.#session;
    const { state } = mirror;
    this.#rememberDueMs = undefined;
    if (!this.#isChanged || state === undefined) return;
    const startedMs = performance.now();
    await context.series.store.put(context.series.key(STATE_FILE), await mirror.remembered(state));
    this.#tookMs = performance.now() - startedMs;
    this.#isChanged = false;
  }

  /** What could not be done may be possible in a while; what cannot be read for long is asked less and less often. */
  #tryAgain(): void {
    this.#wholeDueMs ??= performance.now() + this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, HOUR_MS);
  }

  /** How many files were deleted in the last hour. */
  #recent(): number {
    const fromMs = performance.now() - HOUR_MS;
    this.#deletions = this.#deletions.filter(({ atMs }) => atMs > fromMs);
    return this.#deletions.reduce((sum, { files }) => sum + files, 0);
  }

  #deleted(files: number): void {
    if (files > 0) this.#deletions.push({ atMs: performance.now(), files });
  }

  #look(folder: BytePath, inMs: number): void {
    const atMs = performance.now() + inMs;
    this.#later.set(folder, Math.min(atMs, this.#later.get(folder) ?? Infinity));
  }

  #waits(step: Step, nowMs: number): number | undefined {
    const { path } = step;
    if (step.do === 'let go') {
      const sinceMs = this.#gone.get(path) ?? nowMs;
      const leftMs = sinceMs + GONE_MS - nowMs;
      if (leftMs > 0) this.#gone.set(path, sinceMs);
      else this.#gone.delete(path);
      return leftMs > 0 ? leftMs : undefined;
    }
    this.#gone.delete(path);
    const untilMs = this.#busy.get(path);
    if (step.do !== 'copy' || untilMs === undefined) return undefined;
    if (untilMs > nowMs) return untilMs - nowMs;
    this.#busy.delete(path);
    return undefined;
  }
}
