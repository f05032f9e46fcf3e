import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Retention } from '../plan/keep.ts';
import { planRotation, type Dated, type RotationPlan } from './rotation.ts';

const DAY_MS = 86_400_000;

/** `2026-02-02` is that day at 02:00 UTC; a whole time stands for itself. */
function taken(name: string): Dated {
  return { name, at: new Date(name.includes('T') ? name : `${name}T02:00:00Z`) };
}

function nights(first: string, count: number): Dated[] {
  const start = taken(first).at.getTime();
  return Array.from({ length: count }, (_, night) =>
    taken(new Date(start + night * DAY_MS).toISOString().slice(0, 10)),
  );
}

function keptNames(plan: RotationPlan<Dated>): string[] {
  return plan.keep.map((entry) => entry.snapshot.name);
}

const DAYS = ['2025-12-31', '2026-01-30', '2026-01-31', '2026-02-01', '2026-02-02'];

describe('planRotation()', () => {
  it.each<[string, string[], Retention, string[]]>([
    ['the newest n', DAYS, { last: 2 }, ['2026-02-02', '2026-02-01']],
    ['all of them when there are fewer than n', DAYS, { last: 99 }, DAYS.toReversed()],
    ['everything when there is no policy', DAYS, {}, DAYS.toReversed()],
    ['one per month', DAYS, { monthly: 2 }, ['2026-02-02', '2026-01-31']],
    [
      'one per month of each year',
      ['2025-02-01', '2026-02-01'],
      { monthly: 2 },
      ['2026-02-01', '2025-02-01'],
    ],
    [
      'everything when a policy has rules that say nothing',
      DAYS,
      { last: undefined, daily: undefined } as unknown as Retention,
      DAYS.toReversed(),
    ],
    [
      'one per month, also twelve years later',
      ['2024-02-01', '2036-01-01'],
      { monthly: 2 },
      ['2036-01-01', '2024-02-01'],
    ],
    ['one per year', DAYS, { yearly: 5 }, ['2026-02-02', '2025-12-31']],
    ['the newest when every rule is 0', DAYS, { last: 0, daily: 0 }, ['2026-02-02']],
    ['what any rule keeps', DAYS, { last: 2, yearly: 2 }, ['2026-02-02', '2026-02-01', '2025-12-31']],
    [
      'the newest of a day, as UTC counts days',
      ['2026-01-01T00:00:00Z', '2026-01-01T23:59:59Z', '2026-01-02T00:00:00Z'],
      { daily: 2 },
      ['2026-01-02T00:00:00Z', '2026-01-01T23:59:59Z'],
    ],
    [
      'the newest of an hour',
      ['2026-01-01T00:59:59Z', '2026-01-01T01:00:00Z', '2026-01-01T01:59:59Z', '2026-01-01T03:00:00Z'],
      { hourly: 3 },
      ['2026-01-01T03:00:00Z', '2026-01-01T01:59:59Z', '2026-01-01T00:59:59Z'],
    ],
    [
      'the newest n days that hold a snapshot, however far apart',
      ['2020-05-05', '2023-03-03', '2026-01-01'],
      { daily: 2 },
      ['2026-01-01', '2023-03-03'],
    ],
    [
      'one per week from Monday to Sunday',
      ['2026-03-01', '2026-03-02', '2026-03-08', '2026-03-09'],
      { weekly: 3 },
      ['2026-03-09', '2026-03-08', '2026-03-01'],
    ],
    [
      'one of the week that lies in two years (2026-W53)',
      ['2026-12-27', '2026-12-28', '2027-01-01', '2027-01-03', '2027-01-04'],
      { weekly: 3 },
      ['2027-01-04', '2027-01-03', '2026-12-27'],
    ],
    [
      'one of each first week, though both years call it week 1',
      ['2024-12-31', '2025-12-30'],
      { weekly: 2 },
      ['2025-12-30', '2024-12-31'],
    ],
    [
      'weeks before 1970 whole too',
      ['1969-12-28', '1969-12-29', '1970-01-04'],
      { weekly: 9 },
      ['1970-01-04', '1969-12-28'],
    ],
  ])('keeps %s', (_, names, policy, kept) => {
    expect(keptNames(planRotation(names.map(taken), policy))).toEqual(kept);
  });

  it('names every reason', () => {
    const plan = planRotation(DAYS.map(taken), { last: 1, daily: 2, monthly: 2, yearly: 2 });
    expect(plan.keep.map(({ snapshot, reasons }) => [snapshot.name, ...reasons])).toEqual([
      ['2026-02-02', 'last', 'daily', 'monthly', 'yearly'],
      ['2026-02-01', 'daily'],
      ['2026-01-31', 'monthly'],
      ['2025-12-31', 'yearly'],
    ]);
  });

  it('says so when there is no policy, and when only the promise keeps the newest', () => {
    expect(planRotation([taken('2026-01-01')], {}).keep[0]?.reasons).toEqual(['no policy']);
    expect(planRotation([taken('2026-01-01')], { last: 0 }).keep[0]?.reasons).toEqual(['newest']);
  });

  it('lists what it lets go from the oldest on', () => {
    const plan = planRotation(DAYS.toReversed().map(taken), { last: 3 });
    expect(plan.remove.map(({ name }) => name)).toEqual(['2025-12-31', '2026-01-30']);
  });

  it('takes the later name for the newer of snapshots with one time', () => {
    const at = new Date('2026-01-01T00:00:00Z');
    const twins = ['b', 'c', 'a'].map((name) => ({ name, at }));
    expect(keptNames(planRotation(twins, { last: 2 }))).toEqual(['c', 'b']);
    expect(keptNames(planRotation(twins, { daily: 2 }))).toEqual(['c']);
  });

  it.each<[string | undefined, string | undefined, string[]]>([
    ['Pacific/Auckland', undefined, ['2026-01-01T12:00:00Z', '2026-01-01T10:00:00Z']],
    [undefined, 'Pacific/Auckland', ['2026-01-01T12:00:00Z', '2026-01-01T10:00:00Z']],
    ['UTC', 'Pacific/Auckland', ['2026-01-01T12:00:00Z']],
    [undefined, undefined, ['2026-01-01T12:00:00Z']],
  ])('counts days in the zone %s of a snapshot, or else in %s', (zone, otherwise, kept) => {
    const around = ['2026-01-01T10:00:00Z', '2026-01-01T12:00:00Z'].map((name) => ({ ...taken(name), zone }));
    expect(keptNames(planRotation(around, { daily: 2 }, otherwise))).toEqual(kept);
  });

  // `?`: of unknown time. It stays where it may be the newest of its day, and takes the place of no other.
  it.each<[string, string[], Retention, string[]]>([
    [
      'between two days',
      ['2026-01-01', '2026-01-02?', '2026-01-03'],
      { daily: 2 },
      ['2026-01-03', '2026-01-02?', '2026-01-01'],
    ],
    [
      'of one day for certain',
      ['2026-01-02T01:00:00Z', '2026-01-02T02:00:00Z?', '2026-01-02T03:00:00Z'],
      { daily: 2 },
      ['2026-01-02T03:00:00Z'],
    ],
    [
      'of one month for certain, but of any day',
      ['2026-01-01', '2026-01-02?', '2026-01-03'],
      { monthly: 2 },
      ['2026-01-03'],
    ],
    [
      'the newest, whatever it is',
      ['2026-01-01', '2026-01-02', '2026-01-03?'],
      { daily: 1 },
      ['2026-01-03?', '2026-01-02'],
    ],
    ['the oldest', ['2026-01-01?', '2026-01-02'], { daily: 2 }, ['2026-01-02', '2026-01-01?']],
    ['the oldest, as long as there is room', ['2026-01-01?', '2026-01-02'], { daily: 1 }, ['2026-01-02']],
    [
      'two in a row',
      ['2026-01-01', '2026-01-02?', '2026-01-03?', '2026-01-04'],
      { daily: 2 },
      ['2026-01-04', '2026-01-03?', '2026-01-02?', '2026-01-01'],
    ],
    [
      'none of several of one day for certain',
      ['2026-01-02T01:00:00Z', '2026-01-02T02:00:00Z?', '2026-01-02T03:00:00Z?', '2026-01-02T04:00:00Z'],
      { daily: 2 },
      ['2026-01-02T04:00:00Z'],
    ],
    [
      'all where none is certain',
      ['2026-01-01?', '2026-01-02?', '2026-01-03?'],
      { daily: 1 },
      ['2026-01-03?', '2026-01-02?', '2026-01-01?'],
    ],
    [
      'by its number',
      ['2026-01-01?', '2026-01-02?', '2026-01-03'],
      { last: 2 },
      ['2026-01-03', '2026-01-02?'],
    ],
  ])('of those without a certain time keeps %s', (_, names, policy, kept) => {
    const snapshots = names.map((name): Dated => {
      const doubt = name.endsWith('?') ? 'odd' : undefined;
      return { ...taken(name.replace('?', '')), name, doubt };
    });
    expect(keptNames(planRotation(snapshots, policy))).toEqual(kept);
  });

  it('keeps a hundred in a row of which nobody knows the day, and begins anew after one that is certain', () => {
    const run = nights('2026-01-01', 101).map((one): Dated => ({ ...one, doubt: 'odd' }));
    const later = nights('2026-06-01', 101).map((one): Dated => ({ ...one, doubt: 'odd' }));
    const all = [taken('2025-12-31'), ...run, taken('2026-05-31'), ...later, taken('2026-12-31')];
    expect(planRotation(all, { daily: 3 }).remove).toEqual([run[0], later[0]]);
  });

  it('finds nothing to do where there is nothing', () => {
    expect(planRotation([], { last: 1 })).toEqual({ keep: [], remove: [] });
  });

  it('refuses a snapshot without a valid time', () => {
    expect(() => planRotation([...DAYS, '2026-99-99'].map(taken), { last: 1 })).toThrow('"2026-99-99"');
  });

  it('is left after two years of nightly runs with exactly these', () => {
    const policy = { daily: 7, weekly: 8, monthly: 12, yearly: 3 };
    const runs = nights('2025-01-03', 730);
    let series: readonly Dated[] = [];
    for (const night of runs) {
      series = planRotation([...series, night], policy).keep.map((entry) => entry.snapshot);
    }
    const plan = planRotation(series, policy);
    expect(plan.keep.map(({ snapshot, reasons }) => [snapshot.name, reasons.join(' ')])).toEqual([
      ['2027-01-02', 'daily weekly monthly yearly'],
      ['2027-01-01', 'daily'],
      ['2026-12-31', 'daily monthly yearly'],
      ['2026-12-30', 'daily'],
      ['2026-12-29', 'daily'],
      ['2026-12-28', 'daily'],
      ['2026-12-27', 'daily weekly'],
      ['2026-12-20', 'weekly'],
      ['2026-12-13', 'weekly'],
      ['2026-12-06', 'weekly'],
      ['2026-11-30', 'monthly'],
      ['2026-11-29', 'weekly'],
      ['2026-11-22', 'weekly'],
      ['2026-11-15', 'weekly'],
      ['2026-10-31', 'monthly'],
      ['2026-09-30', 'monthly'],
      ['2026-08-31', 'monthly'],
      ['2026-07-31', 'monthly'],
      ['2026-06-30', 'monthly'],
      ['2026-05-31', 'monthly'],
      ['2026-04-30', 'monthly'],
      ['2026-03-31', 'monthly'],
      ['2026-02-28', 'monthly'],
      ['2025-12-31', 'yearly'],
    ]);
    // Rotating every night leaves what one rotation of all nights would have left.
    expect(planRotation(runs, policy).keep).toEqual(plan.keep);
  });
});

