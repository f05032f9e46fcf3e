import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { writeHeld } from '../../series/guards.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { Problem } from '../../tree/entry.ts';
import { fromText } from '../../tree/path.ts';
import type { RunEvent } from '../events.ts';
import { RowContext, type RowResult } from './row-context.ts';
import { RowReporter } from './row-reporter.ts';
import { SeriesLab } from './series.lab.ts';

const PARTS = {} as Omit<RowResult, 'problems' | 'missing' | 'known' | 'heldBack' | 'guards'>;
const EARLIER = {
  since: '2026-11-01T00:00:00Z',
  guard: 'mass-change',
  snapshot: 'then',
  message: 'much is gone',
};

function problem(path: string, kind: 'vanished' | 'unreadable'): Problem {
  return { path: fromText(path), kind, reason: 'x' };
}

let context: RowContext;
let notes: string[];
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-context-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  notes = [];
  const report = (event: RunEvent): void => {
    if (event.event === 'note') notes.push(event.message);
  };
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  const { row } = lab;
  const options = { now: () => new Date(), acceptChanges: false } as unknown as RowContext['options'];
  context = new RowContext(
    row,
    new Series(new LocalStore(folder), 'data'),
    options,
    new RowReporter('data', report),
  );
});

it('a run says the guards of this night, and that of an earlier one only when there is none', async () => {
  await writeHeld(context.series, EARLIER);
  await context.settle();
  context.hold([]);
  expect(context.result(PARTS).guards.map(({ message }) => message)).toEqual(['much is gone (since then)']);
  const again = new RowContext(context.row, context.series, context.options, context.report);
  await again.settle();
  again.hold([{ guard: 'away-part', message: 'a disk is away', hint: '' }]);
  again.hold([]);
  expect(again.result(PARTS).guards.map(({ guard }) => guard)).toEqual(['away-part']);
});

it('what first held rotation back is why, and each reason is told', () => {
  context.holdRotation('one');
  context.holdRotation('two', 'two is why as well');
  expect(context.result(PARTS).heldBack).toBe('one');
  expect(notes).toEqual(['nothing is rotated out, as one', 'two is why as well']);
});

it('files that could not be read hold rotation back, and those that vanished do not', () => {
  context.name([problem('a', 'vanished')]);
  expect([context.mayRotate(1), context.result(PARTS).heldBack]).toEqual([true, undefined]);
  context.name([problem('b', 'unreadable')]);
  // Where nothing is to go, there is nothing to say.
  expect([context.mayRotate(0), context.result(PARTS).heldBack]).toEqual([false, undefined]);
  expect([context.mayRotate(1), context.result(PARTS).heldBack]).toEqual([
    false,
    'a file or folder could not be read',
  ]);
  expect(context.result(PARTS)).toMatchObject({ problems: 2, missing: 1, known: 0 });
});
