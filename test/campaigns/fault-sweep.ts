// Plays the nights of a small series, with one file call after the other going wrong.
import { join } from 'node:path';
import { lookAt } from '../support/trees.ts';
import { plan } from './fault-calls.ts';
import type { Fault } from './fault-plan.ts';
import type { Kind, Tree } from './proofs.ts';
import { type Ended, SmallSeries } from './small-series.ts';
import { runKilled, Sweep, type SweepOptions } from './sweep.ts';

export interface FaultSweepOptions extends SweepOptions {
  /** Of those, every `of`-th, from number `number` (from 1) on: for several processes that share the work. */
  readonly share?: { readonly number: number; readonly of: number };
  readonly faults: readonly Fault[];
}

export class FaultSweep extends Sweep {
  readonly #options: FaultSweepOptions;

  constructor(options: FaultSweepOptions) {
    super(options);
    this.#options = options;
  }

  /** All faults in all nights of a series; what breaks is in {@link broken}. */
  async play(kind: Kind): Promise<void> {
    await this.playNights(`${kind.format}${kind.links ? '' : ', no links'}`, (root) => {
      const series = new SmallSeries(root, kind);
      return { series, night: async () => await this.#night(series, kind) };
    });
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
    await this.settle(series, tree, known, 'without a fault', 0);
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
    for (let n = 1 + this.random(step) + (share.number - 1) * step; ; n += step * share.of) {
      series.restore(join(series.root, 'base'));
      series.reset(known);
      const where = `${series.title}, ${fault}${lasts ? ' lasting' : ''} at ${n}`;
      let ended: Ended | undefined;
      let isHit: boolean;
      if (fault === 'kill') isHit = runKilled(series, kind, n);
      else {
        plan.arm(fault, n, lasts);
        ended = await series.run();
        isHit = plan.disarm() > 0;
      }
      if (!isHit) return;
      this.injected++;
      this.note(where, series.faultsAfter(known, tree, ended));
      await this.settle(series, tree, known, `${where}, then`, 1);
    }
  }
}

/** The run before this one was killed when some of its archives were finished. */
function cutShort(series: SmallSeries, kind: Kind): void {
  series.save(join(series.root, 'whole'));
  for (let n = 10; ; n += 10) {
    series.restore(join(series.root, 'whole'));
    if (!runKilled(series, kind, n)) throw new Error('no archive is finished before the run is');
    if (series.finished() > 0) return;
  }
}