describe('planRotation(), for any snapshots and policy', () => {
  const START = Date.UTC(2023, 10, 1);
  const count = fc.integer({ min: 0, max: 6 });
  const policies = fc.record(
    { last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count },
    { requiredKeys: [] },
  );
  // Half days over two and a half years: some share a time, many a day, a week or a month.
  const series = fc
    .array(fc.integer({ min: 0, max: 1800 }), { maxLength: 60 })
    .map((steps) => steps.map((step, i) => ({ name: `s${i}`, at: new Date(START + (step * DAY_MS) / 2) })));

  it('never removes the newest', () => {
    fc.assert(
      fc.property(series, policies, (snapshots, policy) => {
        const newest = Math.max(...snapshots.map(({ at }) => at.getTime()));
        const { keep } = planRotation(snapshots, policy);
        expect(keep[0]?.snapshot.at.getTime() ?? Number.NEGATIVE_INFINITY).toBe(newest);
      }),
    );
  });

  it('puts each snapshot on exactly one side, each side in its order', () => {
    fc.assert(
      fc.property(series, policies, (snapshots, policy) => {
        const { keep, remove } = planRotation(snapshots, policy);
        const all = [...keep.map((entry) => entry.snapshot), ...remove];
        expect(all).toHaveLength(snapshots.length);
        expect(new Set(all)).toEqual(new Set(snapshots));
        const kept = keep.map((entry) => entry.snapshot.at.getTime());
        expect(kept).toEqual(kept.toSorted((a, b) => b - a));
        const removed = remove.map(({ at }) => at.getTime());
        expect(removed).toEqual(removed.toSorted((a, b) => a - b));
        expect(keep.every(({ reasons }) => reasons.length > 0)).toBe(true);
      }),
    );
  });

  it('removes nothing more the second time, for the same reasons', () => {
    fc.assert(
      fc.property(series, policies, (snapshots, policy) => {
        const { keep } = planRotation(snapshots, policy);
        const again = planRotation(
          keep.map((entry) => entry.snapshot),
          policy,
        );
        expect(again).toEqual({ keep, remove: [] });
      }),
    );
  });

  it('never removes more when a number grows', () => {
    const rules = fc.constantFrom('last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly');
    fc.assert(
      fc.property(
        series,
        policies,
        rules,
        fc.integer({ min: 1, max: 5 }),
        (snapshots, policy, rule, more) => {
          const before = planRotation(snapshots, { ...policy, [rule]: policy[rule] ?? 0 });
          const after = planRotation(snapshots, { ...policy, [rule]: (policy[rule] ?? 0) + more });
          expect(keptNames(after)).toEqual(expect.arrayContaining(keptNames(before)));
        },
      ),
    );
  });

  it('does not look at the order it is given', () => {
    const shuffled = series.chain((one) =>
      fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: one.length })),
    );
    fc.assert(
      fc.property(shuffled, policies, ([one, other], policy) => {
        expect(planRotation(one, policy)).toEqual(planRotation(other, policy));
      }),
    );
  });
});
