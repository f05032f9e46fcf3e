import { commandLine } from '../../base/command-line.ts';
import { printable } from '../../base/errors.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { rowLabel } from '../../plan/row-label.ts';
import type { SeriesStatus } from '../../jobs/status/read-status.ts';
import type { RowState } from '../../jobs/status/status.ts';
import type { PastVerify } from '../../series/past.ts';
import { formatBytes, formatCount, formatCountOf } from '../../base/amounts.ts';
import { type Column, fitTable } from './table.ts';
import type { Terminal } from '../terminal.ts';
import { sentence } from './wrap-words.ts';

const STYLE = { failing: 'red', overdue: 'red', waiting: 'yellow', ok: 'green' } as const;
const WORD = { failing: 'FAILING', overdue: 'OVERDUE', waiting: 'waiting', ok: 'ok' } as const;

/** Less than this is too narrow for times; their ages say as much. */
const NARROW = 170;

const COLUMNS: readonly Column[] = [
  { title: 'row' },
  { title: 'state' },
  { title: 'last run' },
  { title: 'last success' },
  { title: 'verified' },
  { title: 'drill' },
  { title: 'next due' },
  { title: 'snapshots', align: 'right' },
  { title: 'size', align: 'right' },
  { title: 'oldest' },
];

/** What is left out first where there is no room. */
const DISPENSABLE: readonly string[] = ['oldest', 'size', 'snapshots', 'drill', 'verified', 'last run'];

/** A line for each row, those that need somebody first; then what is wrong with them. */
export function showStatus(
  all: readonly SeriesStatus[],
  now: Date,
  terminal: Terminal,
  quiet: boolean,
): void {
  const found = withLabels(all);
  const lines = found.flatMap((one) => detailsOf(one, terminal));
  if (quiet) {
    for (const { line, state } of lines) if (state === 'failing' || state === 'overdue') terminal.err(line);
    return;
  }
  if (found.length === 0) {
    terminal.out('The plan has no active row.');
    return;
  }
  const isNarrow = terminal.isLive && terminal.columns < NARROW;
  const time = (iso: string | undefined): string => {
    if (iso === undefined) return '–';
    return isNarrow ? shortAge(Date.parse(iso) - now.getTime()) : formatLocal(new Date(iso));
  };
  const rows = found.map((one) => [
    one.series,
    stateText(one.state, terminal),
    time(one.lastRun?.started),
    time(one.lastSuccess?.started),
    one.lastVerify === undefined
      ? neverOf(one, 'verifies')
      : `${time(one.lastVerify.started)}${verifyMark(one.lastVerify)}`,
    one.lastDrill === undefined
      ? neverOf(one, 'drills')
      : `${time(one.lastDrill.started)}${mark(one.lastDrill.result)}`,
    time(one.nextDue?.toISOString()),
    one.size === undefined ? '–' : formatCount(one.size.snapshots),
    one.size === undefined ? '–' : formatBytes(one.size.bytes),
    time(one.size?.oldest ?? undefined),
  ]);
  terminal.out(fitTable(COLUMNS, rows, terminal, DISPENSABLE));
  if (lines.length > 0)
    terminal.out(`\n${lines.map(({ head = '', line }) => sentence(head, line, terminal)).join('\n')}`);
  terminal.out(`\n${verdict(found, terminal)}`);
  const next = [
    ...nextOf('verify', found, ({ nextVerify }) => nextVerify),
    ...nextOf('drill', found, ({ nextDrill }) => nextDrill),
  ];
  if (next.length > 0) terminal.out(terminal.style('dim', `Next ${next.join(', next ')}.`));
}

function nextOf(
  kind: string,
  found: readonly SeriesStatus[],
  of: (one: SeriesStatus) => Date | undefined,
): readonly string[] {
  const times = found.flatMap((one) => of(one)?.getTime() ?? []);
  return times.length === 0 ? [] : [`${kind}: ${formatLocal(new Date(Math.min(...times)))}`];
}

/** Those of two rows with one name are told apart by their destinations. */
function withLabels(found: readonly SeriesStatus[]): readonly SeriesStatus[] {
  const rows = found.map(({ series }) => ({ name: series }));
  return found.map((one) => ({ ...one, series: rowLabel({ ...one, name: one.series }, rows) }));
}

