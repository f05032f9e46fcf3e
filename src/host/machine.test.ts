import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { currentOwner, ownerState, thisMachine, type MachineCalls, type Owner } from './machine.ts';

/** Fields 4 to 21 are zeros: whoever counts wrongly reads one of them. */
function statLine(pid: number, name: string, state: string, started: string): string {
  return `${pid} (${name}) ${state} ${'0 '.repeat(18)}${started} 999 888\n`;
}

const FILES: Readonly<Record<string, string>> = {
  '/etc/machine-id': 'a1b2c3\n',
  '/proc/sys/kernel/random/boot_id': 'boot-1\n',
  '/proc/self/stat': statLine(42, 'node', 'R', '5000'),
  '/proc/77/stat': statLine(77, 'a) Z (b c', 'S', '7000'),
  '/proc/88/stat': statLine(88, 'node', 'Z', '8000'),
};

function fail(code: string): never {
  throw Object.assign(new Error(code), { code });
}

/** A Linux machine with processes 42 (this one), 77 and 88; 99 is another user's. */
function fakeCalls(changes: Partial<MachineCalls> = {}): MachineCalls {
  return {
    platform: 'linux',
    pid: 42,
    hostname: () => 'ada-pc',
    readText: (path) => FILES[path] ?? fail('ENOENT'),
    readLink: () => 'pid:[4026531836]',
    probe: (pid) => {
      if (pid === 99) fail('EPERM');
      if (![42, 77, 88].includes(pid)) fail('ESRCH');
    },
    ...changes,
  };
}

const MACHINE = '191bb5ff809b6536a584d233786134b2';

const SELF: Owner = {
  host: 'ada-pc',
  // HMAC-SHA-256 of `snapshot lock` with the key `a1b2c3`.
  machine: MACHINE,
  boot: 'boot-1 pid:[4026531836]',
  pid: 42,
  started: '5000',
};

describe('currentOwner()', () => {
  it('tells machine, boot, pid namespace and start time on Linux', () => {
    expect(currentOwner(fakeCalls())).toEqual(SELF);
  });

  it.each(['darwin', 'win32'] as const)('tells host name and pid on %s', (platform) => {
    const owner = { host: 'ada-pc', machine: 'ada-pc', boot: '', pid: 42, started: '' };
    expect(currentOwner(fakeCalls({ platform }))).toEqual(owner);
  });

  it('does without the files that a container lacks', () => {
    const owner = { host: 'ada-pc', machine: 'ada-pc', boot: '', pid: 42, started: '' };
    expect(currentOwner(fakeCalls({ readText: () => fail('ENOENT') }))).toEqual(owner);
    expect(currentOwner(fakeCalls({ readText: () => '\n' }))).toEqual(owner);
    expect(currentOwner(fakeCalls({ readLink: () => fail('EACCES') }))).toEqual({ ...SELF, boot: '' });
  });
});

describe('thisMachine()', () => {
  // HMAC-SHA-256 of `snapshot series` with the key `a1b2c3`.
  const id = 'c7f24b255418fb13c8cc8f6f19491046';

  it('tells host name and a hash of the id that no lock shows', () => {
    expect(thisMachine({}, fakeCalls())).toEqual({ host: 'ada-pc', id });
    expect(id).not.toBe(MACHINE);
  });

  it('tells the host name alone where there is no id', () => {
    const none = { host: 'ada-pc', id: '' };
    expect(thisMachine({}, fakeCalls({ readText: () => fail('ENOENT') }))).toEqual(none);
    expect(thisMachine({}, fakeCalls({ platform: 'darwin' }))).toEqual(none);
  });

  it('is what SNAPSHOT_HOST says, when that says anything', () => {
    expect(thisMachine({ SNAPSHOT_HOST: ' nas ' }, fakeCalls())).toEqual({ host: 'nas', id: '' });
    expect(thisMachine({ SNAPSHOT_HOST: ' ' }, fakeCalls())).toEqual({ host: 'ada-pc', id });
  });
});

describe('ownerState()', () => {
  const otherNamespace = 'boot-1 pid:[4026532000]';
  const otherBoot = 'boot-0 pid:[4026531836]';

  it.each<['alive' | 'dead' | 'unknown', string, Partial<Owner>]>([
    ['alive', 'this process', {}],
    ['alive', 'a process with its start time', { pid: 77, started: '7000' }],
    ['unknown', 'a process whose start time was not known', { pid: 77, started: '' }],
    ['unknown', "another user's process, which does not tell its start time", { pid: 99, started: '1' }],
    ['dead', 'a process that is not there', { pid: 5 }],
    ['dead', 'a pid that now belongs to a later process', { pid: 77, started: '6999' }],
    ['dead', 'a zombie', { pid: 88, started: '8000' }],
    ['dead', 'a process from before the last boot', { boot: otherBoot, pid: 77 }],
    ['unknown', 'a process on another machine', { machine: 'd4e5f6', pid: 5 }],
    ['unknown', 'a process in another container', { boot: otherNamespace, pid: 5 }],
    ['unknown', 'a process on a clone of this machine', { host: 'bob-pc', boot: otherBoot, pid: 5 }],
    ['unknown', 'a process that did not know its boot', { boot: '', pid: 5 }],
    ['unknown', 'a pid that is a process group', { pid: 0 }],
    ['unknown', 'a pid that is no number', { pid: Number.NaN }],
  ])('says %s of %s', (state, _, changes) => {
    expect(ownerState({ ...SELF, ...changes }, SELF, fakeCalls())).toBe(state);
  });

  it('cannot tell another process with the same pid where the system tells no more', () => {
    const calls = fakeCalls({ platform: 'win32', readText: () => fail('ENOENT') });
    const self = currentOwner(calls);
    expect(ownerState(self, self, calls)).toBe('alive');
    expect(ownerState({ ...self, pid: 77 }, self, calls)).toBe('unknown');
    expect(ownerState({ ...self, pid: 5 }, self, calls)).toBe('dead');
    expect(ownerState({ ...self, host: 'bob-pc', machine: 'bob-pc' }, self, calls)).toBe('unknown');
  });

  it('does not know what an unexpected failure means', () => {
    expect(ownerState(SELF, SELF, fakeCalls({ probe: () => fail('EINVAL') }))).toBe('unknown');
  });

  it('sees a real process live and end', async () => {
    const self = currentOwner();
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(child, 'spawn');
    const owner = { ...self, pid: child.pid ?? 0, started: '' };
    expect(ownerState(self, self)).toBe('alive');
    expect(ownerState(owner, self)).toBe('unknown');
    if (process.platform === 'linux') expect(ownerState({ ...owner, started: '1' }, self)).toBe('dead');

    child.stdin.end();
    await once(child, 'exit');
    expect(ownerState(owner, self)).toBe('dead');
  });
});
