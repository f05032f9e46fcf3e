import { describe, expect, it } from 'vitest';
import { homeFolder } from './home.ts';

function none(): string {
  throw new Error('no account');
}

describe.skipIf(process.platform === 'win32')('homeFolder()', () => {
  it.each<[string, Record<string, string>, () => string, string | undefined]>([
    ['the variable', { HOME: '/home/ada' }, none, '/home/ada'],
    ['the account without one', {}, () => '/home/ada', '/home/ada'],
    ['the account when it is relative', { HOME: 'x' }, () => '/home/ada', '/home/ada'],
    ['nothing when the account has none', {}, () => '', undefined],
    ['nothing without an account', {}, none, undefined],
  ])('is that of %s', (_, env, ask, home) => {
    expect(homeFolder(env, ask)).toBe(home);
  });
});
