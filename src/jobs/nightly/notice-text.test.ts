import { describe, expect, it } from 'vitest';
import type { Notice, NoticeRow } from './notice.ts';
import { endMessage, startMessage } from './notice-text.ts';

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

const DAMAGED: NoticeRow = {
  ...ROW,
  outcome: 'unchanged',
  status: 1,
  damage: { healed: 0, lost: 1, messages: ['1 file is lost'] },
};
const HEALED: NoticeRow = { ...ROW, damage: { healed: 1, lost: 0, messages: ['1 file is written again'] } };

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
    [
      'failure',
      'something in the archives is damaged',
      { outcome: 'failed', status: 1, rows: [HEALED, DAMAGED] },
    ],
    ['failure', '1 row of 2 failed', { outcome: 'failed', status: 1, rows: [DAMAGED, FAILED] }],
    ['failure', 'the command after it failed', { outcome: 'failed', status: 1, rows: [HEALED] }],
    ['success', 'done', { rows: [HEALED] }],
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
      '  and 1 more problem, in the log',
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
    expect(
      endMessage(notice({ rows: [{ ...PARTIAL, problemCount: 1235 }, DAMAGED] }))
        .text.split('\n')
        .slice(1, 5),
    ).toEqual([
      '  a: permission denied',
      '  and 1,234 more problems, in the log',
      'docs: nothing changed, 4 files, 5 B, 7ms',
      '  1 file is lost',
    ]);
    const conflicts = ['conflict: x: the one there is newer'];
    expect(endMessage(notice({ rows: [{ ...ROW, conflicts }] })).text).toContain(`\n  ${conflicts[0]}\n`);
    // The source itself has no name of its own.
    const top = {
      ...PARTIAL,
      problemCount: 1,
      problems: [{ kind: 'unreadable', path: '', reason: 'denied' }] as const,
    };
    expect(endMessage(notice({ rows: [top] })).text).toMatch(/\n {2}\.: denied\n\nExit code 0/);
    expect(endMessage(notice({ outcome: 'test', notes: ['only a note'] })).text).toBe('only a note');
  });
});

describe('the message at the start', () => {
  it('says no more than that', () => {
    expect(startMessage()).toMatchObject({
      moment: 'start',
      title: expect.stringMatching(/^Backup on .+: started$/),
    });
  });
});
