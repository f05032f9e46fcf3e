import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PastDrill, PastRecord, PastRemoval, PastRun, PastVerify } from '../../series/past.ts';
import { formatLocal } from '../moment.ts';
import { ageText, essentialOf, statusOf, withoutFuture } from './status.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = new Date('2026-11-20T12:00:00Z');

/** So many hours before {@link NOW}. */
function ago(hours: number): string {
  return new Date(NOW.getTime() - hours * HOUR_MS).toISOString();
}

function run(hours: number, outcome: PastRun['outcome'], more: Partial<PastRun> = {}): PastRun {
  return {
    outcome,
    started: ago(hours),
    guards: [],
    error: outcome === 'failed' ? 'no disk' : null,
    ...more,
  };
}

function verified(hours: number, result: PastVerify['result'], more: Partial<PastVerify> = {}): PastVerify {
  return { outcome: 'verify', started: ago(hours), result, level: 'quick', sample: null, at: null, ...more };
}

function drilled(hours: number, result: PastDrill['result']): PastDrill {
  return { outcome: 'drill', started: ago(hours), result };
}

function removal(hours: number, outcome: PastRemoval['outcome'], heldBack?: string): PastRemoval {
  return { outcome, started: ago(hours), removed: ['2026-01-01T00-00-00Z'], heldBack };
}

/** The same time, as it is shown. */
function shown(hours: number): string {
  return formatLocal(new Date(ago(hours)));
}

function waitingState(...records: PastRecord[]): string {
  return statusOf(records, DAY_MS, NOW, 'waiting').state;
}

