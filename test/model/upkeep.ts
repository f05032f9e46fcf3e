// Pins, snapshots that are removed by hand, and rotation on demand: what goes is what the model says, and nothing else.
import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { accept, takeBack } from '../../src/jobs/upkeep/accept.ts';
import { forget } from '../../src/jobs/upkeep/forget.ts';
import { pin, unpin } from '../../src/jobs/upkeep/pin.ts';
import { prune } from '../../src/jobs/upkeep/prune.ts';
import { rename } from '../../src/jobs/upkeep/rename.ts';
import { heldBackFailures } from '../../src/jobs/status/streaks.ts';
import { readAccepted } from '../../src/series/accepted.ts';
import { readRuns } from '../../src/series/read-runs.ts';
import { display } from '../../src/tree/path.ts';
import { loadPlan } from '../../src/plan/plan.ts';
import { Memory, type Recall } from '../../src/jobs/status/memory.ts';
import type { SeriesLab } from '../../src/jobs/run/series.lab.ts';
import { seriesOf } from './answers.ts';

export type UpkeepStep =
  | { readonly do: 'pin' | 'unpin' | 'forget'; readonly at: number }
  | { readonly do: 'prune'; readonly dryRun: boolean }
  /** What cannot be read there is known from now on, or no more. */
  | { readonly do: 'accept' | 'take back'; readonly path: string }
  /** Another name for the series. */
  | { readonly do: 'call'; readonly name: string };

export const upkeepStep: fc.Arbitrary<UpkeepStep> = fc.oneof(
  fc.record({ do: fc.constantFrom('pin', 'unpin', 'forget'), at: fc.nat({ max: 9 }) }),
  fc.record({ do: fc.constant('prune' as const), dryRun: fc.boolean() }),
  fc.record({
    do: fc.constantFrom('accept', 'accept', 'take back'),
    path: fc.constantFrom('a', 'b', 'c', 'c/a', 'x.jpg'),
  }),
  fc.record({ do: fc.constant('call' as const), name: fc.constantFrom('data', 'Data', 'papers') }),
);

export function isUpkeep(step: { readonly do: string }): step is UpkeepStep {
  return ['pin', 'unpin', 'forget', 'prune', 'accept', 'take back', 'call'].includes(step.do);
}

/** What there is to keep up. */
export interface Keeping {
  readonly lab: SeriesLab;
  /** In the order in which they were written. */
  readonly snapshots: readonly string[];
  readonly pinned: ReadonlySet<string>;
  /** Paths of which it is known that they cannot be read. */
  readonly accepted: ReadonlySet<string>;
  /** Whether it belongs to this machine, and not to one of another name. */
  readonly isOurs: boolean;
  readonly now: Date;
  /** Whether nothing may go: a guard says so, or the last run could not read something. Undefined: who knows. */
  readonly isHeld: boolean | undefined;
  /** What a rotation lets go now; undefined where a clock was wrong. */
  readonly letGo: readonly string[] | undefined;
}

/** What became of it. */
export interface Kept {
  readonly removed: readonly string[];
  readonly pinned: ReadonlySet<string>;
  /** Lines that the log of the series has more. */
  readonly records: number;
}

export async function keepUp(step: UpkeepStep, keeping: Keeping): Promise<Kept> {
  const { lab, snapshots, now } = keeping;
  const pinned = new Set(keeping.pinned);
  if (step.do === 'prune') return { ...(await pruneNow(step.dryRun, keeping)), pinned };
  if (step.do === 'call') {
    await call(step.name, keeping);
    return { removed: [], pinned, records: 0 };
  }
  if ('path' in step) {
    await acceptOrNot(step.do, step.path, keeping);
    return { removed: [], pinned, records: 0 };
  }
  const at = snapshots.toSorted()[step.at % snapshots.length] ?? '';
  const series = seriesOf(lab);
  switch (step.do) {
    case 'pin':
      assert.equal(await pin(series, at, 'why not', now), at);
      return { removed: [], pinned: pinned.add(at), records: 0 };
    case 'unpin':
      if (pinned.delete(at)) assert.equal((await unpin(series, at, now)).name, at);
      else await assert.rejects(unpin(series, at, now), { code: 'E_USAGE' });
      return { removed: [], pinned, records: 0 };
    case 'forget': {
      const options = { now: () => now, note: () => {}, confirm: async () => await Promise.resolve() };
      const forgetting = forget(series, at, options);
      if (pinned.has(at) || snapshots.length === 1) {
        await assert.rejects(forgetting, { code: 'E_USAGE' });
        return { removed: [], pinned, records: 0 };
      }
      assert.equal(await forgetting, at);
      return { removed: [at], pinned, records: 1 };
    }
  }
}

async function acceptOrNot(
  what: 'accept' | 'take back',
  path: string,
  { lab, now, accepted }: Keeping,
): Promise<void> {
  const [series, { source }] = [seriesOf(lab), lab.row];
  if (what === 'accept') await accept(series, path, 'why not', source, now);
  else if (accepted.has(path)) await takeBack(series, path, source);
  else await assert.rejects(takeBack(series, path, source), { code: 'E_USAGE' });
  const wanted = new Set(accepted);
  if (what === 'accept') wanted.add(path);
  else wanted.delete(path);
  const listed = (await readAccepted(series)).map((one) => display(one.path));
  assert.deepEqual(listed.toSorted(), [...wanted].toSorted(), 'what is accepted');
}

async function call(to: string, { lab, isOurs, now }: Keeping): Promise<void> {
  const { name, source, destination } = lab.row;
  const plan = join(lab.root, 'plan.csv');
  writeFileSync(plan, `source,destination,name\n${source},${destination},${name}\n`);
  const memory = new Memory(join(lab.root, 'state'));
  const recall: Recall = async (place) => await memory.find(place);
  const calling = rename(name, to, { plan, memory, recall, now, note: assert.fail });
  if (!isOurs || to === name)
    return await assert.rejects(calling, { code: to === name ? 'E_USAGE' : 'E_GUARD' });
  await calling;
  lab.row = { ...lab.row, name: (await loadPlan(plan)).rows[0]?.name ?? '' };
  assert.equal(lab.row.name, to);
}

async function pruneNow(
  dryRun: boolean,
  { lab, snapshots, isOurs, now, isHeld, letGo }: Keeping,
): Promise<Pick<Kept, 'removed' | 'records'>> {
  const wasHeldBack = heldBackFailures((await readRuns(seriesOf(lab))).records).length > 0;
  const pruning = prune(lab.row, seriesOf(lab), { dryRun, now: () => now, note: () => {} });
  if (!isOurs) {
    await assert.rejects(pruning, { code: 'E_GUARD' });
    return { removed: [], records: 0 };
  }
  const pruned = await pruning;
  const removed = pruned.removed.map(({ snapshot }) => snapshot);
  const told = `prune: ${pruned.heldBack ?? 'nothing is held back'}`;
  if (letGo !== undefined && isHeld !== undefined) assert.deepEqual(removed, isHeld ? [] : letGo, told);
  if (isHeld === true) assert.deepEqual(removed, [], told);
  const last = snapshots.slice(-(lab.row.keep.last ?? 1));
  assert.deepEqual(
    last.filter((name) => removed.includes(name)),
    [],
    'the newest snapshots stay',
  );
  if (dryRun) return { removed: [], records: 0 };
  return { removed, records: removed.length > 0 || pruned.heldBack !== undefined || wasHeldBack ? 1 : 0 };
}
