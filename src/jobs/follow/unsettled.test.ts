import { describe, expect, it } from 'vitest';
import type { BytePath } from '../../tree/path.ts';
import type { RoundPlan } from './plan-round.ts';
import type { RemoteChanges, RemoteFile } from './remote-changes.ts';
import { Unsettled } from './unsettled.ts';

const A = 'a' as BytePath;
const B = 'b' as BytePath;
const C = 'c' as BytePath;

function put(path: BytePath, n: number): [BytePath, RemoteFile] {
  return [path, { path, n, size: 1, modifiedMs: 0, blake3: 'x' }];
}

const NO_PLAN = { fromHere: [] } as unknown as RoundPlan;

function changes(more: Partial<RemoteChanges>): RemoteChanges {
  return { isFull: false, puts: new Map(), removed: new Map(), refused: [], n: 9, ...more };
}

describe('Unsettled', () => {
  it('says up to which change all is here', () => {
    const open = new Unsettled();
    expect(open.before(9)).toBe(9);
    open.note(
      changes({ puts: new Map([put(A, 5), put(B, 7)]) }),
      NO_PLAN,
      new Map([
        [B, 'x'],
        [A, 'y'],
      ]),
    );
    expect([open.size, open.before(9)]).toEqual([2, 4]);
  });

  it('forgets what was done later, or looked at anew', () => {
    const open = new Unsettled();
    open.note(
      changes({ puts: new Map([put(A, 5), put(B, 7)]) }),
      NO_PLAN,
      new Map([
        [A, 'x'],
        [B, 'y'],
      ]),
    );
    open.note(changes({ removed: new Map([[A, 8]]) }), NO_PLAN, new Map());
    expect(open.before(9)).toBe(6);
    open.clear();
    expect(open.before(9)).toBe(9);
  });

  it('holds a refused name, and what was to be moved from, too', () => {
    const open = new Unsettled();
    open.note(changes({ refused: [{ path: 'nul', reason: 'device', n: 6 }] }), NO_PLAN, new Map());
    expect(open.before(9)).toBe(5);
    const moving = { fromHere: [{ file: { path: A }, from: { path: C } }] } as unknown as RoundPlan;
    open.note(
      changes({ puts: new Map([put(A, 8)]), removed: new Map([[C, 3]]) }),
      moving,
      new Map([[A, 'x']]),
    );
    expect(open.before(9)).toBe(2);
    expect(open.problems).toEqual([
      { path: 'nul', reason: 'device' },
      { path: 'a', reason: 'x' },
    ]);
  });
});
