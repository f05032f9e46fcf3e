import { describe, expect, it } from 'vitest';
import type { Notice, NoticeRow } from './notice.ts';
import { endMessage } from './notice-text.ts';

const ROW: NoticeRow = {
  row: 'docs',
  outcome: 'written',
  status: 0,
  snapshot: '2026-11-19T02-00-00Z',
  change: { added: 1, modified: 0, removed: 0 },
  files: 4,
  bytes: 5,
  newBytes: 6,
  removed: [],
  guards: [],
  damage: null,
  problemCount: 0,
  problems: [],
  error: null,
  waiting: null,
  durationMs: 7,
};

const UNCHANGED: NoticeRow = { ...ROW, outcome: 'unchanged' };
const WAITING: NoticeRow = { ...ROW, outcome: 'waiting', waiting: { message: 'the disk is away' } };
const PARTIAL: NoticeRow = {
  ...ROW,
  status: 3,
  problemCount: 2,
  problems: [{ kind: 'unreadable', path: 'a', reason: 'permission denied' }],
};
const REFUSED: NoticeRow = {
  ...ROW,
  outcome: 'failed',
  status: 4,
  guards: [{ guard: 'empty-source', message: 'it is empty' }],
  error: { code: 'E_GUARD', message: 'it is empty' },
};
const HELD: NoticeRow = {
  ...ROW,
  status: 4,
  guards: [{ guard: 'mass-change', message: 'much has changed' }],
};
const LOCKED: NoticeRow = {
  ...ROW,
  outcome: 'failed',
  status: 11,
  error: { code: 'E_LOCKED', message: 'another run' },
};
const FAILED: NoticeRow = {
  ...ROW,
  row: 'photos',
  outcome: 'failed',
  status: 1,
  error: { code: 'E_ROW', message: 'no source' },
};

function notice(more: Partial<Notice>): Notice {
  return {
    version: 1,
    tool: 'snapshot',
    host: 'pc',
    outcome: 'done',
    status: 0,
    started: '2026-11-19T02:00:00.000Z',
    finished: '2026-11-19T02:00:05.000Z',
    change: { added: 0, modified: 0, removed: 0 },
    newBytes: 0,
    rows: [],
    notes: [],
    error: null,
    ...more,
  };
}

describe('the title of a notice says what the exit code says, and a monitor hears', () => {
  it.each<[string, string, Partial<Notice>]>([
    ['success', 'done', { rows: [ROW, UNCHANGED, WAITING] }],
    ['success', 'done, nothing changed', { rows: [UNCHANGED, WAITING] }],
    ['success', 'done, nothing changed', { rows: [] }],
    ['log', 'waiting for its disk', { rows: [WAITING, WAITING] }],
    ['failure', 'not everything could be read', { outcome: 'trouble', status: 3, rows: [PARTIAL] }],
    ['failure', 'a guard held something back', { outcome: 'trouble', status: 4, rows: [HELD, LOCKED] }],
    ['failure', 'another run holds the lock', { outcome: 'trouble', status: 11, rows: [LOCKED, PARTIAL] }],
    ['failure', '1 row of 3 failed', { outcome: 'failed', status: 1, rows: [FAILED, REFUSED, LOCKED] }],
    ['failure', '2 rows of 2 failed', { outcome: 'failed', status: 1, rows: [FAILED, FAILED] }],
    ['failure', 'the command after it failed', { outcome: 'failed', status: 1, rows: [ROW, REFUSED] }],
    ['failure', 'it could not start', { outcome: 'failed', status: 2 }],
    ['failure', 'stopped', { outcome: 'stopped', status: 130, rows: [ROW] }],
    ['log', 'skipped', { outcome: 'skipped' }],
    ['log', 'this is a test', { outcome: 'test' }],
  ])('%s: "%s"', (moment, verdict, more) => {
    expect(endMessage(notice(more))).toMatchObject({ moment, title: `Backup on pc: ${verdict}` });
  });
});

describe('the text of a notice', () => {
  it('has notes, mistakes of the plan, rows that went wrong before others, and the exit code', () => {
    const error = { code: 'E_PLAN', message: 'The plan is wrong', problems: ['line 2: no source'] };
    const { text } = endMessage(
      notice({
        outcome: 'failed',
        status: 1,
        notes: ['a note'],
        error,
        rows: [ROW, PARTIAL, HELD, FAILED, REFUSED],
      }),
    );
    expect(text.split('\n')).toEqual([
      'a note',
      'The plan is wrong',
      '  line 2: no source',
      'docs: written, 4 files, 5 B, 1 added, 6 B on disk, 7ms',
      '  a: permission denied',
      '  and 1 more problems, in the log',
      'docs: written, 4 files, 5 B, 1 added, 6 B on disk, 7ms',
      '  much has changed',
      'photos: FAILED, 7ms',
      '  no source',
      'docs: refused, 7ms',
      '  it is empty',
      'docs: written, 4 files, 5 B, 1 added, 6 B on disk, 7ms',
      '',
      'Exit code 1, after 5s.',
    ]);
    const conflicts = ['conflict: x: the one there is newer'];
    expect(endMessage(notice({ rows: [{ ...ROW, conflicts }] })).text).toContain(`\n  ${conflicts[0]}\n`);
    expect(endMessage(notice({ outcome: 'test', notes: ['only a note'] })).text).toBe('only a note');
  });
});
