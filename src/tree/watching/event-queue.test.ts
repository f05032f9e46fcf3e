import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

/** A queue of ten events, and how often it was said to have run over. */
function queueOfTen(): { queue: EventQueue; ranOver: () => number; unlisten: () => void } {
  const queue = new EventQueue(10);
  let count = 0;
  const unlisten = queue.listen(() => count++);
  return { queue, ranOver: () => count, unlisten };
}

function hear(queue: EventQueue, events: number): void {
  for (let i = 0; i < events; i++) queue.count();
}

describe('EventQueue', () => {
  it('has run over, once, when as many events as it holds come in one turn of the loop', async () => {
    const { queue, ranOver, unlisten } = queueOfTen();
    for (let turn = 0; turn < 5; turn++) {
      hear(queue, 9);
      await setImmediate();
    }
    expect(ranOver()).toBe(0);
    hear(queue, 25);
    expect(ranOver()).toBe(1);
    await setImmediate();
    unlisten();
    hear(queue, 10);
    expect(ranOver()).toBe(1);
  });

  it('counts the event that each watch makes that is closed, until they are out of it', async () => {
    const { queue, ranOver } = queueOfTen();
    const closed: number[] = [];
    queue.afterTurn([1, 2].map((n) => ({ close: () => void closed.push(n) })));
    expect(closed).toEqual([]);
    // Of ten, one is closed at a time.
    while (closed.length < 1) await setImmediate();
    hear(queue, 9);
    expect(ranOver()).toBe(1);
    while (closed.length < 2) await setImmediate();
    for (let turn = 0; turn < 4; turn++) await setImmediate();
    hear(queue, 9);
    expect(ranOver()).toBe(1);
  });
});
