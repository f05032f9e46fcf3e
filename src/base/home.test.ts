import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { homeFolder } from './home.ts';

function none(): string {
  throw new Error('no account');
}

/** The variable that has it, and what is absolute here. */
const VARIABLE = process.platform === 'win32' ? 'USERPROFILE' : 'HOME';
const ADA = resolve('/home/ada');

describe('homeFolder()', () => {
  it.each<[string, Record<string, string>, () => string, string | undefined]>([
    ['the variable', { [VARIABLE]: ADA }, none, ADA],
    ['the account without one', {}, () => ADA, ADA],
    ['the account when it is relative', { [VARIABLE]: 'x' }, () => ADA, ADA],
    ['nothing when the account has none', {}, () => '', undefined],
    ['nothing without an account', {}, none, undefined],
  ])('is that of %s', (_, env, ask, home) => {
    expect(homeFolder(env, ask)).toBe(home);
  });
});
