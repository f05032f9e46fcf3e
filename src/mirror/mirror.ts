// A mirror: what it holds, and bringing it up to date.
import { type BigIntStats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join as joinText } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import type { Entry } from '../tree/entry.ts';
import { type BytePath, display } from '../tree/path.ts';
import { type Action, actionLine, type ActionLog } from './action-log.ts';
import { type Applied, count, nothingApplied } from './applied.ts';
import type { Held } from './held.ts';
import { moveIn } from './moves.ts';
import { formatEntries, formatHead, type MirrorState, parseState, STATE_FILE } from './state-file.ts';
import type { Step, StepEnd } from './steps.ts';
import type { MirrorThread } from './thread.ts';
import { stampOf } from './version-name.ts';
import { addLines, type Version } from './versions.ts';

interface Applying {
  readonly source: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly log: ActionLog | undefined;
  /** The first time, the log says so. */
  readonly isFirst: boolean;
  readonly done: (files: number, bytes: number) => void;
  /** Told of each action. */
  readonly told?:
    | ((action: Action, path: string, bytes: number, failed: string | undefined) => void)
    | undefined;
}

/** A batch has so many steps, and about so many bytes, at most: then others have their turn, and a stop counts. */
const BATCH_STEPS = 2000;
const BATCH_BYTES = 64 * 1024 * 1024;

export class Mirror {
  /** Its path is free of links. */
  readonly root: string;
  readonly #thread: MirrorThread;
  readonly held: Map<BytePath, Held>;
  /** As it was remembered the last time; undefined where nothing is known. */
  state: MirrorState | undefined;

  /** Its folder, as it was at the first look. */
  #place: BigIntStats | undefined;
  /** What it holds, for its file, as long as nothing of that changes: to write down that nothing has changed costs little. */
  #entries: Buffer | undefined;

  private constructor(root: string, thread: MirrorThread, state: ReadState | undefined) {
    this.root = root;
    this.#thread = thread;
    this.state = state;
    this.held = new Map(state?.held);
    this.#entries = state?.entries;
  }

  /** @throws {@link SnapshotError} `E_DAMAGED` when its state cannot be understood. */
  static async open(root: string, thread: MirrorThread): Promise<Mirror> {
    return new Mirror(root, thread, await readState(root));
  }

  /** As if nothing were known of it: both sides are read. */
  static unknown(root: string, thread: MirrorThread): Mirror {
    return new Mirror(root, thread, undefined);
  }

  /** Mounts in the source, as they are known, but for the source itself. */
  get mounts(): ReadonlySet<BytePath> {
    return new Set(this.state?.mounts.flatMap(({ path }) => (path === '' ? [] : [path])));
  }

  /** How many files and links it holds. */
  files(): number {
    let files = 0;
    for (const { type } of this.held.values()) if (type !== 'folder') files++;
    return files;
  }

