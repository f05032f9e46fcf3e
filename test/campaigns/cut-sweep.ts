// Plays the nights of a small series on a server for SFTP, with the line cut, or the program killed, at one request after the other.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homeVariables } from '../support/command.ts';
import { randomOf } from '../support/history.ts';
import { keepThreads } from '../support/lasting-threads.ts';
import { type Cut, CUTS, cutSsh } from '../support/servers/cut-ssh.ts';
import { lookAt } from '../support/trees.ts';
import type { Kind, Tree } from './proofs.ts';
import { type Ended, SmallSeries } from './small-series.ts';

const PRELOAD = fileURLToPath(new URL('fault-calls.js', import.meta.url));
const ONE_RUN = fileURLToPath(new URL('one-run.js', import.meta.url));

keepThreads();

export interface CutSweepOptions {
  readonly seed: number;
  /** Only each so many-th request, the first one drawn by the seed. */
  readonly step: number;
  readonly cuts?: readonly Cut[];
  /** Told of each night that is done, and of each promise that broke, as it breaks. */
  readonly tell: (line: string) => void;
}

export class CutSweep {
  readonly #options: CutSweepOptions;
  readonly #random: (below: number) => number;
  /** Promises that broke. */
  readonly broken: string[] = [];
  cuts = 0;

  constructor(options: CutSweepOptions) {
    this.#options = options;
    this.#random = randomOf(options.seed);
  }

  /** @param isBare - On a server that has only what the protocol says. */
  async play(format: Kind['format'], isBare: boolean): Promise<void> {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-cuts-'));
    Object.assign(process.env, homeVariables(join(root, 'home')));
    try {
      const kind = { format, links: false, address: `sftp://host${root}/disk/destination` };
      const series = new SmallSeries(root, kind);
      for (let i = 0; i < SmallSeries.nights; i++) {
        const before = this.cuts;
        await this.#night(series, kind, isBare);
        this.#options.tell(
          `${format}${isBare ? ', plain server' : ''}, ${series.title}: ${this.cuts - before} cuts`,
        );
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }

  async #night(series: SmallSeries, kind: Kind, isBare: boolean): Promise<void> {
    const { step, cuts = CUTS } = this.#options;
    series.begin();
    const tree = lookAt(series.source);
    const base = join(series.root, 'base');
    series.save(base);
    const known = new Map(series.trees);
    const again = (): void => {
      series.restore(base);
      series.reset(known);
    };
    for (const how of cuts) {
      for (let n = 1 + this.#random(step); ; n += step) {
        again();
        const mark = join(series.root, `cut-${how}-${n}`);
        process.env['SNAPSHOT_SSH'] = cutSsh({ n, how, mark, isBare });
        const ended = how === 'killed' ? killed(series, kind) : await series.run();
        if (!existsSync(mark)) break;
        rmSync(mark);
        this.cuts++;
        const where = `${series.title}, ${how} at ${n}`;
        this.#tell(where, series.faultsAfter(known, tree, ended));
        await this.#settle(series, tree, known, `${where}, then`, 1);
      }
    }
    again();
    await this.#settle(series, tree, known, `${series.title}, without a cut`, 0);
  }

  /** The next run needs no hand. */
  async #settle(
    series: SmallSeries,
    tree: Tree,
    known: ReadonlyMap<string, Tree>,
    where: string,
    later: number,
  ): Promise<void> {
    process.env['SNAPSHOT_SSH'] = cutSsh({
      n: 0,
      how: 'lost',
      mark: join(series.root, 'none'),
      isBare: false,
    });
    this.#tell(where, await series.faultsAtRest(known, tree, await series.run(later)));
  }

  #tell(where: string, faults: readonly string[]): void {
    for (const fault of faults) {
      this.broken.push(`${where}: ${fault}`);
      this.#options.tell(`FAULT ${where}: ${fault}`);
    }
  }
}

/** A run in a process of its own, which the other end of the line kills. */
function killed(series: SmallSeries, kind: Kind): Ended | undefined {
  const args = ['--import', PRELOAD, ONE_RUN, series.root, `${series.night}`, '0', JSON.stringify(kind)];
  const { signal, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (signal === 'SIGKILL' || status === 0) return undefined;
  throw new Error(`one run ended with ${status}: ${stderr}`);
}
