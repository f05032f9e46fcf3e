import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { BARE, formatAttributes, parseAttributes, sameAttributes } from './attributes.ts';

it('attributes are in the order of the bytes of their names, one form for one set', () => {
  // Of UTF-16, the order of the last two is the other one.
  const names = ['user.B', 'user.a', 'user.\u{ffee}', 'user.\u{1f4be}'];
  const expected = names.map((name) => [name, Buffer.from(name)]);
  const property = fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (order) => {
    const text = formatAttributes(order.map((name) => [name, Buffer.from(name)] as const));
    expect(parseAttributes(text)).toEqual(expected);
  });
  fc.assert(property);
  expect([formatAttributes([]), parseAttributes('')]).toEqual(['', []]);
});

it('none is what nobody has looked for, and what a member has none of', () => {
  for (const one of [undefined, '', BARE])
    for (const other of [undefined, '', BARE]) expect(sameAttributes(one, other)).toBe(true);
  expect(sameAttributes('{"user.a":""}', BARE)).toBe(false);
});
