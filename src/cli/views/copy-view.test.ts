import { expect, it } from 'vitest';
import type { CopyEnd } from '../../jobs/copy/copy-events.ts';
import { copyView } from './copy-view.ts';
import { linesOfTerminal } from './terminal.lab.ts';

const END: CopyEnd = {
  event: 'end',
  status: 0,
  series: 'data',
  from: '/from',
  to: '/to',
  dryRun: false,
  copied: 0,
  mended: 0,
  damaged: 0,
  unmended: 0,
  there: 0,
  bytes: 3,
  durationMs: 100,
};

it.each<[Partial<CopyEnd>, boolean, string[]]>([
  [{}, false, ['Copied 0 snapshots (3 B) from /from to /to in 0.1s']],
  [
    { copied: 1, there: 2 },
    false,
    ['Copied 1 snapshot (3 B) from /from to /to in 0.1s', '2 snapshots had been there before'],
  ],
  [{ copied: 2 }, true, ['Would copy 2 snapshots (3 B) from /from to /to']],
  [
    { mended: 1, unmended: 2, damaged: 3 },
    false,
    ['Copied 1 mended, 2 damaged at both places, 3 damaged and left out (3 B) from /from to /to in 0.1s'],
  ],
])('says what a copy came to: %j', (change, isDryRun, expected) => {
  const { terminal, lines } = linesOfTerminal();
  copyView(terminal, { json: false, quiet: false, isDryRun }).end({ ...END, ...change });
  expect(lines).toEqual(expected);
});

it('names what is damaged, also when it is to be quiet, and why', () => {
  const { terminal, lines } = linesOfTerminal();
  const view = copyView(terminal, { json: false, quiet: true, isDryRun: false });
  const event = { event: 'snapshot', row: 'data', bytes: 0 } as const;
  view.event({ ...event, snapshot: 'one', outcome: 'damaged', reason: 'rot' });
  view.event({ ...event, snapshot: 'two', outcome: 'unmended', reason: 'no copy' });
  view.event({ ...event, snapshot: 'three', outcome: 'copied', reason: null });
  view.end(END);
  expect(lines).toEqual([
    '! [yellow]damaged: one is left out: rot',
    '! [yellow]damaged: two stays damaged there: no copy',
  ]);
});
