// A destination whose disk is away for a while: nothing is said of what nobody can look at, and nothing is written in its place.
import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { list } from '../../src/jobs/look/list.ts';
import { outOfReach } from '../../src/jobs/reach.ts';
import { Memory, type Recall } from '../../src/jobs/status/memory.ts';
import { readStatus } from '../../src/jobs/status/read-status.ts';
import { rememberLog } from '../../src/jobs/status/remember-log.ts';
import { seriesOf } from './answers.ts';
import type { MishapStep } from './mishap-steps.ts';
import type { Stage } from './mishaps.ts';

/** It goes, all is asked, a run comes, and it is back. */
export async function unplug(
  { leaves }: Extract<MishapStep, { do: 'unplugged' }>,
  { lab, now, host }: Stage,
): Promise<void> {
  const { destination, every } = lab.row;
  const [state, aside] = [join(lab.root, 'state'), join(lab.root, 'aside')];
  const memory = new Memory(state);
  await memory.update(destination, (known) => ({ ...known, isRemovable: true, disks: ['of this disk'] }));
  await rememberLog(seriesOf(lab), memory, now, assert.fail);
  const recall: Recall = async (place) => await memory.find(place);
  renameSync(destination, aside);
  if (leaves === 'a folder') mkdirSync(destination);
  try {
    const listed = await list({ series: seriesOf(lab), row: lab.row, everyMs: every }, recall, now);
    assert.deepEqual([listed.snapshots, listed.out?.isAway], [[], true], 'list while the disk is away');
    const out = await outOfReach(seriesOf(lab), lab.row, recall, now);
    assert(out?.isAway === true, 'what verify and find go by');
    const status = await readStatus({ series: seriesOf(lab), row: lab.row, everyMs: every }, now, recall);
    const isLate = status.isOverdue || status.isFailing;
    assert.equal(status.state === 'waiting', !isLate, `status: ${status.reasons.join('; ')}`);
    assert(status.reasons.some((reason) => reason.startsWith('waiting for its disk')));
    const end = await lab.run({ memory, acceptChanges: false, machine: { host, id: '' }, now: () => now });
    assert.equal(end.outcome, out.isOverdue ? 'failed' : 'waiting', end.error?.message);
    const there = existsSync(destination) ? readdirSync(destination) : 'nothing';
    assert.deepEqual(there, leaves === 'a folder' ? [] : 'nothing', 'what a run has written in its place');
  } finally {
    rmSync(destination, { recursive: true, force: true });
    renameSync(aside, destination);
    rmSync(state, { recursive: true });
  }
}
