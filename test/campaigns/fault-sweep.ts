// Plays the nights of a small series, with one file call after the other going wrong.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomOf } from '../support/history.ts';
import { lookAt } from '../support/trees.ts';
import { plan } from './fault-calls.ts';
import type { Fault } from './fault-plan.ts';
import { keepThreads } from '../support/lasting-threads.ts';
import type { Kind, Tree } from './proofs.ts';
import { type Ended, SmallSeries } from './small-series.ts';

const PRELOAD = fileURLToPath(new URL('fault-calls.js', import.meta.url));
const ONE_RUN = fileURLToPath(new URL('one-run.js', import.meta.url));

keepThreads();

export interface SweepOptions {
  readonly seed: number;
  /** Only each so many-th call, the first one drawn by the seed. */
  readonly step: number;
  /** Of those, every `of`-th, from number `number` (from 1) on: for several processes that share the work. */
  readonly share?: { readonly number: number; readonly of: number };
  readonly faults: readonly Fault[];
  /** Told of each night that is done, and of each promise that broke, as it breaks. */
  readonly tell: (line: string) => void;
}

export class FaultSweep {
  readonly #options: SweepOptions;
  readonly #random: (below: number) => number;
  /** Promises that broke. */
  readonly broken: string[] = [];
  injected = 0;
  /** Runs after a fault. */
  runs = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#random = randomOf(options.seed);
  }

  /** All faults in all nights of a series; what breaks is in {@link broken}. */
  async play(kind: Kind): Promise<void> {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-faults-'));
    try {
      const series = new SmallSeries(root, kind);
      for (let i = 0; i < SmallSeries.nights; i++) {
        const before = this.injected;
        await this.#night(series, kind);
        this.#options.tell(
          `${kind.format}${kind.links ? '' : ', no links'}, ${series.title}: ${this.injected - before} faults`,
        );
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }

  async #night(series: SmallSeries, kind: Kind): Promise<void> {
    series.begin();
    const tree = lookAt(series.source);
    if (series.isLast && this.#options.faults.includes('kill')) cutShort(series, kind);
    const base = join(series.root, 'base');
    series.save(base);
    const known = new Map(series.trees);
    for (const fault of this.#options.faults) {
      for (const lasts of fault === 'kill' || fault === 'delay' ? [false] : [false, true])
        await this.#sweep(series, kind, fault, lasts, tree, known);
    }
    series.restore(base);
    series.reset(known);
    await this.#settle(series, tree, known, 'without a fault', 0);
  }

  async #sweep(
    series: SmallSeries,
    kind: Kind,
    fault: Fault,
    lasts: boolean,
    tree: Tree,
    known: ReadonlyMap<string, Tree>,
  ): Promise<void> {
    const { step, share = { number: 1, of: 1 } } = this.#options;
    for (let n = 1 + this.#random(step) + (share.number - 1) * step; ; n += step * share.of) {
      series.restore(join(series.root, 'base'));
      series.reset(known);
      const where = `${series.title}, ${fault}${lasts ? ' lasting' : ''} at ${n}`;
      let ended: Ended | undefined;
      let isHit: boolean;
      if (fault === 'kill') isHit = killAt(series, kind, n);
      else {
        plan.arm(fault, n, lasts);
        ended = await series.run();
        isHit = plan.disarm() > 0;
      }
      if (!isHit) return;
      this.injected++;
      this.#tell(where, series.faultsAfter(known, tree, ended));
      await this.#settle(series, tree, known, `${where}, then`, 1);
    }
  }

  /** The next run needs no hand. */
  async #settle(
    series: SmallSeries,
    tree: Tree,
    known: ReadonlyMap<string, Tree>,
    where: string,
    later: number,
  ): Promise<void> {
    this.runs++;
    this.#tell(where, await series.faultsAtRest(known, tree, await series.run(later)));
  }

  #tell(where: string, faults: readonly string[]): void {
    for (const fault of faults) {
      this.broken.push(`${where}: ${fault}`);
      this.#options.tell(`FAULT ${where}: ${fault}`);
    }
  }
}

/** The run before this one was killed when some of its archives were finished. */
function cutShort(series: SmallSeries, kind: Kind): void {
  series.save(join(series.root, 'whole'));
  for (let n = 10; ; n += 10) {
    series.restore(join(series.root, 'whole'));
    if (!killAt(series, kind, n)) throw new Error('no archive is finished before the run is');
    if (series.finished() > 0) return;
  }
}

/** @returns Whether the run came so far. */
function killAt(series: SmallSeries, kind: Kind, n: number): boolean {
  const args = ['--import', PRELOAD, ONE_RUN, series.root, `${series.night}`, `${n}`, JSON.stringify(kind)];
  const { signal, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (signal === 'SIGKILL') return true;
  if (status !== 0) throw new Error(`one run ended with ${status}: ${stderr}`);
  return false;
}
