// Holds a mirror against what is known of it: that a file is there, its size and time; or, read to its end, its content.
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { EXIT_STATUS, reasonOf, systemCode } from '../../base/errors.ts';
import { type Held, isAsLeft, type There } from '../../mirror/held.ts';
import { thereAt, unlessRefused } from '../../mirror/listing.ts';
import { writtenMs } from '../../mirror/mirror.ts';
import { MirrorThread } from '../../mirror/thread.ts';
import { isLocked } from '../../series/lock/lock-file.ts';
import { appendOrNote } from '../../series/runs-log.ts';
import type { Series } from '../../series/series.ts';
import { type BytePath, display, systemPath } from '../../tree/path.ts';
import type { VerifyEnd, VerifyReport } from '../verify/verify-events.ts';
import { openMirror, type OpenMirror } from './open-mirror.ts';

interface VerifyMirrorOptions {
  readonly level: 'quick' | 'full';
  readonly signal: AbortSignal;
  readonly report: VerifyReport;
  /** So long it is waited for that it is written down what a mirror holds that is at work. */
  readonly patienceMs?: number;
}

/** A mirror that is being kept up to date writes down every few seconds what it holds: a run does when it ends. */
const PATIENCE_MS = 60_000;
const POLL_MS = 250;
/** What is changed again each time is looked at so often. */
const MOST_LOOKS = 5;
/** Some file systems count in steps of two seconds. */
const STEP_MS = 2000;

interface Difference {
  readonly held: Held;
  readonly what: string;
  /** Only its content tells. */
  readonly isContent: boolean;
}

/**
 * What differs is put right by the next run; what differs in content alone, by one with `--rehash`. What was placed after the
 * mirror was last written down, while somebody is at work in it, is looked at again. How it went is noted in its log.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is no mirror; `E_DAMAGED` when its state cannot be understood.
 */
export async function verifyMirror(series: Series, options: VerifyMirrorOptions): Promise<VerifyEnd> {
  const { level, signal, report, patienceMs = PATIENCE_MS } = options;
  const started = new Date();
  const startedMs = performance.now();
  const looking = new MirrorLook(series, options);
  const thread = new MirrorThread();
  try {
    let { mirror, sinceMs } = await readMirror(series);
    const { root, state } = mirror;
    const files = [...state.held.values()].filter(({ type }) => type === 'file');
    const found = new Map(
      (await thread.run({ kind: 'list', root, clears: false })).map((one) => [one.path, one]),
    );
    looking.total = level === 'full' ? files.reduce((sum, { size }) => sum + size, 0) : 0;
    let differing = await looking.differences(mirror, state.held.keys(), (path) => found.get(path));
    const sure: Difference[] = [];
    let busy: readonly Difference[] = [];
    for (let looks = 1; ; looks++) {
      // Who was at work may have ended since, and has told what it holds by then.
      const isBeingKept =
        differing.length > 0 && ((await isLocked(series)) || (await writtenMs(root)) !== sinceMs);
      const isNew = ({ held }: Difference): boolean =>
        isBeingKept && (placedMs(root, held.path) ?? Infinity) > sinceMs - STEP_MS;
      sure.push(...differing.filter((one) => !isNew(one)));
      busy = differing.filter(isNew);
      if (busy.length === 0 || looks === MOST_LOOKS) break;
      if (!(await isWrittenAnew(root, sinceMs, patienceMs, signal))) {
        // Nobody had anything to tell.
        sure.push(...busy.filter(({ held }) => placedMs(root, held.path) === undefined));
        busy = busy.filter(({ held }) => placedMs(root, held.path) !== undefined);
        break;
      }
      ({ mirror, sinceMs } = await readMirror(series));
      const again = busy.map(({ held }) => held.path);
      differing = await looking.differences(mirror, again, (path) =>
        unlessRefused(() => thereAt(root, path)),
      );
    }
    for (const { held, what } of sure)
      report({ event: 'damage', series: series.title, file: display(held.path), what, snapshots: [] });
    for (const { held } of busy) {
      const message = `${display(held.path)} was just being written, and is not compared`;
      report({ event: 'note', series: series.name, message, isTrouble: true });
    }
    const damages = sure.length;
    const { readBytes } = looking;
    // Of what was not compared nothing is known: that is no verify that passed.
    if (damages > 0 || busy.length === 0) {
      const mendedBy = sure.some(({ isContent }) => isContent) ? ('rehash' as const) : ('run' as const);
      await appendOrNote(
        series,
        {
          started: started.toISOString(),
          finished: new Date().toISOString(),
          outcome: 'verify',
          result: damages === 0 ? 'passed' : 'failed',
          level,
          sample: null,
          at: null,
          snapshots: 0,
          readBytes,
          damages,
          lost: 0,
          ...(damages > 0 && { mendedBy }),
        },
        (message) => report({ event: 'note', series: series.name, message }),
      );
    }
    return {
      event: 'series',
      series: series.title,
      folder: root,
      looked: level,
      snapshots: 0,
      archives: 0,
      readPieces: 0,
      pieces: 0,
      readBytes,
      damages,
      lost: 0,
      durationMs: Math.round(performance.now() - startedMs),
      status: damages > 0 ? 1 : busy.length > 0 ? EXIT_STATUS.E_PARTIAL : 0,
      mirror: { files: files.length, scanned: state.scanned?.toISOString() ?? null, busy: busy.length },
    };
  } finally {
    await thread.close();
  }
}

