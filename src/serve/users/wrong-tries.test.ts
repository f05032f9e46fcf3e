import { describe, expect, it } from 'vitest';
import { WrongTries } from './wrong-tries.ts';

function after(count: number, addresses: readonly string[]): WrongTries {
  const tries = new WrongTries();
  for (let i = 0; i < count; i++) tries.count(addresses[i % addresses.length] ?? '', i);
  return tries;
}

describe('wrong tries', () => {
  it('are free ten times, then cost a minute, and are forgotten after it', () => {
    expect(after(9, ['a']).waitOf('a', 1000)).toBeUndefined();
    const tries = after(10, ['a']);
    expect(tries.waitOf('a', 1000)).toBe(59);
    expect(tries.waitOf('b', 1000)).toBeUndefined();
    expect(tries.waitOf('a', 60_000)).toBeUndefined();
    tries.count('a', 60_000);
    expect(tries.waitOf('a', 60_001)).toBeUndefined();
    for (let i = 0; i < 9; i++) tries.count('a', 60_002);
    expect(tries.waitOf('a', 60_003)).toBe(60);
  });

  it('count for a network of IPv6, and for one address of IPv4', () => {
    const six = after(10, [
      '2001:db8:1:2:3::4',
      '2001:db8:1:2::9',
      '2001:0db8:1:2::1'.replace('0db8', 'db8'),
    ]);
    expect(six.waitOf('2001:db8:1:2:ffff::1', 20)).toBeDefined();
    expect(six.waitOf('2001:db8:1:3::1', 20)).toBeUndefined();
    const four = after(10, ['::ffff:1.2.3.4']);
    expect(four.waitOf('::ffff:1.2.3.4', 20)).toBeDefined();
    expect(four.waitOf('::ffff:1.2.3.5', 20)).toBeUndefined();
    expect(after(10, ['::1']).waitOf('::1', 20)).toBeDefined();
  });

  it('of many addresses are not remembered for ever', () => {
    const tries = after(10, ['first']);
    for (let i = 0; i < 10_000; i++) tries.count(`10.0.${i >> 8}.${i & 255}`, 20);
    expect(tries.waitOf('first', 20)).toBeUndefined();
  });
});
