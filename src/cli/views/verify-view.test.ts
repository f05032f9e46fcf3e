import { describe, expect, it } from 'vitest';
import { END } from '../../jobs/verify/verify-end.lab.ts';
import type { Lost, VerifyEnd } from '../../jobs/verify/verify-events.ts';
import { linesOfTerminal } from './terminal.lab.ts';
import { verifyView } from './verify-view.ts';

const LOST: Lost = { event: 'lost', series: 'data', snapshot: 'two', path: 'a', stillIn: [] };

function view(options: { json?: boolean; quiet?: boolean } = {}): {
  readonly shown: ReturnType<typeof verifyView>;
  readonly lines: string[];
} {
  const { terminal, lines } = linesOfTerminal();
  const common = { json: options.json === true, quiet: options.quiet === true };
  return { shown: verifyView(common as Parameters<typeof verifyView>[0], terminal), lines };
}

describe('the last line of a verify', () => {
  const nothing = { ...END, series: 'away', nothing: 'its disk is away' };
  const quick: VerifyEnd = { ...END, looked: 'quick' };
  const keyless: VerifyEnd = { ...END, isKeyless: true };

  it.each<[string, readonly VerifyEnd[], number, string]>([
    ['all of all', [END, END], 0, '[green]Everything is as it should be.'],
    [
      'not all of one',
      [END, quick],
      0,
      '[green]What was looked at is as it should be. `--level full` reads the rest.',
    ],
    [
      'one without its key',
      [END, keyless],
      0,
      '[green]What was looked at is as it should be. Only a verify with the key tells whether it can be restored.',
    ],
    [
      'one that is away',
      [END, nothing],
      0,
      'What was looked at is as it should be. [yellow]Not verified: away.',
    ],
    ['none', [nothing, nothing], 1, '[yellow]Nothing was verified; see above.'],
    ['one that is damaged', [END, nothing], 1, '[red]Not everything is as it should be; see above.'],
    ['no series', [], 0, 'There is no series to verify.'],
  ])('%s', (_, ends, status, line) => {
    const { shown, lines } = view();
    shown.end(ends, status);
    expect(lines).toEqual([line]);
  });
});

it('names the first twenty lost files of each series, and the newest snapshot that has them', () => {
  const { shown, lines } = view();
  for (const stillIn of [[], ['one'], ['one', 'two'], ['one', 'two', 'three']])
    shown.event({ ...LOST, stillIn });
  expect(lines).toEqual([
    '[red]lost: a of two, in no snapshot any more',
    '[red]lost: a of two, still in one',
    '[red]lost: a of two, still in two and 1 more',
    '[red]lost: a of two, still in three and 2 more',
  ]);
  for (let i = 4; i < 22; i++) shown.event(LOST);
  expect(lines).toHaveLength(20);
  shown.event({ ...END, lost: 22 });
  expect(lines[20]).toBe('... and 2 more lost; --json names them all');
  shown.event({ ...LOST, series: 'other', path: 'b' });
  expect(lines.at(-1)).toBe('[red]lost: b of two, in no snapshot any more');
});

it('tells damage on the standard error, and nothing else, when it is to be quiet', () => {
  const { shown, lines } = view({ quiet: true });
  const damage = { event: 'damage', series: 'data', file: 'one/a', what: 'is missing' } as const;
  shown.event({ ...damage, snapshots: ['one'] });
  shown.event({ ...damage, snapshots: ['one', 'two'] });
  shown.event({ event: 'note', series: 'data', message: 'note' });
  shown.event({ ...END, damages: 2, status: 1 });
  shown.end([{ ...END, damages: 2, status: 1 }], 1);
  expect(lines).toEqual([
    '! [red]damaged: data/one/a: is missing',
    '! [red]damaged: data/one/a: is missing (2 snapshots need it)',
  ]);
});

it('adds up damage and loss for programs, each for itself', () => {
  const { shown, lines } = view({ json: true });
  shown.end(
    [
      { ...END, damages: 1, lost: 20 },
      { ...END, damages: 3, lost: 40 },
    ],
    1,
  );
  expect(JSON.parse(lines[0] ?? '')).toEqual({ event: 'end', status: 1, series: 2, damages: 4, lost: 60 });
});