describe('statusOf()', () => {
  it('tells the newest verify and the newest drill, whatever came after', () => {
    const [old, verify, drill] = [verified(9, 'passed'), verified(8, 'passed'), drilled(7, 'passed')];
    const status = statusOf([old, verify, drill, run(1, 'written')], DAY_MS, NOW);
    expect([status.lastVerify, status.lastDrill]).toEqual([verify, drill]);
    expect(statusOf([run(1, 'written')], DAY_MS, NOW)).toMatchObject({
      lastVerify: undefined,
      lastDrill: undefined,
    });
  });

  const FULL = { level: 'full' } as const;

  it.each<[string, Partial<PastVerify>, Partial<PastVerify>, boolean]>([
    ['one as thorough', FULL, FULL, true],
    ['a more thorough one', {}, FULL, true],
    ['a sample, of what a quick one found', {}, { ...FULL, sample: 0.1 }, true],
    ['all, of what a sample found', { ...FULL, sample: 0.1 }, FULL, true],
    ['a sample, of what all found', FULL, { ...FULL, sample: 0.1 }, false],
    ['a quick one, of what a sample found', { ...FULL, sample: 0.1 }, {}, false],
    ['one of one snapshot only', FULL, { ...FULL, at: 'latest' }, false],
    ['one that failed too', FULL, { ...FULL, result: 'failed' }, false],
  ])('damage is made up for by %s: %j, %j, %j', (_, found, later, isMended) => {
    const records = [run(20, 'written'), verified(9, 'failed', found), verified(8, 'passed', later)];
    expect(statusOf(records, DAY_MS, NOW).state).toBe(isMended ? 'ok' : 'failing');
    expect(statusOf(essentialOf(records), DAY_MS, NOW).state).toBe(isMended ? 'ok' : 'failing');
  });

  it.each<[string, PastVerify['mendedBy'], PastRecord, boolean]>([
    ['a run that puts it right', 'run', run(8, 'unchanged'), true],
    ['a run that failed', 'run', run(8, 'failed', { started: ago(8) }), false],
    ['a run without --rehash, where content alone differs', 'rehash', run(8, 'written'), false],
    ['a verify', 'rehash', verified(8, 'passed'), true],
    ['a run, where a verify found damage', undefined, run(8, 'written'), false],
  ])('what was changed in a mirror is made up for by %s', (_, mendedBy, later, isMended) => {
    const records = [run(20, 'written'), verified(9, 'failed', { mendedBy }), later];
    for (const known of [records, essentialOf(records)])
      expect(statusOf(known, DAY_MS, NOW).state).toBe(isMended ? 'ok' : 'failing');
    const [reason = ''] = statusOf(records.slice(0, 2), DAY_MS, NOW).reasons;
    expect(reason.includes('--rehash')).toBe(mendedBy === 'rehash');
  });

  it('takes a record of the very day that a clock may be wrong by', () => {
    const [last, beyond] = [run(-24, 'written'), run(-24.001, 'written')];
    expect(withoutFuture([beyond, last], NOW)).toEqual([last]);
  });

  it.each<[string, PastRecord[], string, string[]]>([
    ['that ran last night', [run(10, 'written')], 'ok', []],
    ['whose night began late', [run(36, 'unchanged')], 'ok', []],
    [
      'that missed a night',
      [run(37, 'unchanged')],
      'overdue',
      ['the last success was 37 hours ago, and is to be every day'],
    ],
    ['that never ran', [], 'overdue', ['it has never run']],
    ['that only failed', [run(1, 'failed')], 'failing', ['the last run failed: no disk']],
    ['that was only ever stopped', [run(1, 'stopped')], 'failing', ['it never succeeded']],
    [
      'that failed after a success',
      [run(20, 'written'), run(1, 'failed')],
      'failing',
      ['the last run failed: no disk'],
    ],
    [
      'that failed, and was stopped since',
      [run(20, 'written'), run(2, 'failed'), run(1, 'stopped')],
      'failing',
      ['the last run failed: no disk'],
    ],
    ['that was stopped after a success', [run(20, 'written'), run(1, 'stopped')], 'ok', []],
    ['that works again', [run(2, 'failed'), run(1, 'unchanged')], 'ok', []],
    [
      'that a guard holds',
      [run(1, 'written', { guards: ['mass-change'] })],
      'failing',
      [`the guard \`mass-change\` holds something back, since ${shown(1)}`],
    ],
    [
      'that a guard holds for days',
      [
        run(80, 'written'),
        run(60, 'written', { guards: ['mass-change'] }),
        run(30, 'failed'),
        run(2, 'unchanged', { guards: ['mass-change'] }),
      ],
      'failing',
      [`the guard \`mass-change\` holds something back, since ${shown(60)}`],
    ],
    [
      'that cannot read some files',
      [
        run(90, 'written', { skipped: 1, missing: 1 }),
        run(80, 'written', { skipped: 0, missing: 0 }),
        run(60, 'written', { skipped: 3, missing: 2 }),
        run(30, 'failed'),
        run(2, 'unchanged', { skipped: 1, missing: 1 }),
      ],
      'failing',
      [`1 file or folder could not be read, since ${shown(60)}`],
    ],
    [
      'that has problems each night',
      [
        run(50, 'written', { skipped: 1 }),
        run(26, 'written', { skipped: 1 }),
        run(2, 'written', { skipped: 2 }),
      ],
      'failing',
      [`each run has problems, since ${shown(50)}: the last one 2 files`],
    ],
    [
      'that had problems twice',
      [
        run(50, 'written', { skipped: 0 }),
        run(26, 'written', { skipped: 1 }),
        run(2, 'written', { skipped: 1 }),
      ],
      'ok',
      [],
    ],
    [
      'whose rotation is held back',
      [
        run(80, 'written', { heldBack: 'old reason' }),
        run(60, 'written'),
        run(50, 'written', { heldBack: 'this reason' }),
        run(26, 'unchanged', { missing: 1, skipped: 1 }),
        run(3, 'written', { heldBack: 'this reason' }),
        run(2, 'failed'),
        run(1, 'stopped'),
      ],
      'failing',
      ['the last run failed: no disk', `rotation is held back, since ${shown(50)}: this reason`],
    ],
    [
      'whose rotation was made up for',
      [run(50, 'written', { heldBack: 'this reason' }), removal(3, 'prune')],
      'overdue',
      ['the last success was 2 days ago, and is to be every day'],
    ],
    [
      'whose rotation waits for the next snapshot only',
      [
        run(50, 'written', { heldBack: 'a file could not be read', missing: 1 }),
        removal(49, 'prune', 'the last run could not read 1 file'),
        run(3, 'unchanged', { missing: 0 }),
      ],
      'ok',
      [],
    ],
    [
      'in which nothing changed after a snapshot could not be removed',
      [run(50, 'written', { heldBack: 'it cannot be removed' }), run(3, 'unchanged', { missing: 0 })],
      'failing',
      [`rotation is held back, since ${shown(50)}: it cannot be removed`],
    ],
    [
      'in which nothing changed after a prune could not remove a snapshot',
      [run(50, 'written'), removal(4, 'prune', 'it cannot be removed'), run(3, 'unchanged')],
      'failing',
      [`rotation is held back, since ${shown(4)}: it cannot be removed`],
    ],
    [
      'whose rotation is held back, also when nothing changes and a guard holds',
      [run(50, 'written', { heldBack: 'this reason' }), run(3, 'unchanged', { guards: ['away-part'] })],
      'failing',
      [
        `the guard \`away-part\` holds something back, since ${shown(3)}`,
        `rotation is held back, since ${shown(50)}: this reason`,
      ],
    ],
    [
      'that failed while a guard holds something back',
      [run(20, 'written', { guards: ['mass-change'] }), run(3, 'failed')],
      'failing',
      ['the last run failed: no disk', `the guard \`mass-change\` holds something back, since ${shown(20)}`],
    ],
    [
      'that failed for days',
      [run(80, 'written'), run(1, 'failed')],
      'failing',
      ['the last run failed: no disk', 'the last success was 3 days ago, and is to be every day'],
    ],
    [
      'with a drill that failed',
      [run(2, 'written'), drilled(1, 'failed')],
      'failing',
      ['the last drill failed'],
    ],
    [
      'with a drill that passed since',
      [run(2, 'written'), drilled(2, 'failed'), drilled(1, 'passed')],
      'ok',
      [],
    ],
    [
      'with damage',
      [run(2, 'written'), verified(1, 'failed', { level: 'full' })],
      'failing',
      ['`snapshot verify` found damage (level full)'],
    ],
    [
      'with damage that a quick look cannot see',
      [run(3, 'written'), verified(2, 'failed', { level: 'full' }), verified(1, 'passed')],
      'failing',
      ['`snapshot verify` found damage (level full)'],
    ],
    [
      'with damage that is not in the one snapshot that was looked at since',
      [run(3, 'written'), verified(2, 'failed'), verified(1, 'passed', { at: 'latest' })],
      'failing',
      ['`snapshot verify` found damage (level quick)'],
    ],
    ['without damage any more', [run(3, 'written'), verified(2, 'failed'), verified(1, 'passed')], 'ok', []],
  ])('says of a row %s: %j', (_, records, state, reasons) => {
    expect(statusOf(records, DAY_MS, NOW)).toMatchObject({ state, reasons });
  });

  it('notes what the last run could not have as it was, also when that is rare', () => {
    const records = [run(26, 'written', { skipped: 0 }), run(2, 'written', { skipped: 1, missing: 0 })];
    const notes = ['the last run had problems: 1 file that vanished or changed meanwhile'];
    expect(statusOf(records, DAY_MS, NOW)).toMatchObject({ state: 'ok', reasons: [], notes });
  });

  const DAMAGE = { files: 0, needed: 0, repairable: 0, lost: 0, unknown: false };

  it.each<[string, PastRecord[], string, RegExp[]]>([
    ['problems that are accepted', [run(2, 'written', { known: 2 })], 'ok', [/^2 known problems/]],
    ['those of the last success only', [run(4, 'written', { known: 2 }), run(2, 'unchanged')], 'ok', []],
    ['what is told already', [run(2, 'written', { skipped: 3, missing: 1 })], 'failing', []],
    [
      'what the last sync that did something had to decide',
      [
        run(9, 'written', { conflicts: ['old'] }),
        run(8, 'written', { conflicts: ['one', 'two'] }),
        run(7, 'unchanged', { conflicts: [] }),
      ],
      'ok',
      [/^one$/, /^two$/],
    ],
    [
      'no conflicts of one before',
      [run(9, 'written', { conflicts: ['old'] }), run(8, 'written', { conflicts: [] })],
      'ok',
      [],
    ],
    [
      'damage of older snapshots, as it was found last',
      [
        run(9, 'written', { damage: { ...DAMAGE, lost: 1 } }),
        run(8, 'unchanged', { damage: { ...DAMAGE, files: 3 } }),
      ],
      'ok',
      [/^3 files that older snapshots need are damaged/],
    ],
    [
      'damage that nothing has spoken of since',
      [
        run(9, 'written', { damage: { ...DAMAGE, files: 2 } }),
        run(8, 'unchanged'),
        drilled(7, 'passed'),
        removal(6, 'prune'),
      ],
      'ok',
      [/^2 files that older snapshots need are damaged/],
    ],
    [
      'also where a verify found it',
      [run(9, 'written'), verified(8, 'failed', { damage: { ...DAMAGE, files: 1 } }), drilled(7, 'passed')],
      'ok',
      [/^1 file that older snapshots need is damaged/],
    ],
    [
      'nothing of what is not known',
      [run(8, 'written', { damage: { ...DAMAGE, unknown: true } })],
      'failing',
      [],
    ],
  ])('notes %s', (_, records, state, notes) => {
    const status = statusOf(records, DAY_MS, NOW);
    expect(status.state).toBe(state);
    expect(status.notes).toEqual(notes.map((words) => expect.stringMatching(words)));
    expect(statusOf(essentialOf(records), DAY_MS, NOW)).toMatchObject({ state, notes: status.notes });
  });

  it('tells each kind of damage, how many files it is, and one by one', () => {
    const damage = { files: 9, needed: 2, repairable: 3, lost: 4, unknown: true };
    const { reasons } = statusOf([run(2, 'written', { damage })], DAY_MS, NOW);
    expect(reasons.map((reason) => /\d/.exec(reason)?.[0])).toEqual([undefined, '2', '3', '4']);
    const quick = verified(6, 'failed');
    const [sample, full] = [0.1, null].map((size) => verified(5, 'failed', { level: 'full', sample: size }));
    // Of several verifies that failed, the most thorough one.
    for (const found of [
      [full, sample, quick],
      [quick, sample, full],
    ])
      expect(
        statusOf([run(9, 'written'), ...found.flatMap((one) => one ?? [])], DAY_MS, NOW).reasons,
      ).toEqual([expect.stringContaining('level full')]);
  });

  it('counts a success that is due by what the plan says', () => {
    const records = [run(200, 'written')];
    expect(statusOf(records, 7 * DAY_MS, NOW)).toMatchObject({
      state: 'ok',
      nextDue: new Date(NOW.getTime() - 32 * HOUR_MS),
    });
    expect(statusOf(records, 5 * DAY_MS, NOW)).toMatchObject({ state: 'overdue', isFailing: false });
  });

  it('is waiting only as long as it is neither overdue nor failing', () => {
    expect(waitingState(run(10, 'written'), run(1, 'waiting'))).toBe('waiting');
    expect(waitingState(run(50, 'written'), run(1, 'waiting'))).toBe('overdue');
    expect(waitingState(run(10, 'written'), run(9, 'failed'), run(1, 'waiting'))).toBe('failing');
  });

  it('takes the size from the last run that knows it', () => {
    const size = { snapshots: 3, oldest: ago(100), seriesBytes: 12 };
    const records = [run(3, 'written', size), run(1, 'failed')];
    expect(statusOf(records, DAY_MS, NOW).size).toEqual({ snapshots: 3, oldest: ago(100), bytes: 12 });
  });
});

