import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Event, nextToHash, type Queue, reduce, toCheck, toSend, totalsOf } from './queue.ts';

const items = (count: number): Extract<Event, { type: 'add' }>['items'] =>
  Array.from({ length: count }, (_, id) => ({ id, path: `${id}.jpg`, size: 100, modified: 0 }));
const after = (count: number, ...events: Event[]): Queue =>
  [{ type: 'add', items: items(count) } as const, ...events].reduce<Queue>(reduce, []);
const hashed = (...ids: number[]): Event[] => ids.map((id) => ({ type: 'hashed', id, blake3: `hash ${id}` }));
const need = (...ids: number[]): Event => ({
  type: 'checked',
  answers: ids.map((id) => ({ id, status: 'need' })),
});

describe('a file', () => {
  it('is hashed, one at a time', () => {
    expect(nextToHash(after(2))?.id).toBe(0);
    expect(nextToHash(after(2, { type: 'hash', id: 0 }))).toBeUndefined();
    expect(nextToHash(after(2, { type: 'hash', id: 0 }, ...hashed(0)))?.id).toBe(1);
  });

  it('that the library has is not sent, and counts as there', () => {
    const queue = after(1, ...hashed(0), { type: 'checked', answers: [{ id: 0, status: 'have' }] });
    expect(toSend(queue)).toEqual([]);
    expect(totalsOf(queue)).toMatchObject({ known: 1, sent: 100, isDone: true });
  });

  it('of which the server has some is gone on with', () => {
    const answer = { id: 0, status: 'partial', upload: '/v1/uploads/x', offset: 40 } as const;
    const queue = after(1, ...hashed(0), { type: 'checked', answers: [answer] });
    expect(toSend(queue)).toMatchObject([{ upload: '/v1/uploads/x', sent: 40 }]);
  });

  it('that was cut off keeps its place; one whose place is lost begins anew', () => {
    const begun: Event[] = [
      ...hashed(0),
      need(0),
      { type: 'send', id: 0 },
      { type: 'begun', id: 0, upload: '/u' },
    ];
    expect(toSend(after(1, ...begun, { type: 'cut', id: 0 }))).toMatchObject([{ upload: '/u' }]);
    const [lost] = toSend(after(1, ...begun, { type: 'sent', id: 0, sent: 9 }, { type: 'lost', id: 0 }));
    expect(lost).toMatchObject({ sent: 0, blake3: 'hash 0' });
    expect(lost?.upload).toBeUndefined();
  });

  it('tells the name that it got only where that is another', () => {
    const [same, other] = ['0.jpg', '0 (2).jpg'].map((path) =>
      after(1, { type: 'done', id: 0, as: 'stored', path }),
    );
    expect(same?.[0]?.storedAs).toBeUndefined();
    expect(other?.[0]?.storedAs).toBe('0 (2).jpg');
  });

  it('that failed is tried again when that is asked for, and its error is gone', () => {
    const failed: Event = { type: 'failed', id: 0, error: 'no' };
    expect(totalsOf(after(1, failed))).toMatchObject({ failed: 1, isDone: true });
    const [item] = after(1, failed, { type: 'retry' });
    expect(item).toEqual({ ...items(1)[0], state: 'waiting', sent: 0 });
  });
});

describe('the queue', () => {
  it('sends four at once', () => {
    const ids = [0, 1, 2, 3, 4, 5];
    const ready = after(6, ...hashed(...ids), need(...ids));
    expect(toSend(ready).map(({ id }) => id)).toEqual([0, 1, 2, 3]);
    const sending = [0, 1, 2, 3].map((id) => ({ type: 'send', id }) as const).reduce<Queue>(reduce, ready);
    expect(toSend(sending)).toEqual([]);
    expect(toSend(reduce(sending, { type: 'done', id: 2, as: 'stored' })).map(({ id }) => id)).toEqual([4]);
  });

  it('asks about 200 at once at most', () => {
    const ids = Array.from({ length: 250 }, (_, id) => id);
    expect(toCheck(after(250, ...hashed(...ids)))).toHaveLength(200);
  });

  it('loses and doubles no file, never counts more than there is, and ends only when each has', () => {
    const id = fc.nat(9);
    const event: fc.Arbitrary<Event> = fc.oneof(
      fc.record({
        type: fc.constantFrom('hash' as const, 'send' as const, 'cut' as const, 'lost' as const),
        id,
      }),
      fc.record({ type: fc.constant('hashed' as const), id, blake3: fc.constant('h') }),
      fc.record({ type: fc.constant('sent' as const), id, sent: fc.nat(300) }),
      fc.record({
        type: fc.constant('done' as const),
        id,
        as: fc.constantFrom('stored' as const, 'known' as const),
      }),
      fc.record({ type: fc.constant('failed' as const), id, error: fc.string() }),
      fc.record({ type: fc.constant('retry' as const) }),
      id.map((one) => need(one)),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const queue = after(10, ...events);
        expect(queue.map((item) => item.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const totals = totalsOf(queue);
        expect(totals.sent).toBeLessThanOrEqual(totals.bytes);
        const open = queue.filter(({ state }) => !['stored', 'known', 'failed'].includes(state));
        expect(totals.isDone).toBe(open.length === 0);
      }),
    );
  });
});
