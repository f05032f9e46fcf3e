// A part of the source that is mounted, and away for a night.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MishapStep } from './mishap-steps.ts';
import type { Stage } from './mishaps.ts';
import { asStarter } from './ordinary.ts';

const CAN_MOUNT = process.platform === 'linux' && process.getuid?.() === 0;

/** @returns Whether anything can be mounted here. */
export async function goAway(step: Extract<MishapStep, { do: 'away' }>, stage: Stage): Promise<boolean> {
  const { lab } = stage;
  const [disk, place] = [join(lab.root, 'disk'), join(lab.source, 'mnt')];
  const mount = (): boolean => CAN_MOUNT && asStarter(() => tool('mount', '--bind', disk, place));
  const umount = (): boolean => CAN_MOUNT && asStarter(() => tool('umount', '--lazy', place));
  mkdirSync(join(disk, 'folder'), { recursive: true });
  writeFileSync(join(disk, 'folder', 'file'), 'on a disk');
  mkdirSync(place);
  const isMounted = mount();
  try {
    if (!isMounted) return false;
    await stage.run({});
    umount();
    if (step.leaves === 'another') writeFileSync(join(place, 'another'), 'not on the disk');
    if (step.leaves === 'nothing') rmSync(place, { recursive: true });
    const { outcome, guards, removed, error } = await stage.runUnchecked();
    const names = guards.map(({ guard }) => guard);
    assert.deepEqual(removed, [], 'nothing is rotated out while a part is away');
    if (!names.includes('empty-source'))
      assert.deepEqual([outcome, names.includes('away-part')], ['unchanged', true], error?.message);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place);
    if (!step.returns) return true;
    mount();
    await stage.run({});
    return true;
  } finally {
    umount();
    if (existsSync(place)) rmSync(place, { recursive: true });
    rmSync(disk, { recursive: true });
    // Accepted: it is gone for good.
    if (isMounted) await stage.run({});
  }
}

function tool(...[name = '', ...args]: readonly string[]): boolean {
  return spawnSync(name, args).status === 0;
}
