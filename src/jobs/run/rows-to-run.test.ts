import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan, Row } from '../../plan/plan.ts';
import { parseShard, rowsToRun } from './rows-to-run.ts';

function planOf(rows: readonly { readonly name: string; readonly active: boolean }[]): Plan {
  return { file: '/plan.csv', rows: rows as readonly Row[] };
}

function names(plan: Plan, only: readonly string[], shard?: { number: number; of: number }): string[] {
  return rowsToRun(plan, { only, shard }).map(({ name }) => name);
}

const plans = fc
  .array(fc.boolean(), { maxLength: 30 })
  .map((active) => planOf(active.map((isActive, i) => ({ name: `row-${i}`, active: isActive }))));
const counts = fc.integer({ min: 1, max: 40 });

function shardsOf(of: number): { number: number; of: number }[] {
  return Array.from({ length: of }, (_, i) => ({ number: i + 1, of }));
}

describe('rowsToRun()', () => {
  it('takes every row in exactly one shard, however many there are, and with --only too', () => {
    fc.assert(
      fc.property(plans, counts, fc.func(fc.boolean()), (plan, of, isNamed) => {
        const active = names(plan, []);
        const only = active.filter((name) => isNamed(name));
        const wanted = only.length === 0 ? active : only;
        const taken = shardsOf(of).flatMap((shard) => names(plan, only, shard));
        expect(taken.toSorted()).toEqual(wanted.toSorted());
      }),
    );
  });

  it('deals rows out evenly, and in the order of the plan', () => {
    fc.assert(
      fc.property(plans, counts, (plan, of) => {
        const active = names(plan, []);
        for (const shard of shardsOf(of)) {
          const taken = names(plan, [], shard);
          expect(taken).toEqual(active.filter((name) => taken.includes(name)));
          expect(Math.abs(taken.length - active.length / of)).toBeLessThan(1);
        }
      }),
    );
  });

  it('takes a row with all its destinations, also where --only names it at one of them', () => {
    const data = ['/a', '/b'].map((destination) => ({ name: 'data', active: true, line: 1, destination }));
    const plan = planOf([...data, { name: 'other', active: true }]);
    const taken = rowsToRun(plan, { only: ['data (/b)'] });
    expect(taken.map(({ name, destination }) => `${name} ${destination}`)).toEqual(['data /a', 'data /b']);
  });

  it('leaves a row in its shard whatever else --only names', () => {
    const plan = planOf(['a', 'b', 'c'].map((name) => ({ name, active: true })));
    expect(names(plan, ['b'], { number: 1, of: 2 })).toEqual([]);
    expect(names(plan, ['b'], { number: 2, of: 2 })).toEqual(['b']);
  });

  it('does not count rows that are switched off', () => {
    const plan = planOf([
      { name: 'off', active: false },
      { name: 'a', active: true },
      { name: 'b', active: true },
    ]);
    expect(names(plan, [], { number: 1, of: 2 })).toEqual(['a']);
  });

  it('refuses an unknown name in every shard', () => {
    const plan = planOf([{ name: 'a', active: true }]);
    expect(() => names(plan, ['b'], { number: 2, of: 2 })).toThrow('--only b: no row has that name');
  });
});

describe('parseShard()', () => {
  it('reads I/N', () => {
    expect(parseShard('2/4')).toEqual({ number: 2, of: 4 });
    expect(parseShard('1/1')).toEqual({ number: 1, of: 1 });
  });

  it.each(['0/4', '5/4', '0/0', '1', '/4', '1/', '1.5/4', '-1/4', '1/4/2', ' 1/4', 'a/b', ''])(
    'refuses "%s"',
    (text) => {
      expect(() => parseShard(text)).toThrow(`--shard ${text}: it takes I/N`);
    },
  );
});
