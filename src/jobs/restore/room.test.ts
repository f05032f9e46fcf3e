import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { needRoom } from './room.ts';
import type { Doing, Step } from './target-plan.ts';

const CAN_MOUNT = process.platform === 'linux' && process.geteuid?.() === 0;

let root: string;
let free: number;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-room-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root]).status !== 0) return;
  writeFileSync(join(root, 'there'), Buffer.alloc(600_000));
  const { bavail, bsize } = statfsSync(root);
  free = bavail * bsize;
});
afterEach(() => {
  spawnSync('umount', [root]);
  rmSync(root, { recursive: true });
});

function step(doing: Doing, more: Partial<Step> = {}): Step {
  return { do: doing, path: fromText('there'), type: 'file', i: 0, reason: undefined, ...more };
}

async function fits(steps: readonly Step[], ...sizes: readonly number[]): Promise<boolean> {
  return await needRoom(root, steps, sizes).then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'E_SPACE' });
      return false;
    },
  );
}

describe.skipIf(!CAN_MOUNT)('needRoom()', () => {
  it('wants room for all that is new', async () => {
    expect(await fits([], free)).toBe(true);
    expect(await fits([], free - 1000, 1001)).toBe(false);
  });

  it('counts what makes way, after what takes its place is whole', async () => {
    const half = Math.ceil(free * 0.6);
    expect(await fits([step('replace')], half, half)).toBe(true);
    // It is to be there beside the one before.
    expect(await fits([step('replace')], half * 2)).toBe(false);
    expect(await fits([step('delete', { isInTheWay: true })], half, half)).toBe(true);
    expect(await fits([step('delete')], half, half)).toBe(false);
    expect(await fits([step('same')], half, half)).toBe(false);
  });

  it('counts nothing that keeps its room', async () => {
    const half = Math.ceil(free * 0.6);
    mkdirSync(join(root, 'folder'));
    expect(await fits([step('replace', { path: fromText('folder') })], half, half)).toBe(false);
    linkSync(join(root, 'there'), join(root, 'name'));
    expect(await fits([step('replace')], half, half)).toBe(false);
  });
});
