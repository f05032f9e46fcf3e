import { describe, expect, it } from 'vitest';
import { Tickets } from './tickets.ts';

describe('Tickets', () => {
  it('are good once, and for a minute', () => {
    const tickets = new Tickets<string>();
    const first = tickets.issue('a', 0);
    expect([tickets.take(first, 1), tickets.take(first, 2)]).toEqual(['a', undefined]);
    const late = tickets.issue('b', 0);
    expect(tickets.take(late, 60_000)).toBeUndefined();
    const inTime = tickets.issue('c', 0);
    expect(tickets.take(inTime, 59_999)).toBe('c');
    expect(tickets.take('nonsense', 0)).toBeUndefined();
  });

  it('do not end as others are given', () => {
    const tickets = new Tickets<string>();
    const given = ['a', 'b'].map((value) => tickets.issue(value, 0));
    expect(given.map((id) => tickets.take(id, 1))).toEqual(['a', 'b']);
  });
});
