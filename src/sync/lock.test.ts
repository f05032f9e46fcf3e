import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { currentOwner, type Owner } from '../host/machine.ts';
import { LocalSide } from './local-side.ts';
import { lockSide, nameRoot, rootId } from './lock.ts';
import { withCalls } from './pair.lab.ts';
import { type Side, SideError } from './side.ts';

const MINUTE_MS = 60_000;
const ELSEWHERE: Owner = { ...currentOwner(), host: 'laptop', machine: 'another', boot: 'another' };

interface Place {
  readonly root: string;
  readonly side: LocalSide;
  readonly lock: string;
  readonly data: string;
}

async function open(): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-lock-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return {
    root,
    side: await LocalSide.open(root),
    lock: join(root, '.sync.lock'),
    data: join(root, '.snapshot-data'),
  };
}

function never(error: Error): void {
  throw error;
}

/** Writes a file, as of `ageMs` ago. */
function leave(file: string, content: string, ageMs: number): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  const at = (Date.now() - ageMs) / 1000;
  utimesSync(file, at, at);
}

function lockOf(owner: Owner, token = 'other'): string {
  return `${JSON.stringify({ token, owner })}\n`;
}

function tokenIn(file: string): unknown {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly token: unknown }).token;
}

afterEach(() => void vi.useRealTimers());

