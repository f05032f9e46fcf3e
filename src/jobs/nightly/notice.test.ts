import { describe, expect, it } from 'vitest';
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import { PlanError, problemAt } from '../../plan/problem.ts';
import type { RowEnd, RowProblem } from '../events.ts';
import { makeNotice, MOST_PROBLEMS, type Notice, type RunOutcome } from './notice.ts';
import { pathless } from './pathless.ts';

const END: RowEnd = {
  event: 'row',
  row: 'letters',
  source: '/home/anna/letters',
  series: null,
  damage: null,
  outcome: 'written',
  dryRun: false,
  snapshot: '2026-11-19T02-00-00Z',
  folder: '/mnt/disk/letters/2026-11-19T02-00-00Z',
  change: { added: 1, modified: 2, removed: 3 },
  files: 4,
  bytes: 5,
  newBytes: 6,
  problems: 0,
  guards: [],
  kept: [],
  removed: [{ snapshot: '2026-11-01T02-00-00Z', reasons: [] }],
  error: null,
  waiting: null,
  durationMs: 7,
  status: 0,
};

function noticeOf(outcome: Partial<RunOutcome>, problems: readonly RowProblem[] = []): Notice {
  const ends = outcome.ends ?? [];
  const status = outcome.status ?? gravestStatus(ends.map((end) => end.status));
  return makeNotice({
    kind: 'run',
    ends,
    notes: [],
    ...outcome,
    status,
    host: 'pc',
    started: new Date(0),
    finished: new Date(1000),
    problems: (row) => problems.filter((problem) => problem.row === row),
  });
}

