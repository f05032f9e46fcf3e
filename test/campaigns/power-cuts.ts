// Plays the nights of a small series, with the power cut after each thing that a run does to its destination.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomOf } from '../support/history.ts';
import { lookAt } from '../support/trees.ts';
import { copyTree } from './copy-tree.ts';
import { CrashStates, type Luck } from './crash-state.ts';
import { Journal } from './journal.ts';
import { keepThreads } from '../support/lasting-threads.ts';
import type { Kind, Tree } from './proofs.ts';
import { type Ended, SmallSeries } from './small-series.ts';

keepThreads();

export interface PowerCutOptions {
  readonly seed: number;
  /** Disks tried for each moment, besides those on which all was kept, nothing, and renames only. */
  readonly luck: number;
  /** Only every so many moments. */
  readonly every: number;
  /** Only the first so many nights. */
  readonly nights?: number;
  /** Told of each night that is done. */
  readonly tell: (line: string) => void;
}

/** One night that was run, and the disks that it may have left. */
interface Night {
  readonly series: SmallSeries;
  readonly known: ReadonlyMap<string, Tree>;
  readonly tree: Tree;
  readonly ended: Ended;
  readonly states: CrashStates;
  /** Disks that were looked at. */
  readonly seen: Set<string>;
}

/** A rename that is kept while what came before it is lost: what a run does last in each step, and others go by. */
const RENAMES_ONLY: Luck = (isRename) => Number(isRename);

export class PowerCuts {
  readonly #options: PowerCutOptions;
  readonly #journal = new Journal();
  readonly #lucks: readonly Luck[];
  /** Promises that broke. */
  readonly faults: string[] = [];
  /** For each flush of the program, what broke without it; undefined: nothing. */
  readonly flushes: Map<string, string | undefined> = new Map();
  cuts = 0;
  /** Different disks among them. */
  disks = 0;

  constructor(options: PowerCutOptions) {
    this.#options = options;
    const random = randomOf(options.seed);
    // Each change is lost, kept or torn.
    const mixed: Luck = () => [0, 1, random(1_000_000) / 1_000_000][random(3)] ?? 0;
    this.#lucks = [() => 1, () => 0, RENAMES_ONLY, ...Array.from({ length: options.luck }, () => mixed)];
  }

  /** Cuts the power in each night of a series; what breaks is in {@link faults}. */
  async cut(kind: Kind): Promise<void> {
    await this.#play(kind, async (night) => {
      const { states, series } = night;
      for (let deeds = 0; deeds <= states.length; deeds += this.#options.every) {
        for (const luck of this.#lucks) {
          const found = await this.#look(night, deeds, luck);
          if (found.length > 0 || deeds === states.length) this.#tell(series, deeds, states, found);
        }
      }
    });
  }

  /** Leaves out one flush of the program after the other; what that breaks is in {@link flushes}. */
  async leaveOut(kind: Kind): Promise<void> {
    await this.#play(kind, async (night) => {
      for (const site of night.states.sites()) {
        if (this.flushes.get(site) === undefined) this.flushes.set(site, await this.#firstFault(night, site));
      }
    });
  }

  async #play(kind: Kind, look: (night: Night) => Promise<void>): Promise<void> {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-power-'));
    try {
      const series = new SmallSeries(root, kind);
      for (let i = 0; i < (this.#options.nights ?? SmallSeries.nights); i++) {
        const before = this.cuts;
        const night = await this.#run(series);
        const after = new Map(series.trees);
        series.save(join(root, 'after'));
        await look(night);
        series.restore(join(root, 'after'));
        series.reset(after);
        this.#options.tell(
          `${kind.format}${kind.links ? '' : ', no links'}, ${series.title}: ${night.states.length} deeds, ${this.cuts - before} cuts`,
        );
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }

  async #run(series: SmallSeries): Promise<Night> {
    series.begin();
    const { root } = series;
    const tree = lookAt(series.source);
    const known = new Map(series.trees);
    const before = join(root, 'before');
    rmSync(before, { recursive: true, force: true });
    copyTree(join(root, 'disk'), before);
    this.#journal.begin();
    const ended = await series.run();
    const states = new CrashStates(join(root, 'disk'), before, this.#journal.end());
    const found = await series.faultsAtRest(known, tree, ended);
    this.#tell(series, states.length, states, found);
    return { series, known, tree, ended, states, seen: new Set() };
  }

  /** What is wrong on a disk after the first `deeds`. */
  async #look(night: Night, deeds: number, luck: Luck, without?: string): Promise<readonly string[]> {
    const { series, known, tree, ended, states, seen } = night;
    const state = states.after(deeds, luck, without);
    this.cuts++;
    const key = `${state.key()} ${deeds === states.length}`;
    if (seen.has(key)) return [];
    seen.add(key);
    this.disks++;
    const disk = join(series.root, 'disk');
    rmSync(disk, { recursive: true, force: true });
    mkdirSync(disk);
    state.write(disk);
    series.reset(known);
    const found = series.faultsAfter(known, tree, undefined);
    if (deeds === states.length) found.push(...series.faultsOfEnded(ended));
    if (found.length > 0 || without !== undefined) return found;
    return await series.faultsAtRest(known, tree, await series.run(1));
  }

  async #firstFault(night: Night, site: string): Promise<string | undefined> {
    for (let deeds = 0; deeds <= night.states.length; deeds++) {
      for (const luck of this.#lucks) {
        const [fault] = await this.#look(night, deeds, luck, site);
        if (fault !== undefined) return `${night.series.title}: ${fault.split('\n')[0]}`;
      }
    }
    return undefined;
  }

  #tell({ title }: SmallSeries, deeds: number, states: CrashStates, found: readonly string[]): void {
    for (const fault of found) this.faults.push(`${title}, after ${deeds} of ${states.length}: ${fault}`);
  }
}
