import { expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { RestoreEnd, RestoreProblem } from '../../jobs/restore/restore-events.ts';
import { TextRestoreView } from './restore-view.ts';
import { linesOfTerminal } from './terminal.lab.ts';

const END: RestoreEnd = {
  event: 'end',
  status: 0,
  series: 'data',
  snapshot: 'one',
  target: '/to',
  dryRun: false,
  files: 1,
  bytes: 2,
  folders: 0,
  links: 0,
  same: 0,
  otherwise: 0,
  deleted: 0,
  problems: 0,
  refused: 0,
  durationMs: 100,
};

function problem(kind: RestoreProblem['kind'], path: string): RestoreProblem {
  return { event: 'problem', row: 'data', kind, path, reason: 'why' };
}

it('tells what is lost from what is only not quite as it was', () => {
  const { terminal, lines } = linesOfTerminal();
  const view = new TextRestoreView(terminal, true);
  for (const one of [problem('damaged', 'a'), problem('attributes', 'b'), problem('failed', '')])
    view.event(one);
  view.end(END);
  expect(lines).toEqual([
    '! [yellow]2 paths could not be restored:',
    '!   a: why',
    '!   .: why',
    '! [yellow]1 path is restored, but not quite as it was:',
    '!   b: why',
  ]);
});

it('tells the problems of one series with that one only', () => {
  const { terminal, lines } = linesOfTerminal();
  const view = new TextRestoreView(terminal, false);
  view.event(problem('failed', 'first'));
  view.series(END);
  lines.length = 0;
  view.series(END);
  expect(lines).toEqual(['Restored 1 file, 2 B from one to /to in 0.1s']);
  view.event(problem('failed', 'second'));
  view.failed('other', new SnapshotError('E_STORE', 'no disk', { hint: 'Is it there?' }));
  lines.length = 0;
  view.series(END);
  expect(lines).toEqual(['Restored 1 file, 2 B from one to /to in 0.1s']);
});

it.each<[Partial<RestoreEnd>, string[]]>([
  [
    { same: 1, otherwise: 1 },
    [
      'Restored 1 file, 2 B from one to /to in 0.1s',
      '1 file was there already; 1 of them with another mode or time',
    ],
  ],
  [
    { same: 2, folders: 1, links: 2, deleted: 3 },
    [
      'Restored 1 file, 2 B, 1 folder, 2 links, 3 deleted from one to /to in 0.1s',
      '2 files were there already',
    ],
  ],
  [
    { dryRun: true, refused: 2 },
    ['Would restore 1 file, 2 B from one to /to', 'Nothing would be done: 2 paths must not make way'],
  ],
])('says what it came to: %j', (change, expected) => {
  const { terminal, lines } = linesOfTerminal();
  new TextRestoreView(terminal, false).end({ ...END, ...change });
  expect(lines).toEqual(expected);
});