describe('ageText()', () => {
  it.each([
    [-1, 'less than a minute'],
    [60_000, '1 minute'],
    [HOUR_MS - 1, '59 minutes'],
    [HOUR_MS, '1 hour'],
    [47.9 * HOUR_MS, '47 hours'],
    [48 * HOUR_MS, '2 days'],
  ])('%i ms are %s', (ms, text) => {
    expect(ageText(ms)).toBe(text);
  });
});

describe('a clock that was put back', () => {
  it('hides neither a guard nor a failure of the last run', () => {
    const before = run(0, 'written');
    for (const last of [run(1, 'failed'), run(1, 'unchanged', { guards: ['mass-change'] })])
      expect(statusOf([before, last], DAY_MS, NOW)).toMatchObject({ state: 'failing', lastRun: last });
  });

  it('makes nothing late that was done before it', () => {
    const [before, last] = [run(1, 'written'), run(24 * 365, 'unchanged')];
    expect(statusOf([before, last], DAY_MS, NOW)).toMatchObject({ state: 'ok', lastSuccess: before });
  });

  it('hides no failure of a run that the clock had in the future', () => {
    const [before, last] = [run(1, 'written'), run(-24 * 365, 'failed')];
    expect(statusOf([before, last], DAY_MS, NOW)).toMatchObject({ state: 'failing', lastRun: last });
    expect(statusOf([last, before], DAY_MS, NOW)).toMatchObject({ state: 'ok' });
    expect(statusOf([run(40, 'written'), run(-24 * 365, 'written')], DAY_MS, NOW)).toMatchObject({
      state: 'overdue',
    });
  });

  it('and ahead before that leaves records of the future, which do not count', () => {
    const records = [run(1, 'failed'), run(-24 * 365, 'written'), run(5, 'written'), run(-20, 'unchanged')];
    expect(withoutFuture(records, NOW).map(({ outcome }) => outcome)).toEqual([
      'failed',
      'written',
      'unchanged',
    ]);
  });
});

