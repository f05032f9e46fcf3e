// One row of a plan: from its source to a snapshot, or to the finding that nothing changed.
import { hashFiles } from '../pack/hash-files.ts';
import { pack } from '../pack/pack.ts';
import type { Packed } from '../pack/packed.ts';
import type { WorkerPool } from '../pack/pool.ts';
import type { Row } from '../plan/plan.ts';
import { commitSnapshot } from '../snapshot/commit.ts';
import {
  guardBitRot,
  guardEmptySource,
  guardMassChange,
  type Held,
  readHeld,
  removeHeld,
  WAY_OUT,
  writeHeld,
} from '../snapshot/guards.ts';
import type { Info } from '../snapshot/info.ts';
import { SeriesLock } from '../snapshot/lock.ts';
import { archiveName, nextSnapshotName, snapshotTime } from '../snapshot/names.ts';
import { type Dated, planRotation, type RotationPlan } from '../snapshot/rotation.ts';
import { Series } from '../snapshot/series.ts';
import { LocalStore } from '../store/local-store.ts';
import type { ChangeCount, Comparison } from '../tree/compare.ts';
import type { Problem } from '../tree/entry.ts';
import type { Tree } from '../tree/scanner.ts';
import type { GuardReport } from './events.ts';
import { findPrevious, type Previous } from './previous.ts';
import { applyRotation, type Rotation, showRotation } from './rotate.ts';
import type { RowReporter } from './row-reporter.ts';
import { refuseMissing, RowScan } from './row-scan.ts';
import { indexItems, infoOf, type Totals, totalsOf } from './row-snapshot.ts';

export interface RowOptions {
  readonly pool: WorkerPool;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly rehash: boolean;
  readonly acceptChanges: boolean;
  readonly now: () => Date;
}

/** What a row came to, when it did not fail. */
export interface RowResult {
  readonly outcome: 'written' | 'unchanged';
  /** The one written, or the newest; null when there is none. */
  readonly snapshot: string | null;
  readonly change: ChangeCount;
  readonly totals: Totals;
  readonly newBytes: number;
  readonly problems: number;
  readonly guards: readonly GuardReport[];
  readonly rotation: Rotation;
}

const NO_CHANGE: ChangeCount = { added: 0, modified: 0, removed: 0 };
const NO_ROTATION: Rotation = { kept: [], removed: [] };

/**
 * Backs up one row.
 *
 * @throws {@link SnapshotError} when the row fails; its series then is as it was before.
 */
export async function runRow(row: Row, options: RowOptions, report: RowReporter): Promise<RowResult> {
  await refuseMissing(row.source);
  const series = new Series(new LocalStore(row.destination), row.name);
  const scanning = new AbortController();
  const signal = AbortSignal.any([options.signal, scanning.signal]);
  // Begun before all else: it takes longest, in a thread of its own.
  const scan = new RowScan(row, signal, report);
  try {
    const lock = options.dryRun ? undefined : await SeriesLock.acquire(series);
    try {
      return await new RowRun(row, series, options, report).run(scan);
    } finally {
      await lock?.release();
    }
  } finally {
    scanning.abort();
  }
}

class RowRun {
  readonly #row: Row;
  readonly #series: Series;
  readonly #options: RowOptions;
  readonly #report: RowReporter;
  readonly #started: Date;
  readonly #problems: Problem[] = [];
  readonly #guards: GuardReport[] = [];

  constructor(row: Row, series: Series, options: RowOptions, report: RowReporter) {
    this.#row = row;
    this.#series = series;
    this.#options = options;
    this.#report = report;
    this.#started = options.now();
  }

