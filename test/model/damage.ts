// Damage to a series: what is whole stays, what the source has is written again, and what is put back is as it was.
import { strict as assert } from 'node:assert';
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { noteDamage } from '../../src/jobs/verify/note-damage.ts';
import { repair } from '../../src/jobs/repair/repair.ts';
import { verify } from '../../src/jobs/verify/verify.ts';
import { list } from '../../src/jobs/look/list.ts';
import type { Recall } from '../../src/jobs/status/memory.ts';
import { readStatus } from '../../src/jobs/status/read-status.ts';
import { Series } from '../../src/series/series.ts';
import { LocalStore } from '../../src/store/local/local-store.ts';
import { lookAt } from '../support/trees.ts';
import { seriesOf } from './answers.ts';
import type { MishapStep } from './mishap-steps.ts';
import type { Stage } from './mishaps.ts';
import { comparable } from './moment.ts';

type Rot = Extract<MishapStep, { do: 'rot' }>;

const NEVER = new AbortController().signal;

/** A file is damaged, a verify and a run follow, and in the end it is put back. */
export async function rot(step: Rot, stage: Stage): Promise<void> {
  const { lab, snapshots } = stage;
  const snapshot = snapshots[step.at % snapshots.length] ?? '';
  const names = readdirSync(lab.folder(snapshot)).filter((name) => !NO_TARGET.has(name));
  const path = lab.folder(snapshot, names.toSorted()[step.file % names.length] ?? '');
  const mend = damage(path, step, join(lab.root, 'aside'));
  const isSized =
    step.how === 'remove' || (step.how === 'cut' && /\.(?:tar\.zst|zip|jsonl\.zst)$/.test(path));
  if (isSized) await checkTold(stage, snapshot, 'before it was read');
  const status = await verifyAll(stage);
  await checkTold(stage, snapshot, 'after it was read');
  assert.equal(status, 1, `verify of a damaged ${path}`);
  const before = lab.row;
  // What is rotated out while something is damaged is for the tests of that.
  lab.row = { ...before, keep: { last: 1000 } };
  const end = await stage.runUnchecked();
  lab.row = before;
  const { state, reasons, notes } = await readStatus(
    { series: seriesOf(lab), row: lab.row, everyMs: lab.row.every },
    stage.now,
    nobody,
  );
  assert.notDeepEqual([state, reasons, notes], ['ok', [], []], `status, after damage to ${path} and a run`);
  // Wherever the content was damaged: the newest snapshot is whole, as all of it was to be had from the source.
  const newest = end.snapshot;
  if (newest !== null) {
    const [seen, tree] = [stage.reader.read(newest), lookAt(lab.source)].map((found) =>
      comparable({ seen: found, isPatched: true }, true),
    );
    assert.deepEqual(seen, tree, `after damage to ${path}, ${end.outcome}`);
  }
  mend();
  assert.equal(await verifyAll(stage), 0, 'verify of what was put back');
}

const nobody: Recall = async () => await Promise.resolve(undefined);

/** `list` and `status` know of it, as far as they can. */
async function checkTold({ lab, now }: Stage, snapshot: string, when: string): Promise<void> {
  const listed = await list({ series: seriesOf(lab), row: lab.row, everyMs: lab.row.every }, nobody, now);
  const flaws = listed.snapshots.find(({ name }) => name === snapshot)?.flaws ?? [];
  assert(flaws.length + listed.damaged.length > 0, `list, of damage to ${snapshot}, ${when}`);
}

/** Without check sums these say nothing; `info.json` is lost in a step of its own. */
const NO_TARGET: ReadonlySet<string> = new Set([
  'info.json',
  'UNFINISHED',
  'LET-GO',
  'PINNED',
  'LET-GO.part',
]);

/** @returns Puts it back, in the same inode, also where other snapshots have it. */
function damage(path: string, { how, place }: Rot, aside: string): () => void {
  const fd = openSync(path, 'r+');
  const { size } = fstatSync(fd);
  const bytes = Buffer.alloc(size);
  readSync(fd, bytes, 0, size, 0);
  if (how === 'remove' || size === 0) {
    linkSync(path, aside);
    unlinkSync(path);
  } else if (how === 'cut') ftruncateSync(fd, Math.floor(place * size));
  else {
    const at = Math.floor(place * size);
    writeSync(fd, Buffer.from([(bytes[at] ?? 0) ^ 1]), 0, 1, at);
  }
  return () => {
    ftruncateSync(fd, size);
    writeSync(fd, bytes, 0, size, 0);
    closeSync(fd);
    if (!existsSync(aside)) return;
    if (!existsSync(path)) linkSync(aside, path);
    unlinkSync(aside);
  };
}

/** As the command does it: what is found is remembered. */
async function verifyAll({ lab }: Stage): Promise<number> {
  const series = new Series(new LocalStore(lab.row.destination), lab.row.name);
  const { end, seen } = await verify(series, {
    at: undefined,
    level: 'full',
    signal: NEVER,
    report: () => {},
  });
  await noteDamage(series, seen, undefined, () => {});
  return end.status;
}

/** A snapshot loses its `info.json`, a run follows, and it is repaired, or put back by hand. */
export async function lose(step: Extract<MishapStep, { do: 'lose' }>, stage: Stage): Promise<void> {
  const { lab, snapshots, moments } = stage;
  // The newest one says what comes next: it is followed by no run.
  const i = step.at % snapshots.length;
  const snapshot = snapshots[i] ?? '';
  const folder = lab.folder(snapshot);
  const files = new Map(
    readdirSync(folder)
      .filter((name) => !/\.(?:tar\.zst|zip|part)$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
  const order = [...moments];
  unlinkSync(join(folder, 'info.json'));
  moments.delete(snapshot);
  const archives = readdirSync(folder);
  if (i < snapshots.length - 1) await stage.run({});
  assert.deepEqual(readdirSync(folder), archives, 'a snapshot without info.json stays as it is');
  const moment = new Map(order).get(snapshot);
  assert(moment !== undefined);
  if (step.repairs) {
    const series = new Series(new LocalStore(lab.row.destination), lab.row.name);
    const [repaired] = await repair(series, [snapshot], NEVER);
    assert.equal(repaired?.outcome, 'repaired', repaired?.notes.join());
    const isZip = stage.reader.info(snapshot).format === 'zip';
    const seen = stage.reader.read(snapshot);
    if (!isZip)
      assert.deepEqual(comparable({ seen, isPatched: true }, true), comparable(moment, true), 'repaired');
  }
  for (const name of readdirSync(folder)) {
    if (!/\.(?:tar\.zst|zip|part)$/.test(name) && !files.has(name)) unlinkSync(join(folder, name));
  }
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  const later = [...moments].filter(([name]) => !order.some(([known]) => known === name));
  const there = order.filter(([name]) => name === snapshot || moments.has(name));
  moments.clear();
  for (const [name, held] of [...there, ...later]) moments.set(name, held);
}
