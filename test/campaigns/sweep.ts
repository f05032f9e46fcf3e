// What goes wrong at one moment after the other, in each night of a small series, and what has to be true after it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomOf } from '../support/history.ts';
import { keepThreads } from '../support/lasting-threads.ts';
import type { Kind, Tree } from './proofs.ts';
import { SmallSeries } from './small-series.ts';

const PRELOAD = fileURLToPath(new URL('fault-calls.js', import.meta.url));
const ONE_RUN = fileURLToPath(new URL('one-run.js', import.meta.url));

keepThreads();

export interface SweepOptions {
  readonly seed: number;
  /** Only each so many-th moment, the first one drawn by the seed. */
  readonly step: number;
  /** Told of each night that is done, and of each promise that broke, as it breaks. */
  readonly tell: (line: string) => void;
}

export abstract class Sweep {
  readonly #tell: (line: string) => void;
  protected readonly random: (below: number) => number;
  /** Promises that broke. */
  readonly broken: string[] = [];
  injected = 0;
  /** Runs after a fault. */
  runs = 0;

  protected constructor({ seed, tell }: SweepOptions) {
    this.#tell = tell;
    this.random = randomOf(seed);
  }

  /** All nights of a series in a folder of its own. @param open - Makes the series there, and says what plays the next night of it. */
  protected async playNights(
    title: string,
    open: (root: string) => { readonly series: SmallSeries; readonly night: () => Promise<void> },
  ): Promise<void> {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-sweep-'));
    try {
      const { series, night } = open(root);
      for (let i = 0; i < SmallSeries.nights; i++) {
        const before = this.injected;
        await night();
        this.#tell(`${title}, ${series.title}: ${this.injected - before} faults`);
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }

  /** The next run needs no hand. @param later - So many days. */
  protected async settle(
    series: SmallSeries,
    tree: Tree,
    known: ReadonlyMap<string, Tree>,
    where: string,
    later: number,
  ): Promise<void> {
    this.runs++;
    this.note(where, await series.faultsAtRest(known, tree, await series.run(later)));
  }

  protected note(where: string, faults: readonly string[]): void {
    for (const fault of faults) {
      this.broken.push(`${where}: ${fault}`);
      this.#tell(`FAULT ${where}: ${fault}`);
    }
  }
}

/**
 * A run in a process of its own.
 *
 * @param n - It is killed at its `n`-th file call; 0: by somebody else, if at all.
 * @returns Whether it was killed.
 */
export function runKilled(series: SmallSeries, kind: Kind, n: number): boolean {
  const args = ['--import', PRELOAD, ONE_RUN, series.root, `${series.night}`, `${n}`, JSON.stringify(kind)];
  const { signal, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (signal === 'SIGKILL') return true;
  if (status !== 0) throw new Error(`one run ended with ${status}: ${stderr}`);
  return false;
}
