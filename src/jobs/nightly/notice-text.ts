// A notice as a person reads it.
import { hostname } from 'node:os';
import type { Message } from '../../host/notices/channel.ts';
import type { Notice, NoticeRow } from './notice.ts';
import { formatCountOf, formatDuration } from '../../base/amounts.ts';
import { rowLine } from './row-line.ts';

const PLAIN = { style: (_: string, text: string): string => text };

/** What is told when a run begins. */
export function startMessage(): Message {
  return { moment: 'start', title: `Backup on ${hostname()}: started`, text: '', payload: {} };
}

/** What is told when it has ended. */
export function endMessage(notice: Notice): Message {
  const title = `Backup on ${notice.host}: ${verdict(notice)}`;
  return { moment: momentOf(notice), title, text: noticeText(notice), payload: notice };
}

function momentOf({ outcome, rows }: Notice): Message['moment'] {
  switch (outcome) {
    case 'done':
      return isOnlyWaiting(rows) ? 'log' : 'success';
    case 'trouble':
    case 'failed':
    case 'stopped':
      return 'failure';
    // No run, so no success; and nothing went wrong.
    case 'skipped':
    case 'test':
      return 'log';
  }
}

/** Nothing went wrong yet, and nothing was done: no reason for a monitor to be content. */
function isOnlyWaiting(rows: readonly NoticeRow[]): boolean {
  return rows.length > 0 && rows.every(({ outcome }) => outcome === 'waiting');
}

function verdict({ outcome, status, rows }: Notice): string {
  switch (outcome) {
    case 'done':
      if (isOnlyWaiting(rows)) return 'waiting for its disk';
      return rows.some((row) => row.outcome === 'written') ? 'done' : 'done, nothing changed';
    case 'trouble':
      if (status === 4) return 'a guard held something back';
      return status === 11 ? 'another run holds the lock' : 'not everything could be read';
    case 'failed': {
      // One that was refused, or locked, is none: it has an exit code of its own.
      const failed = rows.filter((row) => row.outcome === 'failed' && row.status === 1).length;
      if (failed > 0) return `${formatCountOf(failed, 'row')} of ${rows.length} failed`;
      // Of damage that was healed, the exit code says nothing.
      if (rows.some((row) => row.damage !== null && row.status === 1))
        return 'something in the archives is damaged';
      return rows.length === 0 ? 'it could not start' : 'the command after it failed';
    }
    case 'stopped':
    case 'skipped':
      return outcome;
    case 'test':
      return 'this is a test';
  }
}

function noticeText({ notes, error, rows, status, started, finished, outcome }: Notice): string {
  const lines = [...notes];
  if (error !== null) lines.push(error.message, ...error.problems.map((problem) => `  ${problem}`));
  // What went wrong comes first: the end may be cut off.
  const byGravity = rows.toSorted((a, b) => Number(a.status === 0) - Number(b.status === 0));
  lines.push(...byGravity.flatMap(rowLines));
  if (outcome !== 'test') {
    const ms = Date.parse(finished) - Date.parse(started);
    lines.push('', `Exit code ${status}, after ${formatDuration(ms)}.`);
  }
  return lines.join('\n');
}

function rowLines(row: NoticeRow): readonly string[] {
  const { error, guards, damage, problems, problemCount, conflicts = [] } = row;
  const lines = [rowLine({ ...row, dryRun: false }, PLAIN)];
  if (error !== null) lines.push(`  ${error.message}`);
  else lines.push(...guards.map(({ message }) => `  ${message}`));
  lines.push(...(damage?.messages ?? []).map((message) => `  ${message}`));
  lines.push(...conflicts.map((text) => `  ${text}`));
  for (const { path, reason } of problems) lines.push(`  ${path === '' ? '.' : path}: ${reason}`);
  if (problemCount > problems.length)
    lines.push(`  and ${formatCountOf(problemCount - problems.length, 'more problem')}, in the log`);
  return lines;
}
