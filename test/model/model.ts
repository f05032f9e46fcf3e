// The program against a model of it: after each step the series is what the model says, and every snapshot in it
// is the tree of its moment.
import { strict as assert } from 'node:assert';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { RowEnd } from '../../src/jobs/events.ts';
import { NoLinkStore, SeriesLab } from '../../src/jobs/run/series.lab.ts';
import { lookAt } from '../support/trees.ts';
import { checkAnswers } from './answers.ts';
import { compareEnd, type Expected } from './expected.ts';
import { checkLeft, folderOf, namedBy } from './files-left.ts';
import { look } from './look.ts';
import { isMishap, type MishapStep } from './mishap-steps.ts';
import { type Stage, suffer } from './mishaps.ts';
import { changeBetween, comparable, filesIn, type Moment, NOTHING, withShut } from './moment.ts';
import { NaiveReader } from './naive-reader.ts';
import { isPlain, letGo, nameAt, type Taken } from './naive-rotation.ts';
import { notGivenUp } from './naive-upkeep.ts';
import { removeAll } from './remove-all.ts';
import { SourceTree } from './source-tree.ts';
import { isUpkeep, keepUp, type UpkeepStep } from './upkeep.ts';
import { isProgramStep, PLAIN_RUN, type ProgramStep, type RunStep, type Step } from './steps.ts';

/** How often what was done and found right. */
export type Tally = Record<string, number>;

/** More snapshots than a week has in these histories. */
const RECENT = 20;

export class Model {
  readonly #lab = new SeriesLab();
  readonly #tree = new SourceTree(this.#lab.source);
  #reader = new NaiveReader(this.#lab.folder());
  readonly #tally: Tally;
  readonly #canShut: boolean;
  /** What there is in the series, by the names of the snapshots, in the order in which they were written. */
  #moments = new Map<string, Moment>();
  /** Where the days of each snapshot count. */
  readonly #zones = new Map<string, string>();
  #isHeld = false;
  /** Whether there is a folder that was a snapshot: then nothing may be rotated out of it. */
  #isDamaged = false;
  /** What the machine is called. */
  #host = hostname();
  /** Lines in its log. */
  #records = 0;
  #clockMs = Date.now();
  #pinned: ReadonlySet<string> = new Set();
  /** Paths of which it is known that they cannot be read. */
  readonly #accepted = new Set<string>();
  /** How many files each snapshot hit of the one before it. */
  readonly #hits: number[] = [];
  /** How the last run ended that was not stopped. */
  #ended: 'well' | 'failed' = 'well';
  #successMs: number | undefined;
  /** Whether the last success could not read something; undefined: who knows. */
  #isMissing: boolean | undefined = false;
  /** A mishap is under way. */
  #suffers = false;

  /** @param canShut - Whether there is anything that this process cannot read. */
  constructor(tally: Tally, canShut: boolean) {
    this.#tally = tally;
    this.#canShut = canShut;
  }

