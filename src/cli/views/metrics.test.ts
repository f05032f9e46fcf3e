import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeriesStatus } from '../../jobs/status/read-status.ts';
import { statusOf } from '../../jobs/status/status.ts';
import type { PastRecord } from '../../series/past.ts';
import { metricsText } from './metrics.ts';

const NOW = new Date('2026-11-20T12:00:00Z');

interface Sample {
  readonly metric: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/**
 * Reads the text format 0.0.4 as strictly as its description is: HELP, then TYPE, then all samples of a metric
 * together, no sample twice, every line ended, nothing else.
 */
function parseMetrics(text: string): readonly Sample[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let metric = '';
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const help = /^# HELP ([a-z_:][a-z0-9_:]*) (?:[^\\]|\\\\|\\n)+$/.exec(line);
    if (help !== null) {
      metric = help[1] ?? '';
      if (seen.has(metric)) throw new Error(`${metric} comes twice`);
      seen.add(metric);
      if (lines[++i] !== `# TYPE ${metric} gauge`) throw new Error(`no TYPE after ${line}`);
      if (!(lines[i + 1] ?? '').startsWith(`${metric}{`)) throw new Error(`no sample of ${metric}`);
      continue;
    }
    const [, name, inside = '', value = ''] = /^([a-z_]+)\{(.*)\} (-?\d+(?:\.\d+)?)$/.exec(line) ?? [];
    if (name !== metric) throw new Error(`not a sample of ${metric}: ${line}`);
    const labels = parseLabels(inside);
    const key = `${name} ${JSON.stringify([...labels])}`;
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    samples.push({ metric, labels, value: Number(value) });
  }
  return samples;
}

function parseLabels(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  let rest = text;
  while (rest !== '') {
    const [all, name = '', value = ''] =
      /^([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,(?=.)|$)/.exec(rest) ?? [];
    if (all === undefined || labels.has(name)) throw new Error(`bad labels: ${text}`);
    labels.set(
      name,
      value.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    );
    rest = rest.slice(all.length);
  }
  return labels;
}

function series(name: string, destination: string, records: readonly PastRecord[]): SeriesStatus {
  const everyMs = 86_400_000;
  return {
    ...statusOf(records, everyMs, NOW),
    series: name,
    destination,
    everyMs,
    isLogKnown: true,
    logs: { verifies: true, drills: true },
    hints: [],
    unreadable: 0,
  };
}

const RUN: PastRecord = {
  outcome: 'written',
  started: '2026-11-20T02:00:00.500Z',
  finished: '2026-11-20T02:01:30.750Z',
  skipped: 2,
  guards: [],
  error: null,
  snapshots: 3,
  oldest: '2026-11-01T02:00:00.000Z',
  seriesBytes: 1234,
};

describe('metricsText()', () => {
  it('tells times in seconds, states as 0 and 1, and leaves out what is not known', () => {
    const drill: PastRecord = { outcome: 'drill', started: '2026-11-20T03:00:00Z', result: 'failed' };
    const place = { files: 12, freeBytes: 5000, isRunning: true };
    const a = { ...series('a', '/d', [RUN, drill]), ...place };
    const found = parseMetrics(metricsText([a, series('b', '/d', [])]));
    const of = (name: string): Record<string, number> =>
      Object.fromEntries(
        found
          .filter(({ labels }) => labels.get('series') === name)
          .map(({ metric, value }) => [metric, value]),
      );
    expect(of('a')).toEqual({
      snapshot_last_run_timestamp_seconds: 1_795_140_000.5,
      snapshot_last_success_timestamp_seconds: 1_795_140_000.5,
      snapshot_next_due_timestamp_seconds: 1_795_226_400.5,
      snapshot_last_drill_timestamp_seconds: 1_795_143_600,
      snapshot_last_drill_passed: 0,
      snapshot_overdue: 0,
      snapshot_failing: 1,
      snapshot_waiting: 0,
      snapshot_last_run_duration_seconds: 90.25,
      snapshot_last_run_problems: 2,
      snapshot_running: 1,
      snapshot_files: 12,
      snapshot_free_bytes: 5000,
      snapshot_snapshots: 3,
      snapshot_size_bytes: 1234,
      snapshot_oldest_timestamp_seconds: 1_793_498_400,
    });
    expect(of('b')).toEqual({ snapshot_overdue: 1, snapshot_failing: 0, snapshot_waiting: 0 });
  });

  it('is nothing without rows', () => {
    expect(metricsText([])).toBe('');
  });

  it('can be read back whatever names and places hold', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '{', '}', ',', '=', 'é', ' ') });
    const names = fc.uniqueArray(fc.tuple(text, text), {
      selector: (pair) => JSON.stringify(pair),
      maxLength: 5,
    });
    fc.assert(
      fc.property(names, (pairs) => {
        const found = parseMetrics(metricsText(pairs.map(([name, place]) => series(name, place, [RUN]))));
        const failing = found.filter(({ metric }) => metric === 'snapshot_failing');
        expect(failing.map(({ labels }) => [...labels.values()])).toEqual(pairs);
      }),
    );
  });
});