/** What a mirror is held against, and when that was written down: what was placed later need not be in it. */
async function readMirror(series: Series): Promise<{ mirror: OpenMirror; sinceMs: number }> {
  const sinceMs = await writtenMs(series.home);
  return { mirror: await openMirror(series), sinceMs };
}

/** Looks at a mirror, and counts what it reads. */
class MirrorLook {
  total = 0;
  readBytes = 0;
  readonly #series: Series;
  readonly #options: VerifyMirrorOptions;

  constructor(series: Series, options: VerifyMirrorOptions) {
    this.#series = series;
    this.#options = options;
  }

  /** Which of `paths` are not as `mirror` says. */
  async differences(
    { root, state }: OpenMirror,
    paths: Iterable<BytePath>,
    lookAt: (path: BytePath) => There | undefined,
  ): Promise<readonly Difference[]> {
    const { level, signal, report } = this.#options;
    const differing: Difference[] = [];
    for (const path of paths) {
      signal.throwIfAborted();
      const held = state.held.get(path);
      // It went meanwhile.
      if (held === undefined) continue;
      const found = lookAt(path);
      const differs = (what: string, isContent = false): void =>
        void differing.push({ held, what, isContent });
      if (found === undefined) differs('is not in the mirror any more');
      else if (found.type !== held.type) differs(`is a ${found.type} now`);
      else if (held.type !== 'folder' && !isAsLeft(found, held))
        differs('was changed in the mirror, as its size or time says');
      else if (held.type === 'file' && level === 'full') {
        const hash = await hashOf(systemPath(root, held.path), signal);
        this.readBytes += held.size;
        const done = Math.min(this.readBytes, this.total);
        report({ event: 'progress', series: this.#series.title, phase: 'read', done, total: this.total });
        if (hash === held.hash) continue;
        if (hash.startsWith('cannot')) differs(hash, true);
        else differs('has another content, though size and time are the same', true);
      }
    }
    return differing;
  }
}

/**
 * When what is at `path` was placed there, or went: the time of the folder that is left. In milliseconds since 1970; undefined where the
 * file system has no time of changes, as FAT.
 */
function placedMs(root: string, path: BytePath): number | undefined {
  const stats = unlessRefused(() => lstatSync(systemPath(root, path), { throwIfNoEntry: false }));
  // What a run places gets the time of its source after that, and so another time of changes.
  if (stats?.isFile() === true && stats.ctimeMs === stats.mtimeMs) return undefined;
  if (stats !== undefined) return stats.ctimeMs;
  // The mirror itself is gone.
  if (path === '') return undefined;
  return placedMs(root, (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '') as BytePath);
}

/** Waits until it is written down anew what the mirror holds. @returns False when it was not. */
async function isWrittenAnew(
  root: string,
  sinceMs: number,
  patienceMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const untilMs = performance.now() + patienceMs;
  while (performance.now() < untilMs) {
    await wait(POLL_MS, undefined, { signal });
    if ((await writtenMs(root)) !== sinceMs) return true;
  }
  return false;
}

async function hashOf(file: string | Buffer, signal: AbortSignal): Promise<string> {
  const digest = createHash('sha256');
  try {
    for await (const bytes of createReadStream(file, { signal })) digest.update(bytes as Buffer);
    return digest.digest('hex');
  } catch (error) {
    signal.throwIfAborted();
    if (systemCode(error) === undefined) throw error;
    return `cannot be read: ${reasonOf(error)}`;
  }
}
