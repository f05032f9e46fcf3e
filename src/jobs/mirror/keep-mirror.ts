// Keeps a mirror up to date while its source changes. Events are hints where to look; whole passes are the truth.
import { setTimeout as delay } from 'node:timers/promises';
import type { SnapshotError } from '../../base/errors.ts';
import { WATCH_FILE } from '../../series/names.ts';
import { display } from '../../tree/path.ts';
import { passedOver, rootOf, startScan } from '../../tree/scan.ts';
import { type TreeChanges, type TreeWatcher, watchTree } from '../../tree/watching/watch-tree.ts';
import type { RowContext, RowResult } from '../run/row-context.ts';
import { Keeping } from './keeping.ts';
import type { MirrorSession } from './session.ts';

export interface KeepOptions {
  /** Told how each whole pass ended. */
  readonly passed: (result: RowResult, context: RowContext) => Promise<void>;
  /** Told, once, that the source cannot be looked at. */
  readonly failed: (error: SnapshotError, context: RowContext) => Promise<void>;
  /** Ends it when everything is up to date and nothing happens for a while. */
  readonly untilIdle: boolean;
}

/** Nothing happened for so long: it is idle. */
const IDLE_MS = 3000;

/** @returns How the last whole pass ended. */
export async function keepMirror(
  session: MirrorSession,
  first: RowResult,
  options: KeepOptions,
): Promise<RowResult> {
  const { context, leftOut } = session;
  const { row, report } = context;
  const { signal, now } = context.options;
  const { store } = context.series;
  const mark = context.series.key(WATCH_FILE);
  await store.put(mark, Buffer.from(`${JSON.stringify({ pid: process.pid, since: now().toISOString() })}\n`));
  // A file is watched by the folder that it is in, and looked at as a whole.
  const isFile = startScan(row.source).task === undefined;
  let isLeftOut = passedOver(row.source, leftOut);
  await options.passed(first, context);
  const watcher = await watchTree(rootOf(row.source, isFile), {
    signal,
    isLeftOut: (folder) => isFile || isLeftOut(folder),
  });
  const changes = new Changes(watcher);
  const keeping = new Keeping(session, first, options);
  try {
    for (const [folder, why] of watcher.polled)
      report.warn(`"${folder === '' ? row.source : display(folder)}" is looked at each minute only: ${why}`);
    // What has changed before all was watched.
    await keeping.whole();
    report.note('watching for changes');
    while (!signal.aborted) {
      const idleMs = options.untilIdle && keeping.isSettled ? IDLE_MS : undefined;
      const found = await changes.within(idleMs ?? keeping.dueInMs());
      if (found === 'ended' || (found === 'none' && idleMs !== undefined)) break;
      isLeftOut = passedOver(row.source, leftOut);
      if (found !== 'none' && (isFile || found.whole !== undefined)) await keeping.whole();
      else await keeping.part(found === 'none' ? [] : found.folders);
    }
    return keeping.result;
  } finally {
    await watcher.stop();
    await keeping.remember();
    await store.remove(mark);
  }
}

/** The changes of a watcher, of which one call waits at a time. */
class Changes {
  readonly #watcher: TreeWatcher;
  #next: Promise<TreeChanges | undefined> | undefined;

  constructor(watcher: TreeWatcher) {
    this.#watcher = watcher;
  }

  /** @param ms - No longer than this; undefined: as long as it takes. */
  async within(ms: number | undefined): Promise<TreeChanges | 'none' | 'ended'> {
    this.#next ??= this.#watcher.next();
    const next = this.#next;
    const timer = new AbortController();
    const late = delay(ms ?? 0, 'none' as const, { signal: timer.signal });
    try {
      const found = await (ms === undefined ? next : Promise.race([next, late]));
      if (found !== 'none') this.#next = undefined;
      return found ?? 'ended';
    } finally {
      timer.abort();
      // It was aborted.
      await late.catch(() => {});
    }
  }
}