  async run(scan: RowScan): Promise<RowResult> {
    const { acceptChanges, dryRun, rehash } = this.#options;
    const previous = await this.#findPrevious();
    const { tree, comparison } = await scan.compareWith(previous, rehash);
    this.#name(tree.problems);
    const totals = totalsOf(tree.entries);
    const previousFiles = previous.newest?.info.count.files ?? 0;
    guardEmptySource(this.#row.source, previousFiles, totals.files, acceptChanges);
    const isChanged = previous.newest === undefined || (await this.#look(tree, comparison));
    if (!isChanged) return await this.#unchanged(previous, totals);
    return dryRun
      ? await this.#wouldWrite(previous, comparison, totals)
      : await this.#write(tree, comparison, previous);
  }

  async #findPrevious(): Promise<Previous> {
    const previous = await findPrevious(this.#series, (message) => this.#report.note(message));
    if (this.#options.dryRun) return previous;
    for (const name of previous.survey.unfinished) await this.#removeUnfinished(name);
    if (this.#options.acceptChanges) await removeHeld(this.#series);
    return previous;
  }

  async #removeUnfinished(name: string): Promise<void> {
    const foreign = await this.#series.remove(name);
    this.#report.note(
      foreign.length === 0
        ? `removed ${name}, which an earlier run left unfinished`
        : `unfinished folder ${name} stays: it holds ${foreign.join(', ')}, which is not of this program`,
    );
  }

  /** Whether anything changed; reads files whose content may have, until that is certain. */
  async #look(tree: Tree, comparison: Comparison): Promise<boolean> {
    const { pool, signal, dryRun, rehash } = this.#options;
    // A dry run tells how much changed, and --rehash is about every file.
    const all = dryRun || rehash;
    if (!all && comparison.isCertain()) return true;
    const unread = comparison.unread();
    if (unread.length > 0) {
      const bytes = unread.reduce((sum, i) => sum + tree.entries.size(i), 0);
      const progress = this.#report.phase('look', unread.length, bytes);
      const enough = all ? undefined : (): boolean => comparison.isCertain();
      const lost = await hashFiles(tree.entries, unread, { root: tree.root, pool, signal, progress, enough });
      for (const i of lost.keys()) comparison.dismiss(i);
      // When a snapshot is written, packing names them.
      if (dryRun || !comparison.isCertain()) this.#name([...lost.values()]);
    }
    return comparison.isCertain();
  }

  async #unchanged(previous: Previous, totals: Totals): Promise<RowResult> {
    this.#guards.push(...(await heldBefore(this.#series)));
    return this.#result('unchanged', previous.newest?.name ?? null, NO_CHANGE, totals, 0, NO_ROTATION);
  }

  async #wouldWrite(previous: Previous, comparison: Comparison, totals: Totals): Promise<RowResult> {
    const change = comparison.count();
    if (!this.#options.acceptChanges) this.#guards.push(...(await heldBefore(this.#series)));
    this.#guards.push(...this.#guard(previous, comparison, change, new Set()));
    const name = this.#nextName(previous);
    const rotation = this.#mayRotate() ? showRotation(this.#decideRotation(previous, name)) : NO_ROTATION;
    return this.#result('written', name, change, totals, totals.bytes, rotation);
  }