describe('makeNotice()', () => {
  it('adds up what the rows changed', () => {
    const notice = noticeOf({ ends: [END, { ...END, row: 'photos' }] });
    expect(notice).toMatchObject({
      version: 1,
      host: 'pc',
      outcome: 'done',
      status: 0,
      started: '1970-01-01T00:00:00.000Z',
      finished: '1970-01-01T00:00:01.000Z',
      change: { added: 2, modified: 4, removed: 6 },
      newBytes: 12,
      error: null,
    });
    expect(notice.rows.map(({ row, removed }) => [row, removed])).toEqual([
      ['letters', ['2026-11-01T02-00-00Z']],
      ['photos', ['2026-11-01T02-00-00Z']],
    ]);
  });

  it.each([
    [0, 'done'],
    [1, 'failed'],
    [2, 'failed'],
    [3, 'trouble'],
    [4, 'trouble'],
    [11, 'trouble'],
    [130, 'stopped'],
  ])('calls status %i %s', (status, outcome) => {
    expect(noticeOf({ status }).outcome).toBe(outcome);
  });

  it('has a word for every exit status there is', () => {
    for (const status of Object.values(EXIT_STATUS))
      expect(noticeOf({ status }).outcome).toMatch(/failed|trouble|stopped/);
  });

  it('holds the first problems, and counts all of them', () => {
    const problems = Array.from({ length: 20 }, (_, i): RowProblem => {
      return { event: 'problem', row: 'letters', kind: 'unreadable', path: `a/${i}`, reason: 'denied' };
    });
    const [row] = noticeOf({ ends: [{ ...END, problems: 20, status: 3 }] }, problems).rows;
    expect(row?.problemCount).toBe(20);
    expect(row?.problems).toHaveLength(MOST_PROBLEMS);
    expect(row?.problems[0]).toEqual({ kind: 'unreadable', path: 'a/0', reason: 'denied' });
  });

  it('says where no folder is', () => {
    const error = {
      code: 'E_ROW',
      message: 'Cannot read "/home/anna/letters": no such file or folder',
      hint: 'Is "/home/anna" there?',
    };
    const guards = [{ guard: 'empty-source', message: '"/home/anna/letters" is empty', hint: '/home/anna' }];
    const problem: RowProblem = {
      event: 'problem',
      row: 'letters',
      kind: 'unreadable',
      path: 'a/b.txt',
      reason: "EIO: i/o error, open '/home/anna/letters/a/b.txt'",
    };
    const notice = noticeOf(
      {
        ends: [{ ...END, error, guards, status: 1 }],
        notes: ['Look at "/home/anna/x"'],
        error: new PlanError('/home/anna/plan.csv', [problemAt(3, 'unknown value `/home/anna` in `keep`')]),
      },
      [problem],
    );
    expect(JSON.stringify(notice)).not.toMatch(/home|mnt/);
    expect(notice.rows[0]?.guards).toEqual([{ guard: 'empty-source', message: '"…/letters" is empty' }]);
    expect(notice.rows[0]?.error?.message).toBe('Cannot read "…/letters": no such file or folder');
    expect(notice.error).toEqual({
      code: 'E_PLAN',
      message: 'Cannot use the plan "…/plan.csv": 1 problem',
      problems: ['line 3: unknown value `…/anna` in `keep`'],
    });
  });

  it('says what became of damage, of a disk that is away and of conflicts, and where no folder is', () => {
    const conflicts = Array.from({ length: MOST_PROBLEMS + 1 }, (_, i) => `conflict: "/home/anna/${i}"`);
    const damage = {
      files: 3,
      healed: 1,
      lost: 2,
      repairable: 0,
      unknown: false,
      messages: ['"/home/anna/x" is damaged'],
      hint: '',
    };
    const waiting = {
      message: 'the disk of "/mnt/disk" is away',
      since: '2026-11-01T00:00:00Z',
      lastSuccess: null,
    };
    const { rows } = noticeOf({ ends: [{ ...END, conflicts, damage, waiting }, END] });
    expect(rows[0]).toMatchObject({
      damage: { healed: 1, lost: 2, messages: ['"…/x" is damaged'] },
      waiting: { message: 'the disk of "…/disk" is away' },
    });
    expect(rows[0]?.conflicts).toEqual([0, 1, 2, 3, 4].map((i) => `conflict: "…/${i}"`));
    expect(rows[1]).toMatchObject({ damage: null, waiting: null, error: null });
    expect(rows[1]).not.toHaveProperty('conflicts');
  });

  it('is of no run where there was none', () => {
    for (const kind of ['skipped', 'test'] as const) expect(noticeOf({ kind, status: 0 }).outcome).toBe(kind);
  });

  it('names the first mistakes of a plan only', () => {
    const mistakes = Array.from({ length: MOST_PROBLEMS + 1 }, (_, i) => problemAt(i + 1, 'x'));
    const { error } = noticeOf({ status: 2, error: new PlanError('plan.csv', mistakes) });
    expect(error?.problems).toEqual([1, 2, 3, 4, 5].map((line) => `line ${line}: x`));
  });

  it('names the code of an error, and of a bug', () => {
    expect(noticeOf({ status: 1, error: new SnapshotError('E_HOOK', 'x') }).error?.code).toBe('E_HOOK');
    expect(noticeOf({ status: 1, error: new TypeError('x') }).error).toEqual({
      code: 'E_INTERNAL',
      message: 'x',
      problems: [],
    });
  });
});

describe('pathless()', () => {
  it.each([
    ['Cannot read "/a/b c/d.txt": why', 'Cannot read "…/d.txt": why'],
    ['"~/letters" and "/x/y/"', '"…/letters" and "…/y"'],
    [String.raw`"C:\Users\anna\x" "\\server\share\y"`, '"…/x" "…/y"'],
    ["open '/a/b'", "open '…/b'"],
    ['no "/a/b\nc/d", "/e"', 'no "…/d", "…/e"'],
    ['"/" is full', '"" is full'],
    ['"letters" has 3/4 of `a/b`', '"letters" has 3/4 of `a/b`'],
  ])('of %s is %s', (message, expected) => {
    expect(pathless(message)).toBe(expected);
  });
});