  /** Takes `state` as what is known of it. @returns It, with what the mirror holds, for its file. */
  async remembered(state: Omit<MirrorState, 'held'>): Promise<Buffer> {
    this.state = { ...state, held: this.held };
    this.#entries ??= await formatEntries(this.held);
    return Buffer.concat([await formatHead(state), this.#entries]);
  }

  /**
   * Takes `steps`.
   *
   * @throws {@link SnapshotError} `E_SPACE` or `E_STORE` when nothing more can be written; the reason of `signal` when aborted.
   *   What was done by then is known, and stays.
   */
  async apply(steps: readonly Step[], applying: Applying): Promise<Applied> {
    const applied = nothingApplied();
    for (const batch of batchesOf(steps)) {
      applying.signal.throwIfAborted();
      this.#mustBeThere();
      const at = applying.now();
      const place = { source: applying.source, root: this.root, stamp: stampOf(at) };
      const ends = await this.#thread.run({ kind: 'place', place, steps: batch });
      await this.#took(batch, ends, at, applied, applying);
    }
    return applied;
  }

  /** Where it was unmounted or removed, another file system or nothing is there now. @throws {@link SnapshotError} `E_STORE` */
  #mustBeThere(): void {
    const now = statSync(this.root, { bigint: true, throwIfNoEntry: false });
    this.#place ??= now;
    if (now !== undefined && now.dev === this.#place?.dev && now.ino === this.#place.ino) return;
    throw new SnapshotError('E_STORE', `The mirror "${this.root}" is gone`, {
      hint: 'Is its disk connected? Nothing was written in its place.',
    });
  }

  async #took(
    steps: readonly Step[],
    ends: readonly StepEnd[],
    at: Date,
    applied: Applied,
    { source, log, isFirst, done, told }: Applying,
  ): Promise<void> {
    const versions: Version[] = [];
    let lines = '';
    let files = 0;
    let bytes = 0;
    for (const [i, end] of ends.entries()) {
      const step = steps[i];
      if (step === undefined) continue;
      const before = this.held.get(step.path);
      if (end.failed === undefined) versions.push(...this.#note(step, end, at.getTime()));
      const action = count(step, end, before, applied);
      if (step.do === 'copy') files++;
      bytes += end.bytes;
      if (action === undefined) continue;
      const path = placeOf(source, step.path);
      const what = step.do === 'move' ? `${placeOf(source, step.from)} -> ${path}` : path;
      told?.(action, what, end.bytes, end.failed);
      lines += actionLine(
        at,
        isFirst && action === 'FILE CREATED' ? 'INITIAL BACKUP' : action,
        what,
        end.failed,
      );
    }
    applied.bytes += bytes;
    await addLines(this.root, versions);
    log?.write(lines);
    done(files, bytes);
    const fatal = ends.find((end) => end.fatal !== undefined);
    if (fatal !== undefined) throw stuck(this.root, fatal);
  }

  /** Remembers what a step has done. @returns The versions that came of it. */
  #note(step: Step, end: StepEnd, nowMs: number): readonly Version[] {
    const { path } = step;
    const before = this.held.get(path);
    const versions: Version[] = [];
    this.#entries = undefined;
    if (end.version !== undefined)
      versions.push({
        path,
        type: before?.type === 'link' ? 'link' : 'file',
        untilMs: nowMs,
        sinceMs: before?.sinceMs,
        file: end.version,
        movedTo: undefined,
        mode: undefined,
      });
    if (step.do === 'move') {
      const moved = this.held.get(step.from);
      const all = step.type !== 'folder' && moved !== undefined ? [moved] : this.held.values();
      for (const one of all) {
        if (one.path !== step.from && !one.path.startsWith(`${step.from}/`)) continue;
        const { type, sinceMs } = one;
        const movedTo = (path + one.path.slice(step.from.length)) as BytePath;
        versions.push({
          path: one.path,
          type,
          untilMs: nowMs,
          sinceMs,
          file: undefined,
          movedTo,
          mode: undefined,
        });
      }
      moveIn(this.held, step.from, path);
      for (const { movedTo } of versions) {
        const one = movedTo === undefined ? undefined : this.held.get(movedTo);
        if (one !== undefined) this.held.set(one.path, { ...one, sinceMs: nowMs });
      }
    } else if (step.do === 'let go' || step.do === 'clear') {
      // A folder that holds what is left alone stays.
      if (before?.type === 'folder' && end.isSame !== true)
        versions.push({
          path,
          type: 'folder',
          untilMs: nowMs,
          sinceMs: before.sinceMs,
          file: undefined,
          movedTo: undefined,
          mode: before.mode,
        });
      this.held.delete(path);
    } else if (end.entry !== undefined) {
      const isNew = end.isSame !== true;
      this.held.set(path, heldOf(end.entry, end, isNew ? nowMs : (before?.sinceMs ?? 0)));
    }
    return versions;
  }
}

function heldOf(entry: Entry, { hash, keptNs, isUnsettled }: StepEnd, sinceMs: number): Held {
  const { path, type, size, mode, uid, gid, mtimeNs, target } = entry;
  // Its last look may be how it rests, which its content is not: as no file is, so that it is copied again.
  const { ctimeNs, inode } = isUnsettled === true ? { ctimeNs: 0n, inode: 0n } : entry;
  return {
    path,
    type,
    size,
    mode,
    uid,
    gid,
    mtimeNs,
    ctimeNs,
    inode,
    target,
    hash,
    keptNs: keptNs ?? mtimeNs,
    sinceMs,
  };
}

function placeOf(source: string, path: BytePath): string {
  return path === '' ? source : joinText(source, display(path));
}

function stuck(root: string, { fatal, failed = '' }: StepEnd): SnapshotError {
  const message = `Cannot write to the mirror "${root}": ${failed}`;
  if (fatal === 'ENOSPC' || fatal === 'EDQUOT') {
    const hint =
      'Make room there. What was replaced or deleted is kept in `.snapshot-data/versions`: `keep` says how long.';
    return new SnapshotError('E_SPACE', message, { hint });
  }
  return new SnapshotError('E_STORE', message, {
    hint: 'What is there stays as it is. Is its disk all right?',
  });
}

function* batchesOf(steps: readonly Step[]): Generator<readonly Step[]> {
  let batch: Step[] = [];
  let bytes = 0;
  for (const step of steps) {
    batch.push(step);
    if (step.do === 'copy') bytes += step.entry.size;
    if (batch.length < BATCH_STEPS && bytes < BATCH_BYTES) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

type ReadState = Awaited<ReturnType<typeof parseState>>;

/** When it was last written down what the mirror holds, in milliseconds since 1970; 0: never. */
export async function writtenMs(root: string): Promise<number> {
  try {
    return (await stat(stateFile(root))).mtimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

function stateFile(root: string): string {
  return `${root}/.snapshot-data/${STATE_FILE}`;
}

/** What a mirror says of itself; undefined when nothing was ever mirrored there. @throws {@link SnapshotError} `E_DAMAGED` */
export async function readState(root: string): Promise<ReadState | undefined> {
  const file = stateFile(root);
  try {
    return await parseState(await readFile(file), `${basename(root)}/${STATE_FILE}`);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    if (error instanceof SnapshotError) throw error;
    throw new SnapshotError('E_STORE', `Cannot read "${file}": ${reasonOf(error)}`, { cause: error });
  }
}
