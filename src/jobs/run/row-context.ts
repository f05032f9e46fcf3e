import { formatCount } from '../../base/amounts.ts';
import { type Machine, thisMachine } from '../../host/machine.ts';
import { commandLine } from '../../base/command-line.ts';
import type { WorkerPool } from '../../pack/pool.ts';
import type { Row } from '../../plan/plan.ts';
import { type HeldFile, liftHeld, readHeld, seriesWord, wayOut } from '../../series/guards.ts';
import type { Numbers } from '../../series/order.ts';
import type { SeriesLock } from '../../series/lock/lock.ts';
import type { Series } from '../../series/series.ts';
import type { SeriesSize } from '../../series/series-size.ts';
import type { ChangeCount } from '../../tree/compare.ts';
import type { Problem } from '../../tree/entry.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, display, fromText } from '../../tree/path.ts';
import type { GuardReport } from '../events.ts';
import type { DamageEnd } from './row-damage.ts';
import type { MirrorSession } from '../mirror/session.ts';
import { AcceptedPaths } from './accepted-paths.ts';
import { KnownProblems } from './known-problems.ts';
import type { Rotation } from './rotate.ts';
import type { SeriesPlaces } from './series-places.ts';
import type { RowReporter } from './row-reporter.ts';

export interface RowOptions {
  readonly pool: WorkerPool;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly rehash: boolean;
  /** Overrules all guards. */
  readonly acceptChanges: boolean;
  /** The series is to be the row's, whosever it was. */
  readonly adopt?: boolean | undefined;
  /** Default: this one. */
  readonly machine?: Machine | undefined;
  /** Overrules those guards only that are about one of these paths, as the user gave them: only when no more than one row runs. */
  readonly acceptPaths?: readonly string[] | undefined;
  readonly now: () => Date;
  /** Whether this machine knows of a success of a row. */
  readonly hadSuccess?: ((row: Row) => boolean) | undefined;
  /** What other destinations of the row have given. */
  readonly numbers?: Numbers | undefined;
  /** Snapshots that other destinations of the row lack still. */
  readonly lackedElsewhere?: ReadonlySet<string> | undefined;
  /** Where the series of the plan lie. */
  readonly places?: SeriesPlaces | undefined;
  /** Archives end at about so many bytes; default 512 MiB. */
  readonly archiveBytes?: number | undefined;
  /** Of a mirror: a further file for its log of actions. */
  readonly actionLog?: string | undefined;
  /** Of a mirror: keeps it up to date from there on. @returns How the last pass ended. */
  readonly stay?: ((session: MirrorSession, first: RowResult) => Promise<RowResult>) | undefined;
  /** A smaller index is written whole each time; default 256 KiB. */
  readonly smallIndexBytes?: number | undefined;
}

/** What a row came to, when it did not fail. */
export interface RowResult {
  readonly outcome: 'written' | 'unchanged';
  /** The one written, or the newest; null when there is none. */
  readonly snapshot: string | null;
  readonly change: ChangeCount;
  readonly totals: Totals;
  /** Written to the destination; in a dry run, what would go into archives. */
  readonly newBytes: number;
  /** Those that nobody has accepted. */
  readonly problems: number;
  /** Those of them that are not in the snapshot, though they exist. */
  readonly missing: number;
  /** Problems that are accepted. */
  readonly known: number;
  /** Why snapshots that were to go are there still. */
  readonly heldBack: string | undefined;
  readonly guards: readonly GuardReport[];
  readonly rotation: Rotation;
  /** What the series has now; undefined after a dry run. */
  readonly series: SeriesSize | undefined;
  readonly damage: DamageEnd;
  /** Of a sync: what both sides had changed, and what became of it. */
  readonly conflicts?: readonly string[] | undefined;
}

/** The run of one row: what it works on, and what has come up so far. */
export class RowContext {
  readonly row: Row;
  readonly series: Series;
  readonly options: RowOptions;
  readonly report: RowReporter;
  readonly started: Date;
  readonly machine: Machine;
  /** What keeps others out of the series; undefined as long as nothing may be written. */
  lock: SeriesLock | undefined;
  readonly #problems: Problem[] = [];
  readonly #passedOver: Problem[] = [];
  readonly #guards: GuardReport[] = [];
  readonly #accepted: AcceptedPaths;
  readonly #overruled = new Set<string>();
  /** What an earlier run holds back, and nobody has accepted. */
  #held: HeldFile | undefined;
  #known: KnownProblems;
  #heldBack: string | undefined;

  constructor(row: Row, series: Series, options: RowOptions, report: RowReporter) {
    this.row = row;
    this.series = series;
    this.options = options;
    this.report = report;
    this.started = options.now();
    this.machine = options.machine ?? thisMachine();
    this.#known = new KnownProblems(row.name, row['may-fail'], []);
    this.#accepted = new AcceptedPaths(row.source, options.acceptPaths ?? []);
  }

