// Looks whether both sides of a pair are what they were when they last agreed. Nothing is changed.
import { EXIT_STATUS, gravestStatus } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { otherOf } from '../../sync/item.ts';
import { display } from '../../tree/path.ts';
import type { VerifyEnd, VerifyReport } from '../verify/verify-events.ts';
import { APART, type SyncResult } from './result.ts';
import { sync } from './sync.ts';

/** More than these are counted. */
const MOST_NAMED = 200;

interface VerifyPairOptions {
  /** `full` reads every file of both sides. */
  readonly level: 'quick' | 'full';
  readonly signal: AbortSignal;
  readonly report: VerifyReport;
}

/**
 * What differs is no damage, as either side may change: it is named, and the next sync settles it. What could not be looked at is
 * trouble, and what a guard would stop.
 *
 * @throws {@link SnapshotError} when a side cannot be looked at.
 */
export async function verifyPair(row: Row, { level, signal, report }: VerifyPairOptions): Promise<VerifyEnd> {
  const startedMs = performance.now();
  const result = await sync(row.source, row.destination, {
    dryRun: true,
    rehash: level === 'full',
    acceptChanges: false,
    exclude: [...row.excludeLines, ...row.exclude],
    isWanted: () => true,
    keep: row.keep,
    signal,
    warn: (message) => report({ event: 'note', series: row.name, message }),
    progress: () => {},
  });
  const note = (message: string): void => report({ event: 'note', series: row.name, message });
  const { stop, troubles } = result;
  const trouble = (message: string): void =>
    report({ event: 'note', series: row.name, message, isTrouble: true });
  if (stop !== undefined) trouble(`a sync would be stopped (${stop.guard}): ${stop.message}`);
  const differing = differencesOf(result);
  for (const text of differing.slice(0, MOST_NAMED)) note(text);
  if (differing.length > MOST_NAMED) note(`and ${differing.length - MOST_NAMED} more`);
  for (const { path, reason } of troubles) trouble(`${display(path)}: ${reason}`);
  const { files, bytes } = result.agreed;
  return {
    event: 'series',
    series: row.name,
    folder: `${result.labels.here} and ${result.labels.there}`,
    looked: level,
    snapshots: 0,
    archives: 0,
    readPieces: 0,
    pieces: 0,
    readBytes: level === 'full' ? 2 * bytes : 0,
    damages: 0,
    lost: 0,
    durationMs: Math.round(performance.now() - startedMs),
    status: gravestStatus([
      stop === undefined ? 0 : EXIT_STATUS.E_GUARD,
      troubles.length > 0 ? EXIT_STATUS.E_PARTIAL : 0,
    ]),
    pair: { files, differing: differing.length, troubles: troubles.length },
  };
}

function differencesOf({ actions }: SyncResult): readonly string[] {
  return actions.map((action) => {
    const { decision, path } = action;
    const name = display(path);
    switch (decision.do) {
      case 'copy': {
        const from = otherOf(decision.to);
        return action[decision.to] === undefined ? `${name} is ${from} only` : `${name} was changed ${from}`;
      }
      case 'delete':
        return `${name} was deleted ${otherOf(decision.on)}`;
      case 'move':
        return `${display(decision.from)} was moved to ${name} ${otherOf(decision.on)}`;
      case 'mode':
        return `${name} has another mode ${otherOf(decision.on)}`;
      case 'apart':
        return `${name}: ${APART[decision.why] ?? decision.why}`;
      case 'nothing':
      case 'note':
      case 'leave':
        return `${name} differs`;
    }
  });
}
