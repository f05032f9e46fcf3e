import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addressKind } from '../../base/address.ts';
import { systemCode } from '../../base/errors.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import type { Row } from '../../plan/plan.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';

/**
 * The log of a row that syncs. Neither side is the place for it: both may be another machine's, and away. So it is kept on this
 * one, in `STATE/pairs/rows/KEY/log/runs.jsonl`.
 */
export class PairSeries extends Series {
  /** The two sides, as the plan names them: absolute folders, or addresses. */
  readonly sides: readonly [string, string];
  readonly #title: string;

  constructor({ name, source, destination }: Pick<Row, 'name' | 'source' | 'destination'>) {
    const key = createHash('sha256').update(`${source}\0${destination}`).digest('hex').slice(0, 24);
    super(openStore(join(thisStateFolder(), 'pairs', 'rows', key)), 'log');
    this.sides = [source, destination];
    this.#title = name;
  }

  override get hasSnapshots(): boolean {
    return false;
  }

  override get title(): string {
    return this.#title;
  }

  override get home(): string {
    return this.sides.join(' and ');
  }

  /** Sides that are folders of this machine, or of a disk of it, and are not there. */
  async missing(): Promise<readonly string[]> {
    const missing: string[] = [];
    for (const side of this.sides)
      if (addressKind(side) === undefined && !(await isThere(side))) missing.push(side);
    return missing;
  }
}

async function isThere(folder: string): Promise<boolean> {
  try {
    await stat(folder);
    return true;
  } catch (error) {
    // Of one that nobody may look into, whoever looks says more.
    return systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR';
  }
}