  /**
   * Whether the user overrules `guard`; if so, the run says it.
   *
   * @param path - What it is about, from the source on; undefined where no path of the user's can mean it.
   */
  accepts(path: BytePath | undefined, { guard, message }: Pick<GuardReport, 'guard' | 'message'>): boolean {
    const isAccepted = this.#accepted.take(path) || this.options.acceptChanges;
    if (isAccepted) this.#overruled.add(guard);
    // What follows the semicolon is what would have been done.
    if (isAccepted) this.report.note(`accepted: ${message.split(';')[0] ?? message}`);
    return isAccepted;
  }

  /**
   * Lifts what an earlier run holds back, where the user accepts it. To be called when all guards are known, and before
   * anything stays written.
   *
   * @throws {@link SnapshotError} `E_USAGE` when one of the user's paths is about no guard.
   */
  async settle(): Promise<void> {
    const held = await readHeld(this.series);
    const isLifted = held !== undefined && this.accepts(fromText(held.path ?? ''), held);
    this.#accepted.refuseOthers();
    if (isLifted && !this.options.dryRun) await liftHeld(this.series, held, this.options.now());
    this.#held = isLifted ? undefined : held;
  }

  get lackedElsewhere(): ReadonlySet<string> | undefined {
    return this.options.lackedElsewhere;
  }

  /** Guards that the user has overruled in this run. */
  get overruled(): ReadonlySet<string> {
    return this.#overruled;
  }

  /** Everything that was named so far, and what is known. */
  get problems(): readonly Problem[] {
    return [...this.#problems, ...this.#known.met];
  }

  /** Finds out which problems are accepted. To be called before any is named. */
  async readKnown(): Promise<void> {
    this.#known = await KnownProblems.of(this.row, this.series, (message) => this.report.note(message));
  }

  /** Everything that the snapshot lacks, by what was named so far. */
  get skipped(): readonly Problem[] {
    return [...this.problems, ...this.#passedOver];
  }

  /**
   * Names `problems` in the report, but for those that are known, and, if there will be one, in info.json. A socket, FIFO or
   * device is none: no archive can hold it, and who made it makes it anew.
   */
  name(problems: Iterable<Problem>): void {
    const special: Problem[] = [];
    for (const problem of problems) {
      if (problem.kind === 'special') special.push(problem);
      else if (!this.#known.take(problem)) {
        this.#problems.push(problem);
        this.report.problem(problem);
      }
    }
    const [first] = special;
    if (first === undefined) return;
    this.#passedOver.push(...special);
    const more = special.length === 1 ? '' : `, and ${formatCount(special.length - 1)} more like it`;
    this.report.note(`passed over: ${display(first.path)} ${first.reason}${more}`);
  }

  /** Takes the guards that hold something back now; without any, the one that {@link settle} has found of an earlier run. */
  hold(guards: readonly GuardReport[]): void {
    const isHeld = guards.length > 0 || this.#guards.length > 0;
    this.#guards.push(...(isHeld ? guards : this.#heldBefore()));
  }

  /**
   * Whether `letGo` snapshots may be rotated out: never after a suspicious run, nor after one that misses
   * files which exist.
   */
  mayRotate(letGo: number): boolean {
    if (this.#guards.length > 0) return false;
    const missing = this.#missing();
    const why = `${missing === 1 ? 'a file or folder' : `${missing} files or folders`} could not be read`;
    const hint = `If that is no trouble: \`${commandLine(`accept ${seriesWord(this.row.name)} PATH`)}\`.`;
    if (missing > 0 && letGo > 0) this.holdRotation(why, `nothing is rotated out, as ${why}. ${hint}`);
    return missing === 0;
  }

  /** Says why snapshots that were to go stay. */
  holdRotation(why: string, message: string = `nothing is rotated out, as ${why}`): void {
    this.#heldBack ??= why;
    this.report.note(message);
  }

  /** Says, once, what is known and was met. */
  tellKnown(): void {
    const text = this.#known.summary();
    if (text !== undefined) this.report.note(text);
  }

  result(parts: Omit<RowResult, 'problems' | 'missing' | 'known' | 'heldBack' | 'guards'>): RowResult {
    return {
      ...parts,
      problems: this.#problems.length,
      missing: this.#missing(),
      known: this.#known.met.length,
      heldBack: this.#heldBack,
      guards: this.#guards,
    };
  }

  #missing(): number {
    return this.#problems.filter(({ kind }) => kind === 'unreadable').length;
  }

  #heldBefore(): readonly GuardReport[] {
    if (this.#held === undefined) return [];
    const { guard, message, snapshot, path } = this.#held;
    return [{ guard, message: `${message} (since ${snapshot})`, hint: wayOut(this.row.name, path) }];
  }
}

/** How much there is in a tree. */
export interface Totals {
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  /** Of all files, each file with several names once. */
  readonly bytes: number;
}

/** @param lost - Entries that do not count. */
export function totalsOf(entries: EntryTable, lost: ReadonlySet<number> = new Set()): Totals {
  const totals = { files: 0, folders: 0, links: 0, bytes: 0 };
  for (let i = 0; i < entries.length; i++) {
    if (lost.has(i) || entries.path(i) === '') continue;
    const type = entries.type(i);
    if (type === 'file') totals.files++;
    else if (type === 'folder') totals.folders++;
    else totals.links++;
    if (entries.hasContent(i)) totals.bytes += entries.size(i);
  }
  return totals;
}
