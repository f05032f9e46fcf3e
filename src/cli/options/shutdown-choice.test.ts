import { describe, expect, it } from 'vitest';
import type { RowEnd } from '../../jobs/events.ts';
import { hasFailed, shutdownChoice } from './shutdown-choice.ts';

const YES = { active: true, shutdown: true };
const NO = { active: true, shutdown: false };
const INACTIVE = { active: false, shutdown: false };

const fine = { error: null };

function error(code: string): Pick<RowEnd, 'error'> {
  return { error: { code, message: '', hint: undefined } };
}

describe('a shutdown', () => {
  it.each([
    ['by the option, whatever the plan says', '', [NO], 1, 'unless-failed'],
    ['by the option, of whatever rows have begun', '', [NO, NO], 0, 'unless-failed'],
    ['by the option in any case', 'always', [NO], 1, 'always'],
    ['by the plan, when all rows say so', undefined, [YES, YES], 2, 'unless-failed'],
    ['by the plan, when all active rows say so', undefined, [YES, INACTIVE], 1, 'unless-failed'],
    ['not by a plan of which one row says no', undefined, [YES, NO], 2, undefined],
    ['not by a plan of which one row was never begun', undefined, [YES, YES], 1, undefined],
    [
      'not by a plan of which only an inactive row says so',
      undefined,
      [{ ...INACTIVE, shutdown: true }],
      0,
      undefined,
    ],
    ['not by a plan without rows', undefined, [], 0, undefined],
  ])('is asked for %s', (_, flag, rows, ended, choice) => {
    expect(shutdownChoice(flag, rows, Array.from({ length: ended }))).toBe(choice);
  });

  it.each([
    ['a row failed', 1, [error('E_ROW'), fine]],
    ['a row was refused', 4, [fine, error('E_GUARD')]],
    ['a row was locked', 11, [error('E_LOCKED')]],
    ['a row was locked beside one that is not whole', 11, [fine, error('E_LOCKED'), fine]],
    ['the command after the run failed', 1, [fine]],
  ])('does not follow when %s', (_, status, ends) => {
    expect(hasFailed(status, ends)).toBe(true);
  });

  it.each([
    ['all went well', 0, [fine]],
    ['a file could not be read', 3, [fine]],
    ['rotation was held back', 4, [fine, fine]],
    ['no row was begun', 0, []],
  ])('follows when %s', (_, status, ends) => {
    expect(hasFailed(status, ends)).toBe(false);
  });
});
