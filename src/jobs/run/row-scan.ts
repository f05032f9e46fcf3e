import type { Row } from '../../plan/plan.ts';
import { Comparison } from '../../tree/compare.ts';
import type { Apart } from '../../tree/apart.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import type { BytePath } from '../../tree/path.ts';
import { startScan } from '../../tree/scan.ts';
import { scanTree, type Tree } from '../../tree/scanner.ts';
import { leftOutOf } from '../left-out.ts';
import { oddRules } from '../odd-patterns.ts';
import type { Previous } from './previous.ts';
import type { RowReporter } from './row-reporter.ts';

/** A scan under way, and the comparison that follows it. */
export class RowScan {
  readonly #entries = new EntryTable();
  readonly #tree: Promise<Tree>;
  readonly #report: RowReporter;
  #comparison: Comparison | undefined;

  /**
   * @param apart - Folders that are no part of the source.
   * @throws {@link SnapshotError} `E_ROW`, at once, when the source does not exist or cannot be read.
   */
  constructor(row: Row, apart: readonly Apart[], signal: AbortSignal, report: RowReporter) {
    const grown = (): void => {
      report.scanned(this.#entries.length);
      this.#comparison?.advance();
    };
    const start = startScan(row.source, leftOutOf(row), apart);
    this.#tree = scanTree(row.source, signal, this.#entries, grown, start);
    // It is awaited below; should something else fail first, its own failure matters no more.
    this.#tree.catch(() => {});
    this.#report = report;
  }

  /** Compares with `previous`, entry by entry as the scan finds them. */
  async compareWith(previous: Previous, rehash: boolean): Promise<Scanned> {
    const comparison = compareWith(previous, this.#entries, rehash);
    this.#comparison = comparison;
    const tree = await this.#tree;
    for (const message of oddRules(tree.rules)) this.#report.warn(message);
    comparison.finish();
    return { tree, comparison };
  }
}

/** A tree, and how it differs from the last snapshot. */
export interface Scanned {
  readonly tree: Tree;
  readonly comparison: Comparison;
}

/** Begins to compare `entries`, which may still grow, with `previous`. */
export function compareWith(
  previous: Previous,
  entries: EntryTable,
  rehash: boolean,
  isCarried?: (path: BytePath) => boolean,
): Comparison {
  const startedMs = previous.newest === undefined ? 0 : Date.parse(previous.newest.info.time.started);
  return new Comparison(previous.entries, entries, {
    rehash,
    knowsAttributes: previous.newest?.info.attributes === true,
    previousStartNs: BigInt(startedMs) * 1_000_000n,
    isCarried,
  });
}