describe('a lock', () => {
  it('says who has it, keeps others out, and leaves nothing behind', async () => {
    const { side, lock, data } = await open();
    const held = await lockSide(side, never);
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual({
      token: expect.any(String) as string,
      owner: currentOwner(),
    });
    expect(Math.abs(held.aheadMs)).toBeLessThan(held.uncertainMs + 1);
    await expect(lockSide(side, never)).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: `A process on ${currentOwner().host} (pid ${process.pid}) is syncing "${side.label}"`,
    });
    expect(readdirSync(data)).toEqual([]);
    await held.release();
    expect(readdirSync(side.address)).toEqual(['.snapshot-data']);
    await (await lockSide(side, never)).release();
  });

  it.each([
    ['of a process that has ended', lockOf({ ...currentOwner(), pid: endedPid() }), 0],
    ['of this process, which does not hold it', lockOf(currentOwner()), 0],
    ['of another machine, not renewed for ten minutes', lockOf(ELSEWHERE), 10 * MINUTE_MS + 1000],
    ['of another machine, ten minutes in the future', lockOf(ELSEWHERE), -10 * MINUTE_MS - 2000],
    ['of another tool, an hour old', '', 60 * MINUTE_MS + 1000],
    ['that says nothing of who has it, an hour old', '{"token":"x"}', 60 * MINUTE_MS + 1000],
  ])('%s is taken over', async (_, content, ageMs) => {
    const { side, lock, data } = await open();
    leave(lock, content, ageMs);
    const held = await lockSide(side, never);
    expect(tokenIn(lock)).not.toBe('other');
    expect(readdirSync(data)).toEqual([]);
    await held.release();
  });

  it.each([
    [
      'of another machine, renewed in the last ten minutes',
      lockOf(ELSEWHERE),
      10 * MINUTE_MS - 5000,
      'laptop',
    ],
    ['of another machine, whose clock is ahead', lockOf(ELSEWHERE), -10 * MINUTE_MS + 5000, 'laptop'],
    ['of another tool, not an hour old', '', 60 * MINUTE_MS - 5000, 'Another program'],
  ])('%s stays', async (_, content, ageMs, who) => {
    const { side, lock, data } = await open();
    leave(lock, content, ageMs);
    await expect(lockSide(side, never)).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: expect.stringContaining(who) as string,
    });
    expect(readFileSync(lock, 'utf8')).toBe(content);
    expect(readdirSync(data)).toEqual([]);
  });

  it('is as old as the clock of its side says', async () => {
    const { side, lock } = await open();
    leave(lock, lockOf(ELSEWHERE), 5 * MINUTE_MS);
    // Its clock is ahead by two hours.
    const ahead = withCalls(side, {
      async look(path) {
        const item = await side.look(path);
        return item === undefined ? undefined : { ...item, mtimeMs: item.mtimeMs + 120 * MINUTE_MS };
      },
    });
    await expect(lockSide(ahead, never)).rejects.toMatchObject({ code: 'E_LOCKED' });
    leave(lock, lockOf(ELSEWHERE), 15 * MINUTE_MS);
    await (await lockSide(ahead, never)).release();
  });

  it.each([
    ['takes one that somebody else has cleared meanwhile', undefined],
    ['leaves one that somebody else has taken meanwhile', lockOf(ELSEWHERE, 'theirs')],
  ])('that is dead: %s', async (_, theirs) => {
    const { side, lock } = await open();
    leave(lock, lockOf(ELSEWHERE), 20 * MINUTE_MS);
    let isFirst = true;
    const move: Side['move'] = async (from, to) => {
      if (isFirst) rmSync(lock);
      if (isFirst && theirs !== undefined) leave(lock, theirs, 0);
      isFirst = false;
      await side.move(from, to);
    };
    const racing = withCalls(side, { move });
    if (theirs === undefined) {
      await (await lockSide(racing, never)).release();
      return;
    }
    await expect(lockSide(racing, never)).rejects.toMatchObject({ code: 'E_LOCKED' });
    expect(tokenIn(lock)).toBe('theirs');
  });

  it('clears parts of who was killed, but none that may be in use, nor what is not its own', async () => {
    const { side, data } = await open();
    const id = '0123abcd-0123-0123-0123-0123456789ab';
    for (const name of [`lock-${id}`, `dead-${id}`, `clock-${id}`, 'mine', `lock-${id}.txt`])
      leave(join(data, name), 'x', 11 * MINUTE_MS);
    leave(join(data, `lock-${id.replace('0', '1')}`), 'x', 9 * MINUTE_MS);
    await (await lockSide(side, never)).release();
    expect(readdirSync(data).toSorted()).toEqual(
      [`lock-${id}.txt`, `lock-${id.replace('0', '1')}`, 'mine'].toSorted(),
    );
  });

  it('is not in the way of a part that cannot be removed', async () => {
    const { side, data } = await open();
    const part = join(data, 'lock-0123abcd-0123-0123-0123-0123456789ab');
    mkdirSync(part, { recursive: true });
    utimesSync(part, 1, 1);
    await (await lockSide(side, never)).release();
    expect(readdirSync(data)).toHaveLength(1);
  });

  it('is not left where something fails right after it was taken', async () => {
    const { root, side, data } = await open();
    const look: Side['look'] = async (path) => {
      if (path === '.SYNC.LOCK') throw new SideError('it is cut');
      return await side.look(path);
    };
    await expect(lockSide(withCalls(side, { look }), never)).rejects.toThrow('it is cut');
    expect([readdirSync(root), readdirSync(data)]).toEqual([['.snapshot-data'], []]);
  });

  it('is renewed each minute, and who has lost it hears of that and removes nothing', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { side, lock } = await open();
    const lost = vi.fn();
    const held = await lockSide(side, lost);
    const old = (Date.now() - 5 * MINUTE_MS) / 1000;
    utimesSync(lock, old, old);
    const ageMs = async (): Promise<number> => Date.now() - ((await side.look(lockPath()))?.mtimeMs ?? 0);
    vi.advanceTimersByTime(MINUTE_MS);
    await vi.waitFor(async () => expect(await ageMs()).toBeLessThan(MINUTE_MS));
    expect(lost).not.toHaveBeenCalled();
    leave(lock, lockOf(ELSEWHERE, 'theirs'), 0);
    vi.advanceTimersByTime(MINUTE_MS);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce());
    expect(lost.mock.calls[0]?.[0]).toMatchObject({ code: 'E_LOCKED' });
    await held.release();
    expect(tokenIn(lock)).toBe('theirs');
  });
});

describe('a root', () => {
  it('has a name that stays, also where the file that says it was cut short', async () => {
    const { side, data } = await open();
    expect(await rootId(side)).toBeUndefined();
    mkdirSync(data);
    const id = await nameRoot(side);
    expect([await rootId(side), await nameRoot(side)]).toEqual([id, id]);
    writeFileSync(join(data, 'sync.json'), '');
    expect(await rootId(side)).toBeUndefined();
    const other = await nameRoot(side);
    expect(await rootId(side)).toBe(other);
    expect(other).not.toBe(id);
  });
});

/** Of a process that is not there any more. */
function endedPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

function lockPath(): Parameters<Side['look']>[0] {
  return '.sync.lock' as Parameters<Side['look']>[0];
}
