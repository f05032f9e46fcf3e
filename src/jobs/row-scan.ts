import { stat } from 'node:fs/promises';
import { reasonOf, SnapshotError, systemCode } from '../errors.ts';
import type { Row } from '../plan/plan.ts';
import { Comparison } from '../tree/compare.ts';
import { EntryTable } from '../tree/entry-table.ts';
import { scanTree, type Tree } from '../tree/scanner.ts';
import type { Previous } from './previous.ts';
import type { RowReporter } from './row-reporter.ts';

/**
 * Looks whether there is a source at all, before anything is made in the destination.
 *
 * @throws {@link SnapshotError} `E_ROW` when there is none.
 */
export async function refuseMissing(source: string): Promise<void> {
  try {
    await stat(source);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw new SnapshotError('E_ROW', `Cannot read source "${source}": ${reasonOf(error)}`, {
        cause: error,
      });
    }
    const hint = 'Is its disk connected? Is the path in the plan right?';
    throw new SnapshotError('E_ROW', `Source "${source}" does not exist`, { cause: error, hint });
  }
}

/** A scan under way, and the comparison that follows it. */
export class RowScan {
  readonly #entries = new EntryTable();
  readonly #tree: Promise<Tree>;
  #comparison: Comparison | undefined;

  constructor({ source, exclude }: Row, signal: AbortSignal, report: RowReporter) {
    this.#tree = scanTree(source, exclude, signal, this.#entries, () => {
      report.scanned(this.#entries.length);
      this.#comparison?.advance();
    });
    // It is awaited below; should something else fail first, its own failure matters no more.
    this.#tree.catch(() => {});
  }

  /** Compares with `previous`, entry by entry as the scan finds them. */
  async compareWith(previous: Previous, rehash: boolean): Promise<{ tree: Tree; comparison: Comparison }> {
    const startedMs = previous.newest === undefined ? 0 : Date.parse(previous.newest.info.time.started);
    const options = { rehash, previousStartNs: BigInt(startedMs) * 1_000_000n };
    const comparison = new Comparison(previous.entries, this.#entries, options);
    this.#comparison = comparison;
    const tree = await this.#tree;
    comparison.finish();
    return { tree, comparison };
  }
}
