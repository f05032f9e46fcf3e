import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../events.ts';
import { run } from './run.ts';
import { SeriesLab } from './series.lab.ts';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
});
afterEach(() => lab.remove());

describe('a run that is not to begin rows now', () => {
  it('asks before each row, leaves rows out with a note, and has no failure', async () => {
    const events: RunEvent[] = [];
    const answers = [undefined, 'the machine runs on battery', undefined];
    const rows = ['a', 'b', 'c'].map((name) => ({ ...lab.row, name }));
    const ends = await run(
      { file: 'plan.csv', rows },
      {
        only: [],
        dryRun: false,
        jobs: 1,
        rehash: false,
        acceptChanges: false,
        signal: new AbortController().signal,
        report: (event) => events.push(event),
        now: () => new Date(),
        notNow: async () => answers.shift(),
      },
    );
    expect(ends.map(({ row, outcome }) => [row, outcome])).toEqual([
      ['a', 'written'],
      ['c', 'written'],
    ]);
    expect(events.filter(({ row }) => row === 'b')).toEqual([
      { event: 'note', row: 'b', message: 'not run: the machine runs on battery' },
    ]);
  });
});
