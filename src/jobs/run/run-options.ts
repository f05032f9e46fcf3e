import type { Machine } from '../../host/machine.ts';
import type { Row } from '../../plan/plan.ts';
import type { openStore } from '../../store/open-store.ts';
import type { Report } from '../events.ts';
import type { Memory } from '../status/memory.ts';
import type { RowChoice } from './rows-to-run.ts';
import type { SeriesPlaces } from './series-places.ts';

export interface RunOptions extends RowChoice {
  readonly dryRun: boolean;
  /** Rows at once. */
  readonly jobs: number;
  readonly rehash: boolean;
  /** Overrules all guards. */
  readonly acceptChanges: boolean;
  /** The series of all rows are to be theirs, whosever they were. */
  readonly adopt?: boolean | undefined;
  /** Default: this one. */
  readonly machine?: Machine | undefined;
  /** Overrules those that are about one of these paths of a row: only when no more than one row runs. */
  readonly acceptPaths?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly now: () => Date;
  /** The store for a destination. */
  readonly open?: typeof openStore | undefined;
  /** Asked before each row: why it is not to begin now, or undefined. */
  readonly notNow?: (() => Promise<string | undefined>) | undefined;
  /** The most that is written, all rows together; as fast as possible when undefined. */
  readonly bytesPerSecond?: number | undefined;
  /** What this machine remembers of destinations; without it, none is ever waited for. */
  readonly memory?: Memory | undefined;
  /** Whether this machine knows of a success of a row. */
  readonly hadSuccess?: ((row: Row) => boolean) | undefined;
  /** Archives end at about so many bytes; default 512 MiB. */
  readonly archiveBytes?: number | undefined;
  /** A smaller index is written whole each time; default 256 KiB. */
  readonly smallIndexBytes?: number | undefined;
}

/** What all rows of a run share. */
export interface Settled extends RunOptions {
  readonly places: SeriesPlaces;
  /** What a row is called where others are. */
  readonly labels: (row: Row) => string;
  readonly open: typeof openStore;
}
