import { describe, expect, it } from 'vitest';
import { diskCommand, lowerPriority, type PriorityCalls } from './low-priority.ts';

/** Threads with their nice values; each look at them may find more. */
function callsOf(nices: Map<number, number>, changes: Partial<PriorityCalls> = {}) {
  const ran: string[] = [];
  const calls: PriorityCalls = {
    platform: 'linux',
    pid: 7,
    threads: () => [...nices.keys()],
    nice: (id) => nices.get(id) ?? failWith('ESRCH'),
    setNice: (id, nice) => {
      nices.set(id, nice);
    },
    run: async (file, args) => ran.push([file, ...args].join(' ')),
    ...changes,
  };
  return { calls, ran };
}

function failWith(code: string): never {
  throw Object.assign(new Error(`A system error occurred: ${code}`), { info: { code } });
}

describe('lowerPriority()', () => {
  it('lowers every thread on Linux, and the disk of all of them at once', async () => {
    const nices = new Map([7, 8, 9].map((id) => [id, 0]));
    const { calls, ran } = callsOf(nices);
    expect(await lowerPriority(calls)).toEqual([]);
    expect([...nices.values()]).toEqual([10, 10, 10]);
    expect(ran).toEqual(['ionice -c 3 -p 7 8 9']);
  });

  it('finds threads that are started while it works', async () => {
    const nices = new Map([[7, 0]]);
    const { calls, ran } = callsOf(nices, {
      setNice: (id, nice) => {
        if (!nices.has(8)) nices.set(8, 0);
        nices.set(id, nice);
      },
    });
    await lowerPriority(calls);
    expect([...nices.values()]).toEqual([10, 10]);
    expect(ran).toEqual(['ionice -c 3 -p 7 8']);
  });

  it('leaves alone what is nicer already, which only root could take back', async () => {
    const nices = new Map([[7, 15]]);
    const { calls } = callsOf(nices);
    expect(await lowerPriority(calls)).toEqual([]);
    expect(nices.get(7)).toBe(15);
  });

  it('does not mind a thread that has ended', async () => {
    const nices = new Map([[7, 0]]);
    const { calls } = callsOf(nices, { threads: () => [7, 99] });
    expect(await lowerPriority(calls)).toEqual([]);
    expect(nices.get(7)).toBe(10);
  });

  it('says what could not be done, and does the rest', async () => {
    const nices = new Map([[7, 0]]);
    const { calls, ran } = callsOf(nices, { setNice: () => failWith('EACCES') });
    expect(await lowerPriority(calls)).toEqual([expect.stringContaining('for the processor')]);
    expect(ran).toEqual(['ionice -c 3 -p 7']);
    const without = callsOf(nices, {
      run: () => Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' })),
    });
    expect(await lowerPriority(without.calls)).toEqual([
      'Cannot lower the priority for the disk with ionice: no such file or folder',
    ]);
  });

  it.each(['darwin', 'win32'] as const)('lowers the process as a whole on %s', async (platform) => {
    const nices = new Map([[7, 0]]);
    const { calls } = callsOf(nices, { platform, threads: () => failWith('ENOENT') });
    expect(await lowerPriority(calls)).toEqual([]);
    expect(nices.get(7)).toBe(10);
  });
});

describe('diskCommand()', () => {
  it('is that of the system', () => {
    expect(diskCommand('linux', 7, [7, 8])).toEqual({ file: 'ionice', args: ['-c', '3', '-p', '7', '8'] });
    expect(diskCommand('darwin', 7, [7])).toEqual({ file: '/usr/sbin/taskpolicy', args: ['-b', '-p', '7'] });
    expect(diskCommand('win32', 7, [7])).toBeUndefined();
  });
});
