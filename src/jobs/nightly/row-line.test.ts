import { expect, it } from 'vitest';
import { rowLine } from './row-line.ts';

type End = Parameters<typeof rowLine>[0];

const END: End = {
  row: 'data',
  outcome: 'written',
  dryRun: false,
  files: 2,
  bytes: 3000,
  change: { added: 1, modified: 0, removed: 2 },
  newBytes: 100,
  durationMs: 200,
  guards: [],
  error: null,
  waiting: null,
};
const style = (name: string, text: string): string => `[${name}]${text}`;

it.each<[Partial<End>, string]>([
  [{}, '[green]written, 2 files, 3 kB, 1 added, 2 removed, 100 B on disk, 0.2s'],
  [{ dryRun: true }, '[green]would write, 2 files, 3 kB, 1 added, 2 removed, 100 B before compression, 0.2s'],
  [
    { guards: ['x'], change: { added: 0, modified: 0, removed: 0 } },
    '[yellow]written, 2 files, 3 kB, no entries, 100 B on disk, 0.2s',
  ],
  [{ outcome: 'unchanged' }, '[green]nothing changed, 2 files, 3 kB, 0.2s'],
  [{ outcome: 'failed', error: {} }, '[red]FAILED, 0.2s'],
  [{ outcome: 'failed', error: {}, guards: ['x'] }, '[yellow]refused, 0.2s'],
  [{ outcome: 'stopped' }, '[yellow]stopped, 2 files, 3 kB, 0.2s'],
  [{ outcome: 'waiting', waiting: { message: 'its disk is away' } }, '[yellow]its disk is away'],
])('%j', (change, line) => {
  expect(rowLine({ ...END, ...change }, { style })).toBe(`data: ${line}`);
});
