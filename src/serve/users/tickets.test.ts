import { expect, it } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { Tickets } from './tickets.ts';

const TICKET = { account: 'anna', token: 'aa', kind: 'file', path: fromText('a') } as const;

it('a ticket is good once, for a minute', () => {
  const tickets = new Tickets();
  const [one, late] = [tickets.give(TICKET, 0), tickets.give(TICKET, 0)];
  expect(tickets.take('other', 0)).toBeUndefined();
  expect(tickets.take(one, 60_000)).toEqual(TICKET);
  expect(tickets.take(one, 60_000)).toBeUndefined();
  expect(tickets.take(late, 60_001)).toBeUndefined();
});

it('of one token, the oldest of too many are let go, and of others none', () => {
  const tickets = new Tickets();
  const other = tickets.give({ ...TICKET, token: 'bb' }, 0);
  const mine = Array.from({ length: 101 }, () => tickets.give(TICKET, 0));
  expect(tickets.take(mine[0] ?? '', 1)).toBeUndefined();
  expect(tickets.take(mine[1] ?? '', 1)).toEqual(TICKET);
  expect(tickets.take(other, 1)).toBeDefined();
});