  remove(): void {
    removeAll(this.#lab.root);
  }

  async apply(step: Step): Promise<void> {
    this.#count('steps');
    if (isMishap(step)) await this.#suffer(step);
    else if (isUpkeep(step)) await this.#keepUp(step);
    else if (!isProgramStep(step)) this.#tree.apply(step);
    else if (step.do === 'run') await this.#run(step);
    else await this.#use(step);
  }

  /** Restores the oldest and the newest, the latter without the program too, and verifies all. */
  async end(): Promise<void> {
    for (const at of new Set([0, Math.max(0, this.#moments.size - 1)]))
      await this.#use({ do: 'restore', at, glob: undefined });
    await this.#use({ do: 'script', at: Math.max(0, this.#moments.size - 1) });
    await this.#use({ do: 'verify', level: 'full' });
  }

  async #use(step: Exclude<ProgramStep, RunStep>): Promise<void> {
    this.#count(step.do);
    if (step.do === 'zone') process.env['TZ'] = step.zone;
    else if (step.do === 'restore' || step.do === 'script' || step.do === 'verify') {
      if (this.#moments.size > 0) await look(step, this.#lab, this.#moments);
    } else this.#lab.row = { ...this.#lab.row, ...step };
  }

  async #suffer(step: MishapStep): Promise<void> {
    const run: Stage['run'] = async ({ adopt, afterMs = PLAIN_RUN.afterMs }) => {
      await this.#run({ ...PLAIN_RUN, afterMs }, adopt);
    };
    const [lab, snapshots, clockMs] = [this.#lab, [...this.#moments.keys()], this.#clockMs];
    const runUnchecked: Stage['runUnchecked'] = async () => await this.#runUnchecked();
    const [moments, reader, now, host] = [this.#moments, this.#reader, new Date(clockMs), this.#host];
    const stage = { lab, snapshots, moments, reader, now, host, run, runUnchecked };
    this.#isDamaged = step.do === 'lose';
    this.#suffers = true;
    if (step.do === 'host') this.#host = step.name;
    const done = await suffer(step, stage);
    this.#isDamaged = false;
    this.#suffers = false;
    // What was put back by hand, the log knows of after the next run only.
    this.#isMissing = undefined;
    if (step.do === 'glitch') this.#clockMs = clockMs;
    if (done !== undefined) this.#count(done);
    this.#checkSeries();
  }

  async #keepUp(step: UpkeepStep): Promise<void> {
    if (this.#moments.size === 0) return;
    this.#count(step.do);
    const [lab, snapshots, pinned, now] = [this.#lab, [...this.#moments.keys()], this.#pinned, this.#now];
    const isHeld = this.#isHeld || this.#isMissing;
    const isOurs = this.#host === hostname();
    const kept = await keepUp(step, {
      lab,
      snapshots,
      pinned,
      now,
      isOurs,
      isHeld,
      letGo: this.#letGoNow(),
      accepted: this.#accepted,
    });
    if (step.do === 'accept') this.#accepted.add(step.path);
    if (step.do === 'take back') this.#accepted.delete(step.path);
    for (const name of kept.removed) this.#moments.delete(name);
    this.#count('removed by hand', kept.removed.length);
    this.#pinned = kept.pinned;
    if (step.do === 'call') this.#reader = new NaiveReader(this.#lab.folder());
    this.#records += kept.records;
    this.#checkSeries();
    await this.#checkAnswers();
  }

  /** What `list`, `status` and `verify` say is true. */
  async #checkAnswers(): Promise<void> {
    const isRight = this.#letGoNow() !== undefined;
    await checkAnswers(this.#lab, {
      snapshots: [...this.#moments.keys()],
      pinned: this.#pinned,
      isOurs: this.#host === hostname(),
      now: this.#now,
      letGo: this.#letGoNow(),
      last: this.#ended,
      successMs: isRight ? this.#successMs : undefined,
      isHeld: this.#isHeld,
      isMissing: this.#isMissing,
    });
    this.#count('answers');
  }

  get #now(): Date {
    return new Date(this.#clockMs);
  }

  /** What a rotation lets go now; undefined where a clock was wrong. */
  #letGoNow(): readonly string[] | undefined {
    const names = [...this.#moments.keys()];
    if (!isPlain([...names, nameAt(this.#clockMs, names)]) || this.#isDamaged) return undefined;
    return letGo(this.#taken(names), this.#lab.row.keep).filter((name) => !this.#pinned.has(name));
  }

  #taken(names: readonly string[]): readonly Taken[] {
    const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    return names.map((name) => ({ name, zone: this.#zones.get(name) ?? zone }));
  }

  async #run(step: RunStep, adopt = false): Promise<void> {
    this.#clockMs += step.afterMs;
    const shut = this.#canShut && step.shut !== undefined ? this.#shut(step.shut) : undefined;
    const seen: Moment = { seen: lookAt(this.#lab.source), isPatched: false };
    const [calm, alarmed] = [false, true].map((isTold) => this.#expect(step, seen, shut, isTold));
    const before = this.#reader.files();
    const namedBefore = namedBy(this.#reader, this.#moments.keys());
    if (shut !== undefined) chmodSync(this.#tree.at(shut), 0);
    const end = await this.#runLab(step, adopt);
    if (shut !== undefined) chmodSync(this.#tree.at(shut), 0o755);
    this.#count(`runs ${step.dryRun ? 'dry' : end.outcome}`);
    const expected = end.guards.some(({ guard }) => guard === 'mass-change') ? alarmed : calm;
    assert(expected !== undefined);
    const isStopped = step.stopAt !== undefined && end.outcome === 'stopped';
    if (!isStopped) compareEnd(end, expected, this.#last(), this.#guards(step, expected));
    if (step.dryRun) assert.deepEqual(this.#reader.files(), before, 'a dry run changes nothing');
    else {
      this.#records++;
      this.#checkHeld(step, expected, isStopped);
      if (!isStopped && end.outcome === 'written') {
        this.#hits.push(changeBetween(this.#last(), expected.moment).filesHit);
        this.#take(expected, end);
        this.#checkUpkeep(expected);
      }
      this.#checkLog(end);
      if (!isStopped) this.#note(end, shut);
    }
    this.#checkSeries();
    if (!step.dryRun && !isStopped && !this.#suffers) await this.#checkAnswers();
    if (!step.dryRun && !isStopped && !this.#isDamaged && end.outcome !== 'failed')
      checkLeft(this.#reader, new Set(this.#moments.keys()), namedBefore);
  }

  /** What the log says of the row from now on. */
  #note({ outcome }: RowEnd, shut: string | undefined): void {
    this.#ended = outcome === 'failed' ? 'failed' : 'well';
    if (outcome === 'failed') return;
    this.#successMs = this.#clockMs;
    this.#isMissing = shut !== undefined && !this.#isKnown(shut);
  }

  /** A night on which the series is damaged; what comes of it is for the mishap to say. */
  async #runUnchecked(): Promise<RowEnd> {
    const step = { ...PLAIN_RUN, accept: false };
    this.#clockMs += step.afterMs;
    const end = await this.#runLab(step, false);
    this.#records++;
    this.#isHeld = existsSync(this.#lab.folder('held.json'));
    this.#hits.push(Infinity);
    if (end.outcome === 'written' && end.snapshot !== null)
      this.#take(
        { snapshot: end.snapshot, moment: { seen: lookAt(this.#lab.source), isPatched: true } },
        end,
      );
    return end;
  }

  /** What of the tree can be closed to a run: a folder, or a file with one name. */
  #shut(path: string): string | undefined {
    const type = this.#tree.type(path);
    return type === 'folder' || (type === 'file' && !this.#tree.isShared(path)) ? path : undefined;
  }

  async #runLab(step: RunStep, adopt: boolean): Promise<RowEnd> {
    const stop = new AbortController();
    let events = 0;
    let isUnderWay = false;
    const end = await this.#lab.run({
      acceptChanges: step.accept,
      rehash: step.rehash,
      dryRun: step.dryRun,
      machine: { host: this.#host, id: '' },
      adopt,
      archiveBytes: step.archiveBytes,
      smallIndexBytes: step.smallIndexBytes,
      now: () => new Date(this.#clockMs),
      signal: stop.signal,
      report: ({ event }) => {
        if (events++ !== step.stopAt) return;
        isUnderWay = event === 'progress';
        stop.abort();
      },
      ...(step.links ? {} : { open: (destination: string) => new NoLinkStore(destination) }),
    });
    // Progress ends before the commit.
    assert(
      step.dryRun || !isUnderWay || end.outcome !== 'written',
      'a run that was stopped writes no snapshot',
    );
    return end;
  }

  /** @param isTold - Whether the guard against mass change says something, where that is for its own tests. */
  #expect({ accept }: RunStep, now: Moment, shut: string | undefined, isTold: boolean): Expected {
    const names = [...this.#moments.keys()];
    const newest = names.at(-1);
    const last = this.#last();
    const moment = shut === undefined ? now : withShut(now, last, shut);
    const nothing = { moment, isMassChange: false, removed: [] };
    // A source with a file that cannot be read is not empty.
    const isEmpty = filesIn(moment) === 0 && (shut === undefined || this.#tree.type(shut) !== 'file');
    if (!accept && isEmpty && filesIn(last) > 0) return { ...nothing, outcome: 'failed', snapshot: null };
    const { added, modified, removed, filesHit } = changeBetween(last, moment);
    if (newest !== undefined && added + modified + removed === 0)
      return { ...nothing, outcome: 'unchanged', snapshot: newest };
    // It also looks at each folder, and over a week.
    const recent = this.#hits.slice(-RECENT).reduce((sum, hits) => sum + hits, filesHit);
    const isMassChange =
      !accept && ((filesHit > 100 && filesHit * 2 > filesIn(last)) || (recent > 100 && isTold));
    const isHeld = isMassChange || (this.#isHeld && !accept);
    const snapshot = nameAt(this.#clockMs, existsSync(this.#lab.folder()) ? this.#lab.folders() : []);
    const mayRotate = !isHeld && (shut === undefined || this.#isKnown(shut));
    const all = [...names, snapshot];
    const letGoNow = !mayRotate
      ? []
      : isPlain(all) && !this.#isDamaged
        ? letGo(this.#taken(all), this.#lab.row.keep).filter((name) => !this.#pinned.has(name))
        : undefined;
    return { outcome: 'written', moment, snapshot, isMassChange, removed: letGoNow };
  }

  /** Whether somebody knows that `path` cannot be read. */
  #isKnown(path: string): boolean {
    return [...this.#accepted].some((known) => `${path}/`.startsWith(`${known}/`));
  }

  #last(): Moment {
    return [...this.#moments.values()].at(-1) ?? NOTHING;
  }

  #guards({ accept }: RunStep, { outcome, isMassChange }: Expected): readonly string[] {
    if (outcome === 'failed') return ['empty-source'];
    return isMassChange || (this.#isHeld && !accept) ? ['mass-change'] : [];
  }

  #take({ snapshot, moment }: Pick<Expected, 'snapshot' | 'moment'>, end: RowEnd): void {
    const removed = end.removed.map((gone) => gone.snapshot);
    // Whatever the clock said: those that were written last are the last.
    const last = [...this.#moments.keys(), ...(snapshot === null ? [] : [snapshot])].slice(
      -(this.#lab.row.keep.last ?? 1),
    );
    assert.deepEqual(
      last.filter((name) => removed.includes(name)),
      [],
      'the newest snapshots stay',
    );
    if (snapshot !== null) {
      this.#moments.set(snapshot, moment);
      this.#zones.set(snapshot, new Intl.DateTimeFormat().resolvedOptions().timeZone);
    }
    for (const name of removed) this.#moments.delete(name);
    this.#count('rotated out', removed.length);
  }

  /** What could not be read cannot be written again either. */
  #checkUpkeep({ snapshot, moment }: Expected): void {
    if (snapshot === null || moment.isPatched) return;
    assert.deepEqual(notGivenUp(this.#reader, snapshot), [], 'archives of little use');
  }

  /** held.json is there exactly as long as rotation is held back. A run that was stopped may be at either side. */
  #checkHeld({ accept }: RunStep, { isMassChange }: Expected, isStopped: boolean): void {
    const isThere = existsSync(this.#lab.folder('held.json'));
    const expected = isMassChange || (this.#isHeld && !accept);
    const isOpen = isStopped && (isMassChange || (accept && this.#isHeld));
    if (!isOpen) assert.equal(isThere, expected, 'held.json');
    this.#isHeld = isThere;
  }

  #checkLog({ outcome, error }: RowEnd): void {
    const file = this.#lab.folder('runs.jsonl');
    if (outcome === 'failed' && !existsSync(file)) return void this.#records--;
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    assert.equal(lines.length, this.#records, 'lines in runs.jsonl');
    const last = JSON.parse(lines.at(-1) ?? '') as { outcome: string; error: string | null };
    assert.deepEqual([last.outcome, last.error], [outcome, error?.message ?? null]);
  }

  #checkSeries(): void {
    const files = this.#reader.files();
    const strange = files.filter(
      (file) =>
        !/^(?:\d{4}-[\dTZ-]+\/.*|\.lock-of-version-2\/README\.txt|runs\.jsonl|held\.json|owner\.json|accepted\.json|names\.json|damage\.json)$/.test(
          file,
        ),
    );
    assert.deepEqual(strange, [], 'files in the series');
    const whole = files.flatMap((file) => (file.endsWith('/info.json') ? [folderOf(file)] : []));
    assert.deepEqual(whole, [...this.#moments.keys()].toSorted(), 'the snapshots');
    for (const [snapshot, moment] of this.#moments) {
      const found: Moment = { seen: this.#reader.read(snapshot), isPatched: false };
      assert.deepEqual(
        comparable(found, moment.isPatched),
        comparable(moment, moment.isPatched),
        `snapshot ${snapshot}`,
      );
      this.#count('snapshots compared');
    }
  }

  #count(what: string, times = 1): void {
    this.#tally[what] = (this.#tally[what] ?? 0) + times;
  }
}