describe('essentialOf()', () => {
  const hours = fc.integer({ min: 0, max: 300 });
  const result = fc.constantFrom('passed' as const, 'failed' as const);
  const record: fc.Arbitrary<PastRecord> = fc.oneof(
    fc
      .tuple(
        hours,
        fc.constantFrom<PastRun['outcome'][]>('written', 'unchanged', 'failed', 'stopped', 'waiting'),
        fc.constantFrom([], ['mass-change']),
        fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
        fc.constantFrom<Partial<PastRun>[]>(
          {},
          { skipped: 1, missing: 0 },
          { skipped: 1, missing: 1 },
          { known: 2 },
        ),
        fc.constantFrom(undefined, undefined, 'why'),
      )
      .map(([h, outcome, guards, snapshots, more, heldBack]) =>
        run(h, outcome, { guards, snapshots, ...more, ...(outcome === 'written' && { heldBack }) }),
      ),
    fc
      .tuple(hours, fc.constantFrom('prune' as const, 'forget' as const), fc.constantFrom(undefined, 'why'))
      .map(([h, outcome, heldBack]) => removal(h, outcome, heldBack)),
    fc
      .tuple(
        hours,
        result,
        fc.constantFrom('quick' as const, 'full' as const),
        fc.constantFrom(null, 0.1),
        fc.constantFrom(null, 'latest'),
        fc.constantFrom(undefined, undefined, 'run' as const, 'rehash' as const),
      )
      .map(([h, r, level, sample, at, mendedBy]) => verified(h, r, { level, sample, at, mendedBy })),
    fc.tuple(hours, result).map(([h, r]) => drilled(h, r)),
  );
  const written = fc.array(record, { maxLength: 12 });

  it('leaves out only what does not matter, now or later', () => {
    fc.assert(
      fc.property(written, written, fc.constantFrom(undefined, 'waiting'), (before, after, waiting) => {
        const all = statusOf([...before, ...after], DAY_MS, NOW, waiting);
        expect(statusOf([...essentialOf(before), ...after], DAY_MS, NOW, waiting)).toEqual(all);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps the rotation that says whether a run without changes shows something', () => {
    const records = [
      run(9, 'written', { heldBack: 'why' }),
      removal(8, 'prune'),
      run(7, 'unchanged'),
      removal(6, 'prune', 'why'),
    ];
    const { reasons } = statusOf(records, DAY_MS, NOW);
    expect(reasons).toEqual([`rotation is held back, since ${shown(6)}: why`]);
    expect(statusOf(essentialOf(records), DAY_MS, NOW).reasons).toEqual(reasons);
  });

  it('keeps few', () => {
    fc.assert(
      fc.property(written, (records) => {
        expect(essentialOf(records).length).toBeLessThanOrEqual(27);
      }),
    );
  });
});
