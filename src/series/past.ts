// What runs.jsonl tells of the past, as far as the state of a series depends on it.
import { SnapshotError } from '../base/errors.ts';
import { Fields } from './index/fields.ts';
import type { DamageRecord } from './runs-log.ts';

/** How a run ended. `waiting`: its disk was not there; that stands in no series' log, but in the memory of a machine. */
export interface PastRun {
  readonly outcome: 'written' | 'unchanged' | 'failed' | 'stopped' | 'waiting';
  readonly started: string;
  readonly finished?: string | undefined;
  readonly guards: readonly string[];
  /** Of a sync: what both sides had changed, in words. */
  readonly conflicts?: readonly string[] | undefined;
  readonly error: string | null;
  /** The snapshot that it wrote, or found to be up to date. */
  readonly snapshot?: string | null | undefined;
  /** Entries that were named as problems, and accepted by nobody; these three are missing in lines that do not say. */
  readonly skipped?: number | undefined;
  /** Those of them that are not in the snapshot, though they exist. */
  readonly missing?: number | undefined;
  /** Problems that are accepted. */
  readonly known?: number | undefined;
  /** Why snapshots that were to go are there still. */
  readonly heldBack?: string | undefined;
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
  /** Of a mirror that differs: what puts it right. */
  readonly mendedBy?: 'run' | 'rehash' | undefined;
  readonly damage?: DamageRecord | undefined;
}

export interface PastDrill {
  readonly outcome: 'drill';
  readonly started: string;
  readonly result: 'passed' | 'failed';
}

/** Snapshots were removed on demand. */
export interface PastRemoval {
  readonly outcome: 'prune' | 'forget';
  readonly started: string;
  readonly removed: readonly string[];
  readonly heldBack?: string | undefined;
}

export type PastRecord = PastRun | PastVerify | PastDrill | PastRemoval;

const RUNS = ['written', 'unchanged', 'failed', 'stopped', 'waiting'] as const;
const RESULTS = ['passed', 'failed'] as const;
const MENDINGS = ['run', 'rehash'] as const;
const REMOVALS = ['prune', 'forget'] as const;

/** Whether `record` is of a run that has made sure that there is a snapshot of the source as it was. */
export function isSuccess(record: PastRecord): record is PastRun {
  return record.outcome === 'written' || record.outcome === 'unchanged';
}

export function isRun(record: PastRecord): record is PastRun {
  return !isRemoval(record) && record.outcome !== 'verify' && record.outcome !== 'drill';
}

export function isRemoval(record: PastRecord): record is PastRemoval {
  return record.outcome === 'prune' || record.outcome === 'forget';
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
  const outcome = fields.oneOf('outcome', [...RUNS, ...REMOVALS, 'verify', 'drill']);
  if (outcome === 'drill') return { outcome, started, result: fields.oneOf('result', RESULTS) };
  if (outcome === 'verify') {
    return {
      outcome,
      started,
      result: fields.oneOf('result', RESULTS),
      level: fields.oneOf('level', ['quick', 'full']),
      sample: fields.has('sample') ? fields.share('sample') : null,
      at: fields.has('at') ? fields.text('at') : null,
      ...(fields.has('mendedBy') && { mendedBy: fields.oneOf('mendedBy', MENDINGS) }),
      ...damageOf(fields),
    };
  }
  if (outcome === 'prune' || outcome === 'forget')
    return { outcome, started, removed: fields.strings('removed'), ...heldBackOf(fields) };
  return {
    outcome,
    started,
    ...(fields.has('finished') && { finished: fields.time('finished') }),
    guards: fields.strings('guards'),
    ...(fields.has('conflicts') && { conflicts: fields.strings('conflicts') }),
    error: fields.has('error') ? fields.text('error') : null,
    ...(fields.has('snapshot') && { snapshot: fields.text('snapshot') }),
    ...(fields.has('skipped') && { skipped: fields.count('skipped') }),
    ...(fields.has('missing') && { missing: fields.count('missing') }),
    ...(fields.has('known') && { known: fields.count('known') }),
    ...heldBackOf(fields),
    ...(fields.has('snapshots') && {
      snapshots: fields.count('snapshots'),
      oldest: fields.has('oldest') ? fields.time('oldest') : null,
      seriesBytes: fields.count('seriesBytes'),
    }),
    ...damageOf(fields),
  };
}

function heldBackOf(fields: Fields): { readonly heldBack?: string } {
  return fields.has('heldBack') ? { heldBack: fields.text('heldBack') } : {};
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