  async #write(tree: Tree, comparison: Comparison, previous: Previous): Promise<RowResult> {
    const name = this.#nextName(previous);
    const { info, totals } = await this.#makeSnapshot(tree, comparison, previous, name);
    const rotation = this.#mayRotate() ? await this.#rotate(previous, name) : NO_ROTATION;
    const newBytes = info.archives.reduce((sum, { bytes }) => sum + bytes, info.index.bytes);
    return this.#result('written', name, info.change, totals, newBytes, rotation);
  }

  /** Whatever fails here, the series is as it was before. */
  async #makeSnapshot(
    tree: Tree,
    comparison: Comparison,
    previous: Previous,
    name: string,
  ): Promise<{ info: Info; totals: Totals }> {
    try {
      const packed = await this.#pack(tree, name);
      this.#name(packed.problems);
      for (const i of packed.lost) comparison.dismiss(i);
      const change = comparison.count();
      await this.#holdBack(this.#guard(previous, comparison, change, packed.reread), name);
      const parts = { row: this.#row, started: this.#started, finished: this.#options.now(), change };
      const info = await infoOf(tree.entries, packed, {
        ...parts,
        previous: previous.newest?.name ?? null,
        problems: this.#problems,
      });
      this.#options.signal.throwIfAborted();
      const whole = await commitSnapshot(this.#series, name, info, indexItems(tree.entries, packed));
      return { info: whole, totals: totalsOf(tree.entries, packed.lost) };
    } catch (error) {
      // What made it fail is what gets reported; the next run removes what cannot be removed now.
      await this.#series.remove(name).catch(() => {});
      throw error;
    }
  }

  async #pack(tree: Tree, name: string): Promise<Packed> {
    const { pool, signal } = this.#options;
    const { format } = this.#row;
    const { files, bytes } = totalsOf(tree.entries);
    return await pack(tree.entries, {
      root: tree.root,
      format,
      pool,
      signal,
      progress: this.#report.phase('pack', files, bytes),
      create: async (n) => {
        const file = archiveName(this.#row.name, name, n, format);
        return { file, writer: await this.#series.store.create(this.#series.key(name, file)) };
      },
    });
  }

  /** Guards that what changed sets off; bit rot is named file by file as well. */
  #guard(
    { newest }: Previous,
    comparison: Comparison,
    change: ChangeCount,
    reread: ReadonlySet<number>,
  ): Held[] {
    const rotten = comparison.rotten(reread);
    this.#name(rotten);
    if (this.#options.acceptChanges) return [];
    const held = [guardMassChange(newest?.info.count.files ?? 0, change), guardBitRot(rotten.length)];
    return held.filter((one) => one !== undefined);
  }

  /** Remembers what `found` holds back, before there is a snapshot that would be rotated for. */
  async #holdBack(found: readonly Held[], snapshot: string): Promise<void> {
    const [first] = found;
    if (first !== undefined) {
      const { guard, message } = first;
      await writeHeld(this.#series, { since: this.#started.toISOString(), guard, snapshot, message });
    }
    this.#guards.push(...(found.length > 0 ? found : await heldBefore(this.#series)));
  }

  /** Rotation never follows a suspicious run, nor one that misses files which exist. */
  #mayRotate(): boolean {
    if (this.#guards.length > 0) return false;
    const missing = this.#problems.filter(({ kind }) => kind === 'unreadable').length;
    if (missing > 0) this.#report.note(`nothing is rotated out, as ${missing} could not be read`);
    return missing === 0;
  }

  async #rotate(previous: Previous, name: string): Promise<Rotation> {
    const plan = this.#decideRotation(previous, name);
    await applyRotation(this.#series, plan, (message) => this.#report.note(message));
    return showRotation(plan);
  }

  #decideRotation({ survey }: Previous, name: string): RotationPlan<Dated> {
    const at = snapshotTime(name) ?? this.#started;
    return planRotation<Dated>([...survey.snapshots, { name, at }], this.#row.keep);
  }

  #nextName({ survey }: Previous): string {
    const taken = [...survey.snapshots, ...survey.damaged].map(({ name }) => name);
    return nextSnapshotName(this.#started, [...taken, ...survey.unfinished]);
  }

  #name(problems: readonly Problem[]): void {
    for (const problem of problems) {
      this.#problems.push(problem);
      this.#report.problem(problem);
    }
  }

  #result(
    outcome: RowResult['outcome'],
    snapshot: string | null,
    change: ChangeCount,
    totals: Totals,
    newBytes: number,
    rotation: Rotation,
  ): RowResult {
    const { length: problems } = this.#problems;
    return { outcome, snapshot, change, totals, newBytes, problems, guards: this.#guards, rotation };
  }
}

/** The guard that has held rotation back since an earlier run, if one has. */
async function heldBefore(series: Series): Promise<GuardReport[]> {
  const held = await readHeld(series);
  if (held === undefined) return [];
  const message = `${held.message} (since ${held.snapshot})`;
  return [{ guard: held.guard, message, hint: WAY_OUT }];
}
