// A short life of one series, in which everything happens once: what each night begins with, and what it must
// leave behind whatever goes wrong in it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RowEnd, RunEvent } from '../../src/jobs/events.ts';
import type { Row } from '../../src/plan/plan.ts';
import { localStore, runJob } from './built.ts';
import { copyTree } from './copy-tree.ts';
import { NIGHTS } from './nights.ts';
import { type Kind, Proofs, type Tree } from './proofs.ts';

export const KINDS: readonly Kind[] = [
  { format: 'tar.zst', links: true },
  { format: 'zip', links: true },
  { format: 'tar.zst', links: false },
];

const { LocalStore } = localStore;

class ThinStore extends LocalStore {
  override async link(): Promise<boolean> {
    return await Promise.resolve(false);
  }
}

/** Snapshots that stay. */
const KEEP = 3;
/** Small, so that there are several archives, and upkeep has something to do. */
const ARCHIVE_BYTES = 64 * 1024;
const DAY_MS = 86_400_000;

/** How a run of the row ended: its report, or what it threw, which is a defect. */
export interface Ended {
  readonly end: RowEnd | undefined;
  readonly thrown: unknown;
  /** Paths that were named. */
  readonly named: ReadonlySet<string>;
}

export class SmallSeries {
  static readonly nights: number = NIGHTS.length;
  readonly root: string;
  readonly source: string;
  readonly destination: string;
  readonly row: Row;
  readonly #kind: Kind;
  /** What the source looked like at each snapshot. */
  readonly trees: Map<string, Tree> = new Map();
  /** Paths that a run has named, which may be missing in its snapshot. */
  readonly #tolerated = new Map<string, ReadonlySet<string>>();
  readonly #proofs: Proofs;
  night = -1;

  constructor(root: string, kind: Kind) {
    this.root = root;
    this.#kind = kind;
    this.source = join(root, 'source');
    this.destination = join(root, 'disk', 'destination');
    mkdirSync(this.source, { recursive: true });
    mkdirSync(join(root, 'disk'), { recursive: true });
    this.#proofs = new Proofs(root, this.folder(), kind);
    this.row = {
      line: 1,
      source: this.source,
      destination: kind.address ?? this.destination,
      name: 'data',
      active: true,
      keep: { last: KEEP },
      encrypt: [],
      every: DAY_MS,
      format: kind.format,
      strategy: 'incremental',
      exclude: [],
      'exclude-from': '',
      excludeLines: [],
      'exclude-if-present': [],
      'exclude-larger-than': undefined,
      'one-file-system': false,
      'may-fail': [],
      before: '',
      after: '',
      'hook-limit': 3_600_000,
      shutdown: false,
    };
  }

  /** Whether this is the last night, which begins after a run that was cut short. */
  get isLast(): boolean {
    return this.night === NIGHTS.length - 1;
  }

  /** What the night is about. */
  get title(): string {
    return NIGHTS[this.night]?.name ?? '';
  }

  folder(...parts: readonly string[]): string {
    return join(this.destination, 'data', ...parts);
  }

  /** The next night begins: the source has changed. */
  begin(): void {
    this.night++;
    for (const name of this.trees.keys()) if (!this.snapshots().includes(name)) this.trees.delete(name);
    NIGHTS[this.night]?.change(this.source);
    if (this.night === 1) {
      // Not of this program, and none of its business.
      writeFileSync(this.folder('note.txt'), 'mine');
      writeFileSync(join(this.destination, 'other.txt'), 'mine too');
    }
  }

  /** Runs the row, so many days after all. */
  async run(later = 0): Promise<Ended> {
    const named = new Set<string>();
    const at = new Date(Date.UTC(2040, 0, 1) + (this.night * 10 + later) * DAY_MS);
    try {
      const [end] = await runJob.run(
        { file: 'plan.csv', rows: [this.row] },
        {
          only: [],
          dryRun: false,
          jobs: 1,
          rehash: false,
          acceptChanges: false,
          signal: new AbortController().signal,
          report: (event: RunEvent) => {
            if (event.event === 'problem') named.add(event.path);
          },
          now: () => at,
          ...(this.#kind.address === undefined ? { open: this.#open } : {}),
          archiveBytes: ARCHIVE_BYTES,
        },
      );
      return { end, thrown: undefined, named };
    } catch (thrown) {
      return { end: undefined, thrown, named };
    }
  }

  readonly #open = (destination: string): InstanceType<typeof LocalStore> =>
    this.#kind.links ? new LocalStore(destination) : new ThinStore(destination);

  /** Remembers the destination, and what this machine knows of it, to come back to it. */
  save(to: string): void {
    for (const [from, name] of this.#kept()) {
      rmSync(join(to, name), { recursive: true, force: true });
      if (existsSync(from)) copyTree(from, join(to, name));
    }
  }

  restore(from: string): void {
    for (const [to, name] of this.#kept()) {
      rmSync(to, { recursive: true, force: true });
      if (existsSync(join(from, name))) copyTree(join(from, name), to);
    }
  }

  #kept(): readonly (readonly [string, string])[] {
    return [
      [this.destination, 'destination'],
      [join(this.root, 'home'), 'home'],
    ];
  }

  /** Names of whole snapshots, oldest first. */
  snapshots(): readonly string[] {
    return this.dated().filter((name) => existsSync(this.folder(name, 'info.json')));
  }

  dated(): readonly string[] {
    if (!existsSync(this.folder())) return [];
    return readdirSync(this.folder())
      .filter((name) => /^\d{4}-\d\d-\d\dT/.test(name))
      .toSorted();
  }

