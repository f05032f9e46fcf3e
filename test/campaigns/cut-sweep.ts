// Plays the nights of a small series on a server for SFTP, with the line cut, or the program killed, at one request after the other.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { homeVariables } from '../support/command.ts';
import { type Cut, CUTS, cutSsh } from '../support/servers/cut-ssh.ts';
import { lookAt } from '../support/trees.ts';
import type { Kind } from './proofs.ts';
import { SmallSeries } from './small-series.ts';
import { runKilled, Sweep, type SweepOptions } from './sweep.ts';

export interface CutSweepOptions extends SweepOptions {
  readonly cuts?: readonly Cut[];
}

export class CutSweep extends Sweep {
  readonly #step: number;
  readonly #cuts: readonly Cut[];

  constructor(options: CutSweepOptions) {
    super(options);
    this.#step = options.step;
    this.#cuts = options.cuts ?? CUTS;
  }

  /** @param isBare - On a server that has only what the protocol says. */
  async play(format: Kind['format'], isBare: boolean): Promise<void> {
    await this.playNights(`${format}${isBare ? ', plain server' : ''}`, (root) => {
      Object.assign(process.env, homeVariables(join(root, 'home')));
      const kind = { format, links: false, address: `sftp://host${root}/disk/destination` };
      const series = new SmallSeries(root, kind);
      return { series, night: async () => await this.#night(series, kind, isBare) };
    });
  }

  async #night(series: SmallSeries, kind: Kind, isBare: boolean): Promise<void> {
    series.begin();
    const tree = lookAt(series.source);
    const base = join(series.root, 'base');
    series.save(base);
    const known = new Map(series.trees);
    const begin = (n: number, how: Cut, mark: string): void => {
      process.env['SNAPSHOT_SSH'] = cutSsh({ n, how, mark: join(series.root, mark), isBare });
    };
    const again = (): void => {
      series.restore(base);
      series.reset(known);
    };
    for (const how of this.#cuts) {
      for (let n = 1 + this.random(this.#step); ; n += this.#step) {
        again();
        const mark = `cut-${how}-${n}`;
        begin(n, how, mark);
        const ended = how === 'killed' ? void runKilled(series, kind, 0) : await series.run();
        if (!existsSync(join(series.root, mark))) break;
        rmSync(join(series.root, mark));
        this.injected++;
        const where = `${series.title}, ${how} at ${n}`;
        this.note(where, series.faultsAfter(known, tree, ended));
        begin(0, how, mark);
        await this.settle(series, tree, known, `${where}, then`, 1);
      }
    }
    again();
    begin(0, 'lost', 'none');
    await this.settle(series, tree, known, `${series.title}, without a cut`, 0);
  }
}
