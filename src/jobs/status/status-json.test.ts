import { expect, it } from 'vitest';
import type { PastRecord } from '../../series/past.ts';
import { statusJson } from './status-json.ts';
import { statusOf } from './status.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const [FIRST, SECOND, THIRD] = [
  '2026-11-18T02:00:00.000Z',
  '2026-11-19T02:00:00.000Z',
  '2026-11-20T02:00:00.000Z',
];

function json(records: readonly PastRecord[]): object {
  const of = {
    series: 'data',
    destination: '/disk',
    everyMs: 86_400_000,
    hints: ['do this'],
    isLogKnown: true,
    logs: { verifies: true, drills: true },
    unreadable: 2,
    nextVerify: new Date(THIRD),
    nextDrill: new Date(FIRST),
  };
  return statusJson({ ...statusOf(records, of.everyMs, NOW), ...of });
}

it('has for programs what there is to know of a row, each time in UTC', () => {
  const run = { guards: [], error: null } as const;
  const verify = { result: 'passed', level: 'full', sample: 0.1, at: FIRST } as const;
  expect(
    json([
      { ...run, outcome: 'written', started: FIRST, snapshots: 3, oldest: FIRST, seriesBytes: 9 },
      { ...verify, outcome: 'verify', started: SECOND },
      { outcome: 'drill', result: 'failed', started: SECOND },
      { ...run, outcome: 'failed', started: THIRD, error: 'why' },
    ]),
  ).toEqual({
    event: 'status',
    series: 'data',
    destination: '/disk',
    state: 'failing',
    overdue: true,
    failing: true,
    reasons: [
      'the last run failed: why',
      'the last drill failed',
      'the last success was 2 days ago, and is to be every day',
    ],
    hints: ['do this'],
    notes: [],
    every: '1d',
    lastRun: { time: THIRD, outcome: 'failed', guards: [], error: 'why' },
    lastSuccess: FIRST,
    nextDue: SECOND,
    nextVerify: THIRD,
    nextDrill: FIRST,
    lastVerify: { time: SECOND, result: 'passed', level: 'full', sample: 0.1, at: FIRST },
    lastDrill: { time: SECOND, result: 'failed' },
    snapshots: 3,
    bytes: 9,
    oldest: FIRST,
    logKnown: true,
    unreadable: 2,
  });
  expect(json([])).toMatchObject({
    lastRun: null,
    lastSuccess: null,
    nextDue: null,
    lastVerify: null,
    lastDrill: null,
    snapshots: null,
    bytes: null,
    oldest: null,
  });
});

function damagedIn(texts: readonly string[]): number {
  return texts.filter((text) => text.includes('damaged')).length;
}

it.each([
  // [files that are damaged, of them needed, repairable and lost, whether that is only a note]
  [1, 0, 0, 0, true],
  [1, 1, 0, 0, false],
  [1, 0, 1, 0, false],
  [1, 0, 0, 1, false],
  [0, 0, 0, 0, undefined],
])(
  'of %i damaged files, %i needed, %i repairable, %i lost, says so once',
  (files, needed, repairable, lost, isNote) => {
    const damage = { files, needed, repairable, lost, unknown: false };
    const { notes, reasons } = statusOf(
      [{ outcome: 'written', started: THIRD, guards: [], error: null, damage }],
      86_400_000,
      NOW,
    );
    expect([damagedIn(notes), damagedIn(reasons)]).toEqual([
      isNote === true ? 1 : 0,
      isNote === false ? 1 : 0,
    ]);
  },
);