  /** How many archives with content the newest, unfinished folder has. */
  finished(): number {
    const folder = this.dated().at(-1) ?? '';
    const isUnfinished = folder !== '' && !this.snapshots().includes(folder);
    return isUnfinished
      ? readdirSync(this.folder(folder)).filter((name) => /\d\.(tar\.zst|zip)$|Z\.(tar\.zst|zip)$/.test(name))
          .length
      : 0;
  }

  /** Forgets snapshots that are not in `known`. */
  reset(known: ReadonlyMap<string, Tree>): void {
    this.trees.clear();
    this.#tolerated.clear();
    for (const [name, tree] of known) this.trees.set(name, tree);
  }

  /**
   * What a run with a fault has broken.
   *
   * @param known - The snapshots there were before.
   * @param ended - Undefined when the run was killed.
   */
  faultsAfter(known: ReadonlyMap<string, Tree>, tree: Tree, ended: Ended | undefined): string[] {
    if (ended?.thrown !== undefined) return [`a defect: ${stackOf(ended.thrown)}`];
    const whole = this.snapshots();
    const made = whole.filter((name) => !known.has(name));
    const faults = made.length > 1 ? [`more than one snapshot was made: ${made.join(', ')}`] : [];
    for (const name of made) {
      this.trees.set(name, tree);
      this.#tolerated.set(name, ended?.named ?? new Set());
    }
    const { outcome, status, snapshot } = ended?.end ?? {};
    if (outcome === 'written' && !made.includes(snapshot ?? ''))
      faults.push(`it says that ${snapshot} is written`);
    if (status === 0 && (ended?.named.size ?? 0) > 0)
      faults.push('it is content although something is missing');
    if (status === 0 && outcome === 'unchanged' && this.night !== 2)
      faults.push('it says that nothing changed');
    faults.push(...this.#missing(known, made));
    return [...faults, ...this.#faults()];
  }

  /** What is gone although the run that has ended said that it is there. */
  faultsOfEnded({ end }: Ended): readonly string[] {
    const faults: string[] = [];
    if (end?.outcome === 'written' && !this.snapshots().includes(end.snapshot ?? ''))
      faults.push(`snapshot ${end.snapshot} was written, and is not there`);
    const lines = textOf(this.folder('runs.jsonl')).split('\n').length - 1;
    if (lines !== this.night + 1) faults.push(`the log has ${lines} lines after ${this.night + 1} nights`);
    return faults;
  }

  /** What is wrong after a run without a fault. */
  async faultsAtRest(known: ReadonlyMap<string, Tree>, tree: Tree, ended: Ended): Promise<readonly string[]> {
    if (ended.thrown !== undefined) return [`a defect: ${stackOf(ended.thrown)}`];
    const { end } = ended;
    if (end?.status !== 0) return [`it needs a hand: ${JSON.stringify(end)}`];
    const made = this.snapshots().filter((name) => !known.has(name));
    const newest = this.snapshots().at(-1) ?? '';
    if (!this.trees.has(newest)) this.trees.set(newest, tree);
    const faults = [...this.#missing(known, made)];
    if (made.length === 0 && this.night !== 2) faults.push('there is no new snapshot');
    // What could not be read is there now.
    this.#tolerated.delete(newest);
    return [...faults, ...this.#faults(), ...this.#litter(), ...(await this.#proofs.damages())];
  }

  /** Snapshots that rotation should not have let go, or not yet. */
  #missing(known: ReadonlyMap<string, Tree>, made: readonly string[]): readonly string[] {
    const stay = [...known.keys(), ...made].toSorted().slice(-KEEP);
    return [...known.keys()]
      .filter((name) => !this.snapshots().includes(name) && (made.length === 0 || stay.includes(name)))
      .map((name) => `snapshot ${name} is gone`);
  }

  /** What is wrong with the snapshots that are there, and with what is not of this program. */
  #faults(): readonly string[] {
    const faults: string[] = [];
    for (const name of this.snapshots()) {
      const tree = this.trees.get(name);
      const tolerated = this.#tolerated.get(name) ?? new Set();
      const fault = tree === undefined ? 'is not expected' : this.#proofs.faultOf(name, tree, tolerated);
      if (fault !== undefined) faults.push(`snapshot ${name} ${fault}`);
    }
    if (this.night > 0) {
      if (textOf(this.folder('note.txt')) !== 'mine') faults.push('a foreign file in the series changed');
      if (textOf(join(this.destination, 'other.txt')) !== 'mine too') faults.push('a foreign file changed');
    }
    return faults;
  }

  /** What is left behind that should not be, after a run that ended well. */
  #litter(): readonly string[] {
    // Without links, the folder of a snapshot that is let go keeps what others need.
    const unfinished = this.#kind.links
      ? this.dated().filter((name) => !this.snapshots().includes(name))
      : [];
    const parts = readdirSync(this.folder(), { recursive: true, encoding: 'utf8' }).filter(
      // Whose lock it was to be, a cut one does not say: it goes when it is half an hour old. And an empty marker in a snapshot
      // that stayed goes with the next rotation: to look into each of them every night takes too long. A bolt is finished with
      // the next snapshot that is written.
      (name) =>
        name.endsWith('.part') !== /\.lock-[0-9a-f]/.test(name) &&
        !/(?:LET-GO|README\.txt)\.part$/.test(name) &&
        // One line of a log far away: it goes with the next hundred.
        !/^runs\.jsonl\/.*\.part$/.test(name),
    );
    return [...unfinished, ...parts].map((name) => `${name} is left behind`);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
