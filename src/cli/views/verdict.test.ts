import { describe, expect, it } from 'vitest';
import type { RowEnd } from '../../jobs/events.ts';
import { verdictText } from './verdict.ts';

type End = Pick<RowEnd, 'outcome' | 'status'>;

const style = (name: string, text: string): string => `${name}: ${text}`;

const WRITTEN: End = { outcome: 'written', status: 0 };
const UNCHANGED: End = { outcome: 'unchanged', status: 0 };
const WAITING: End = { outcome: 'waiting', status: 0 };
/** The snapshot is there, but an older one has lost something. */
const DAMAGED: End = { outcome: 'written', status: 1 };
const PARTIAL: End = { outcome: 'written', status: 3 };
const REFUSED: End = { outcome: 'failed', status: 4 };
const LOCKED: End = { outcome: 'failed', status: 11 };
const FAILED: End = { outcome: 'failed', status: 1 };
const STOPPED: End = { outcome: 'stopped', status: 130 };

describe('the last line on a terminal says what the exit code says:', () => {
  it.each<[number, string, readonly End[]]>([
    [0, 'green: Done.', [UNCHANGED, WRITTEN]],
    [0, 'green: Done: nothing changed.', [UNCHANGED]],
    [0, 'yellow: Done, but 1 row waits for a disk; see above.', [WRITTEN, WAITING]],
    [0, 'yellow: Done, but 2 rows wait for a disk; see above.', [WAITING, WAITING]],
    [3, 'yellow: Done, but not everything could be read; see above.', [WRITTEN, PARTIAL, WAITING]],
    [4, 'yellow: Done, but a guard held something back; see above.', [REFUSED]],
    [
      4,
      'yellow: Done, but a guard held something back; see above.',
      [{ ...WRITTEN, status: 4 }, LOCKED, PARTIAL],
    ],
    [11, 'yellow: Done, but another run is at work in 1 row; see above.', [LOCKED, WRITTEN, PARTIAL]],
    [11, 'yellow: Done, but another run is at work in 2 rows; see above.', [LOCKED, LOCKED]],
    [1, 'red: 1 row of 4 failed.', [FAILED, REFUSED, LOCKED, WRITTEN]],
    [1, 'red: 2 rows of 2 failed.', [FAILED, FAILED]],
    [1, 'red: 1 row of 2 failed.', [DAMAGED, FAILED]],
    [1, 'red: Done, but something in the archives is damaged; see above.', [WRITTEN, DAMAGED]],
    [1, 'red: The run failed.', [WRITTEN]],
    [130, 'yellow: Stopped. Earlier snapshots are as they were.', [FAILED, STOPPED]],
  ])('%i, %s', (status, text, ends) => {
    expect(verdictText(ends, status, { style })).toBe(text);
  });
});
