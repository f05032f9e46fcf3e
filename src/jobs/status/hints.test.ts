import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { writeHeld } from '../../series/guards.ts';
import type { PastRecord, PastRun } from '../../series/past.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { hintsFor } from './hints.ts';

const HELD = { since: '', guard: 'mass-change', snapshot: '', message: 'half of it is gone', path: 'photos' };
const ROW = { name: 'data' } as Row;

function run(outcome: PastRun['outcome'], more: Partial<PastRun> = {}): PastRun {
  return { outcome, started: '2026-11-20T02:00:00Z', guards: [], error: null, ...more };
}

const guarded = run('written', { guards: ['mass-change'] });
const missing = run('unchanged', { missing: 1 });
const OVERRULE = /run --only data --accept-changes`\.$/;
const ACCEPT = /accept data PATH`/;

it.each<[string, PastRecord[], RegExp[]]>([
  ['nothing', [], []],
  ['a run without trouble', [run('written')], []],
  ['a run that failed', [run('failed')], []],
  ['one that a guard refused', [run('failed', { guards: ['empty-source'] })], [OVERRULE]],
  ['one that was stopped since', [run('failed', { guards: ['away-part'] }), run('stopped')], [OVERRULE]],
  ['a guard that is not overruled', [run('failed', { guards: ['free-space'] })], []],
  ['one that works again', [run('failed', { guards: ['empty-side'] }), run('unchanged')], []],
  ['a guard that holds', [run('written'), guarded], [OVERRULE]],
  [
    'a guard that holds, and a refusal',
    [guarded, run('failed', { guards: ['replaced-side'] })],
    [OVERRULE, OVERRULE],
  ],
  ['a guard that held', [guarded, run('unchanged')], []],
  ['what cannot be read', [missing], [ACCEPT]],
  ['what could not be read', [missing, run('unchanged', { missing: 0 })], []],
  ['both', [run('written', { guards: ['bit-rot'], missing: 2 }), run('failed')], [OVERRULE, ACCEPT]],
])('has a command for what there is to do about %s', async (_, records, expected) => {
  const series = new Series(new LocalStore('/nowhere'), 'data');
  const hints = await hintsFor({ series, everyMs: 1, row: ROW }, records);
  expect(hints).toEqual(expected.map((words) => expect.stringMatching(words)));
  // Nothing can be run of what no row makes.
  expect(await hintsFor({ series, everyMs: 1 }, records)).toEqual([]);
});

it('accepts nothing of a mirror, which has no snapshots', async () => {
  const series = new Series(new LocalStore('/nowhere'), 'data/.snapshot-data');
  expect(await hintsFor({ series, everyMs: 1, row: ROW }, [missing])).toEqual([]);
});

it('says what is held, and overrules that path only; where it cannot be read, the guard', async () => {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-hints-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const series = new Series(new LocalStore(root), 'data');
  const watched = { series, everyMs: 1, row: ROW };
  await writeHeld(series, HELD);
  expect(await hintsFor(watched, [guarded])).toEqual([
    expect.stringMatching(/^half of it is gone\. .* --accept-changes=photos`\.$/),
  ]);
  series.store.read = async () => await Promise.reject(new SnapshotError('E_STORE', 'no permission'));
  expect(await hintsFor(watched, [guarded])).toEqual([expect.stringMatching(OVERRULE)]);
  const bug = new TypeError('a bug');
  series.store.read = async () => await Promise.reject(bug);
  await expect(hintsFor(watched, [guarded])).rejects.toBe(bug);
});
