// --low-priority: every thread of the program, as the system sees it.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasTool, IS_LINUX, tool } from './support/command.ts';
import { Place } from './support/place.ts';

/** What `ask` says of each thread; one that ends meanwhile is left out. */
function ofThreads<T>(pid: number, ask: (thread: string) => T): readonly T[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return [ask(thread)];
    } catch (error) {
      if (!existsSync(`/proc/${pid}/task/${thread}`)) return [];
      throw error;
    }
  });
}

/** Nice values of all threads: field 19 of stat, see proc(5). */
function niceValues(pid: number): readonly number[] {
  return ofThreads(pid, (thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const fromThird = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(fromThird[19 - 3]);
  });
}

// Only there has each thread a priority of its own, and a file that tells it.
describe.skipIf(!IS_LINUX || !hasTool('ionice'))('--low-priority', () => {
  it('is that of all threads, those that pack and write included', async () => {
    const place = Place.open();
    place.write({ file: randomBytes(6_000_000) });
    // So slow that it is at work while it is looked at.
    const running = place.start(['run', '--json', '--low-priority', '--max-rate', '1KB/s']);
    await running.line((line) => line.includes('"phase":"pack"'));
    const pid = running.child.pid ?? 0;
    const nices = niceValues(pid);
    expect(nices.length).toBeGreaterThan(5);
    expect(new Set(nices)).toEqual(new Set([10]));
    const classes = ofThreads(pid, (thread) => tool('ionice', ['-p', thread]).trim());
    expect(new Set(classes)).toEqual(new Set(['idle']));
    running.child.kill('SIGINT');
    const { status, stdout } = await running.ended;
    expect(status).toBe(130);
    expect(stdout).not.toContain('"event":"warning","message":"Cannot');
  });

  it('is not lowered without it', async () => {
    const place = Place.open();
    place.write({ file: randomBytes(6_000_000) });
    const running = place.start(['run', '--json', '--max-rate', '1KB/s']);
    await running.line((line) => line.includes('"phase":"pack"'));
    expect(new Set(niceValues(running.child.pid ?? 0))).toEqual(new Set(niceValues(process.pid)));
    running.child.kill('SIGINT');
    await running.ended;
  });
});