/** Of what its log knows nothing. */
export function neverOf(
  { isLogKnown, logs }: Pick<SeriesStatus, 'isLogKnown' | 'logs'>,
  what: keyof SeriesStatus['logs'],
): string {
  return isLogKnown && logs[what] ? 'never' : '–';
}

function stateText(state: RowState, { style }: Terminal): string {
  return style(STYLE[state], WORD[state]);
}

interface Detail {
  readonly head?: string;
  readonly line: string;
  readonly state: RowState;
}

function detailsOf(one: SeriesStatus, terminal: Terminal): readonly Detail[] {
  const { series, state, reasons, hints, notes, unreadable, wrongClocks = 0 } = one;
  // What a row waits for says so itself.
  const colon = state === 'waiting' ? `${series}: ` : `${series}: ${stateText(state, terminal)}: `;
  const lines = [
    ...reasons.map((reason) => ({ line: `${colon}${printable(reason)}`, state })),
    ...hints.map((hint) => ({ head: '  ', line: printable(hint), state: 'ok' as const })),
    ...notes.map((note) => ({ line: `${series}: ${printable(note)}`, state: 'ok' as const })),
  ];
  const ofLog = [
    ...(unreadable === 0 ? [] : [`${formatCountOf(unreadable, 'line')} of its log cannot be read`]),
    ...(wrongClocks === 0
      ? []
      : [`${formatCountOf(wrongClocks, 'line')} of its log with a wrong time, as the clock was wrong`]),
  ];
  return [
    ...lines,
    ...ofLog.map((note) => ({ line: terminal.style('dim', `${series}: ${note}`), state: 'ok' as const })),
  ];
}

function verdict(found: readonly SeriesStatus[], { style }: Terminal): string {
  const count = (is: (one: SeriesStatus) => boolean, text: string): string[] => {
    const n = found.filter(is).length;
    return n === 0 ? [] : [`${formatCount(n)} ${text}`];
  };
  const bad = [
    ...count(({ state }) => state === 'failing', 'failing'),
    ...count(({ state }) => state === 'overdue', 'overdue'),
  ];
  const waiting = count(({ state }) => state === 'waiting', 'waiting for a disk');
  const text = [...bad, ...waiting].join(', ');
  const hasNotes = found.some(
    ({ notes, unreadable, wrongClocks = 0 }) => notes.length + unreadable + wrongClocks > 0,
  );
  if (text === '' && hasNotes) return style('yellow', 'Nothing needs you now; see above.');
  if (text === '') return style('green', fineText(found));
  return style(bad.length > 0 ? 'red' : 'yellow', `Of ${formatCountOf(found.length, 'row')}: ${text}.`);
}

/** What is true of rows of which nothing is wrong. What nobody has looked at is not called well. */
export function fineText(found: readonly SeriesStatus[]): string {
  const unseen = found.filter(
    ({ logs, isLogKnown, lastVerify, lastDrill }) =>
      logs.verifies && isLogKnown && lastVerify === undefined && lastDrill === undefined,
  ).length;
  if (unseen === 0) return 'All is well.';
  const which =
    unseen === found.length ? '' : ` (${formatCount(unseen)} of ${formatCountOf(found.length, 'row')})`;
  return `All rows are up to date. Never verified yet${which}: \`${commandLine('verify')}\`.`;
}

function mark(result: 'passed' | 'failed'): string {
  return result === 'passed' ? '' : ' FAILED';
}

/** How thorough it was, and whether it failed. */
function verifyMark({ result, level, sample }: PastVerify): string {
  const share = sample === null ? '' : ` ${Number((sample * 100).toFixed(3))}%`;
  return `${level === 'full' ? share || ' full' : ' quick'}${mark(result)}`;
}

/** `5m ago`, `3h ago`, `in 2d` */
function shortAge(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  if (minutes < 1) return 'now';
  const hours = Math.floor(minutes / 60);
  const text = hours >= 48 ? `${Math.floor(hours / 24)}d` : hours > 0 ? `${hours}h` : `${minutes}m`;
  return ms <= 0 ? `${text} ago` : `in ${text}`;
}
