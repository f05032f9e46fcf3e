import type { Row } from '../../plan/plan.ts';
import type { openStore } from '../../store/open-store.ts';
import type { Report } from '../events.ts';
import type { Memory } from '../status/memory.ts';
import type { RowOptions } from './row-context.ts';
import type { RowChoice } from './rows-to-run.ts';
import type { SeriesPlaces } from './series-places.ts';

export interface RunOptions
  extends RowChoice, Omit<RowOptions, 'pool' | 'places' | 'numbers' | 'lackedElsewhere'> {
  /** Rows at once. */
  readonly jobs: number;
  readonly report: Report;
  /** The store for a destination. */
  readonly open?: typeof openStore | undefined;
  /** Asked before each row: why it is not to begin now, or undefined. */
  readonly notNow?: (() => Promise<string | undefined>) | undefined;
  /** The most that is written, all rows together; as fast as possible when undefined. */
  readonly bytesPerSecond?: number | undefined;
  /** What this machine remembers of destinations; without it, none is ever waited for. */
  readonly memory?: Memory | undefined;
}

/** What all rows of a run share. */
export interface Settled extends RunOptions {
  readonly places: SeriesPlaces;
  /** What a row is called where others are. */
  readonly labels: (row: Row) => string;
  readonly open: typeof openStore;
}
