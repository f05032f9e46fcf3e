// What runs.jsonl tells of the past, as far as the state of a series depends on it.
import { SnapshotError } from '../base/errors.ts';
import { Fields } from './index/fields.ts';
import type { DamageRecord } from './runs-log.ts';

/** How a run ended. `waiting`: its disk was not there; that stands in no series' log, but in the memory of a machine. */
export interface PastRun {
  readonly outcome: 'written' | 'unchanged' | 'failed' | 'stopped' | 'waiting';
  readonly started: string;
  readonly guards: readonly string[];
  readonly error: string | null;
  readonly snapshots?: number | undefined;
  readonly oldest?: string | null | undefined;
  readonly seriesBytes?: number | undefined;
  readonly damage?: DamageRecord | undefined;
}

export interface PastVerify {
  readonly outcome: 'verify';
  readonly started: string;
  readonly result: 'passed' | 'failed';
  readonly level: 'quick' | 'full';
  readonly sample: number | null;
  readonly at: string | null;
  readonly damage?: DamageRecord | undefined;
}

export interface PastDrill {
  readonly outcome: 'drill';
  readonly started: string;
  readonly result: 'passed' | 'failed';
}

export type PastRecord = PastRun | PastVerify | PastDrill;

const RUNS = ['written', 'unchanged', 'failed', 'stopped', 'waiting'] as const;
const RESULTS = ['passed', 'failed'] as const;

/** Whether `record` is of a run that has made sure that there is a snapshot of the source as it was. */
export function isSuccess(record: PastRecord): record is PastRun {
  return record.outcome === 'written' || record.outcome === 'unchanged';
}

export function isRun(record: PastRecord): record is PastRun {
  return record.outcome !== 'verify' && record.outcome !== 'drill';
}

/** Reads one line of a log; undefined when it is cut short, damaged, or of a kind that is not known. */
export function parsePast(line: string): PastRecord | undefined {
  try {
    return readPast(Fields.parse(line, 'runs.jsonl'));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return undefined;
  }
}

/** @throws {@link SnapshotError} `E_DAMAGED` */
export function readPast(fields: Fields): PastRecord {
  const started = fields.time('started');
  const outcome = fields.oneOf('outcome', [...RUNS, 'verify', 'drill']);
  if (outcome === 'drill') return { outcome, started, result: fields.oneOf('result', RESULTS) };
  if (outcome === 'verify') {
    return {
      outcome,
      started,
      result: fields.oneOf('result', RESULTS),
      level: fields.oneOf('level', ['quick', 'full']),
      sample: fields.has('sample') ? fields.share('sample') : null,
      at: fields.has('at') ? fields.text('at') : null,
      ...damageOf(fields),
    };
  }
  return {
    outcome,
    started,
    guards: fields.strings('guards'),
    error: fields.has('error') ? fields.text('error') : null,
    ...(fields.has('snapshots') && {
      snapshots: fields.count('snapshots'),
      oldest: fields.has('oldest') ? fields.time('oldest') : null,
      seriesBytes: fields.count('seriesBytes'),
    }),
    ...damageOf(fields),
  };
}

function damageOf(fields: Fields): { readonly damage?: DamageRecord } {
  if (!fields.has('damage')) return {};
  const damage = fields.object('damage');
  return {
    damage: {
      files: damage.count('files'),
      needed: damage.count('needed'),
      repairable: damage.count('repairable'),
      lost: damage.count('lost'),
      unknown: damage.boolean('unknown'),
    },
  };
}
