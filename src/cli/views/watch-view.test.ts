import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import type { RowEnd } from '../../jobs/events.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import { linesOfTerminal } from './terminal.lab.ts';
import { watchView, type WatchView } from './watch-view.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-watch-view-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

async function planOf(...names: readonly string[]): Promise<Plan> {
  const file = join(root, 'plan.csv');
  const rows = names.map((name) => `source,mirror,${name},mirror`);
  writeFileSync(file, ['source,destination,name,strategy', ...rows, ''].join('\n'));
  return await loadPlan(file);
}

/** A row with nothing to tell ends. */
function ends(view: WatchView, row: string): void {
  const end = { event: 'row', row, source: '/s', outcome: 'unchanged', dryRun: false, status: 0, files: 1 };
  const none = { snapshot: null, folder: null, damage: null, series: null, error: null, waiting: null };
  const counts = { bytes: 0, newBytes: 0, problems: 0, durationMs: 0 };
  const change = { added: 0, modified: 0, removed: 0 };
  view.event({ ...end, ...none, ...counts, change, guards: [], kept: [], removed: [] } as RowEnd);
}

it('says how the rows stand that are in the plan, and of no other', async () => {
  const { terminal, lines } = linesOfTerminal();
  const stdout = new PassThrough();
  const view = watchView({ json: false, quiet: false }, { ...terminal, isLive: true }, stdout);
  onTestFinished(() => view.close());
  /** The rows of what was drawn last. */
  const drawn = (): readonly string[] => {
    const text = stripVTControlCharacters(String(stdout.read() ?? ''));
    return [...text.matchAll(/● \[bold\](\S+)/g)].map(([, row = '']) => row).slice(-2);
  };
  view.start(await planOf('a', 'b'), []);
  for (const row of ['a', 'b']) ends(view, row);
  view.note('something');
  expect(drawn()).toEqual(['a', 'b']);
  view.changed(await planOf('c', 'a'), []);
  drawn();
  // It is stopped after that.
  ends(view, 'b');
  ends(view, 'c');
  view.note('something');
  expect(drawn()).toEqual(['a', 'c']);
  expect(lines.filter((line) => line.includes('has changed'))).toHaveLength(1);
});

it('counts rows by whichever name they were chosen', async () => {
  const { terminal, lines } = linesOfTerminal();
  const view = watchView({ json: false, quiet: false }, terminal);
  view.start(await planOf('a', 'b'), ['b']);
  expect(lines[0]).toContain('1 mirror.');
});
