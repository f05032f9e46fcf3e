// The state of all rows as metrics, in Prometheus' text exposition format 0.0.4:
// https://prometheus.io/docs/instrumenting/exposition_formats/
import type { SeriesStatus } from '../../jobs/status/read-status.ts';

interface Metric {
  /** Without `snapshot_`. */
  readonly name: string;
  readonly help: string;
  /** Undefined: there is none for this series. */
  readonly value: (one: SeriesStatus) => number | undefined;
}

const METRICS: readonly Metric[] = [
  {
    name: 'last_run_timestamp_seconds',
    help: 'When the last run began.',
    value: ({ lastRun }) => seconds(lastRun?.started),
  },
  {
    name: 'last_success_timestamp_seconds',
    help: 'When the last run began that succeeded.',
    value: ({ lastSuccess }) => seconds(lastSuccess?.started),
  },
  {
    name: 'next_due_timestamp_seconds',
    help: 'When the next success is due.',
    value: ({ nextDue }) => seconds(nextDue?.toISOString()),
  },
  {
    name: 'next_verify_timestamp_seconds',
    help: 'When the next verify is due that is scheduled.',
    value: ({ nextVerify }) => seconds(nextVerify?.toISOString()),
  },
  {
    name: 'next_drill_timestamp_seconds',
    help: 'When the next drill is due that is scheduled.',
    value: ({ nextDrill }) => seconds(nextDrill?.toISOString()),
  },
  {
    name: 'last_verify_timestamp_seconds',
    help: 'When the last verify began.',
    value: ({ lastVerify }) => seconds(lastVerify?.started),
  },
  {
    name: 'last_verify_passed',
    help: 'Whether the last verify found everything as it should be.',
    value: ({ lastVerify }) => lastVerify && Number(lastVerify.result === 'passed'),
  },
  {
    name: 'last_drill_timestamp_seconds',
    help: 'When the last drill began.',
    value: ({ lastDrill }) => seconds(lastDrill?.started),
  },
  {
    name: 'last_drill_passed',
    help: 'Whether the last drill gave everything back.',
    value: ({ lastDrill }) => lastDrill && Number(lastDrill.result === 'passed'),
  },
  {
    name: 'overdue',
    help: 'Whether a success is overdue, or a verify or drill that is scheduled.',
    value: ({ isOverdue }) => Number(isOverdue),
  },
  {
    name: 'failing',
    help: 'Whether the last run failed, a guard holds something back, or damage was found.',
    value: ({ isFailing }) => Number(isFailing),
  },
  {
    name: 'waiting',
    help: 'Whether it waits for its disk, and is not overdue yet.',
    value: ({ state }) => Number(state === 'waiting'),
  },
  {
    name: 'last_run_duration_seconds',
    help: 'How long the last run took.',
    value: ({ lastRun }) => lasted(lastRun?.started, lastRun?.finished),
  },
  {
    name: 'last_run_problems',
    help: 'Entries that the last run could not have as they are, and that nobody has accepted.',
    value: ({ lastRun }) => lastRun?.skipped,
  },
  {
    name: 'running',
    help: 'Whether a run is at work.',
    value: ({ isRunning }) => (isRunning === undefined ? undefined : Number(isRunning)),
  },
  { name: 'files', help: 'Files in the newest snapshot.', value: ({ files }) => files },
  { name: 'free_bytes', help: 'Free at the destination.', value: ({ freeBytes }) => freeBytes },
  { name: 'snapshots', help: 'How many snapshots there are.', value: ({ size }) => size?.snapshots },
  { name: 'size_bytes', help: 'What they take on disk.', value: ({ size }) => size?.bytes },
  {
    name: 'oldest_timestamp_seconds',
    help: 'When the oldest of them began.',
    value: ({ size }) => seconds(size?.oldest ?? undefined),
  },
];

/** All metrics of all series. A series has its name for a label, and as two may share it, its destination too. */
export function metricsText(found: readonly SeriesStatus[]): string {
  return METRICS.map(({ name, help, value }) => {
    const samples = found.flatMap((one) => {
      const sample = value(one);
      return sample === undefined ? [] : [`snapshot_${name}${labelsOf(one)} ${sample}\n`];
    });
    if (samples.length === 0) return '';
    return `# HELP snapshot_${name} ${help}\n# TYPE snapshot_${name} gauge\n${samples.join('')}`;
  }).join('');
}

function labelsOf({ series, destination }: SeriesStatus): string {
  return `{series="${escaped(series)}",destination="${escaped(destination)}"}`;
}

function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function seconds(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso) / 1000;
}

function lasted(started: string | undefined, finished: string | undefined): number | undefined {
  if (started === undefined || finished === undefined) return undefined;
  // A clock may have been put back meanwhile.
  return Math.max(0, Date.parse(finished) - Date.parse(started)) / 1000;
}
