// Comes between the program and its file calls, in each thread: `node --import` this.
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileCalls } from './built.ts';
import { type Fault, FaultPlan } from './fault-plan.ts';

export const plan: FaultPlan = new FaultPlan();

const DELAY_MS = 3;

interface Change {
  /** Of the bytes that are to be read or written. */
  readonly half: boolean;
}

/** Makes the call, or what the plan says. */
async function call<T>(name: string, work: (change: Change) => Promise<T>): Promise<T> {
  const fault = plan.next(name);
  if (fault === 'delay') await delay(DELAY_MS);
  // What is closed is closed.
  if (fault === 'late' || (fault !== undefined && name === 'close' && isError(fault))) {
    await work({ half: false });
    throw failure(fault === 'late' ? 'EIO' : fault, name);
  }
  stopAt(fault, name);
  return await work({ half: fault === 'short' });
}

function callSync<T>(name: string, work: (change: Change) => T): T {
  const fault = plan.next(name);
  if (fault === 'delay') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DELAY_MS);
  if (fault === 'late' || (fault !== undefined && name === 'closeSync' && isError(fault))) {
    work({ half: false });
    throw failure(fault === 'late' ? 'EIO' : fault, name);
  }
  stopAt(fault, name);
  return work({ half: fault === 'short' });
}

function isError(fault: Fault): boolean {
  return fault.startsWith('E');
}

function stopAt(fault: Fault | undefined, name: string): void {
  if (fault === 'kill') process.kill(process.pid, 'SIGKILL');
  if (fault !== undefined && isError(fault)) throw failure(fault, name);
}

function failure(code: string, name: string): Error {
  return Object.assign(new Error(`${code}: injected, ${name}`), { code, syscall: name });
}

function half(length: number, change: Change): number {
  return change.half ? Math.max(1, length >> 1) : length;
}

/** Of an open file, the calls that the program makes. */
function countingHandle(file: FileHandle): FileHandle {
  const own: Partial<Record<keyof FileHandle, unknown>> = {
    close: async () => await call('close', async () => await file.close()),
    sync: async () => await call('sync', async () => await file.sync()),
    datasync: async () => await call('datasync', async () => await file.datasync()),
    stat: async (options: { bigint: true }) => await call('fstat', async () => await file.stat(options)),
    truncate: async (length: number) => await call('truncate', async () => await file.truncate(length)),
    readFile: async () => await call('readFile', async () => await file.readFile()),
    appendFile: async (text: string) => await call('appendFile', async () => await file.appendFile(text)),
    read: async (into: Buffer, offset: number, length: number, position: number) =>
      await call('read', async (change) => await file.read(into, offset, half(length, change), position)),
    write: async (from: Buffer, offset: number, length: number, position: number) =>
      await call('write', async (change) => await file.write(from, offset, half(length, change), position)),
  };
  return new Proxy(file, {
    get: (_, name) => {
      if (Object.hasOwn(own, name)) return own[name as keyof FileHandle];
      // For calls that are no file calls of Node: extended attributes.
      if (name === 'fd') return file.fd;
      // Asked for by `await`, and by the collector of garbage.
      if (name === 'then' || typeof name === 'symbol') return undefined;
      throw new Error(`\`${name}\` of an open file is not counted`);
    },
  });
}

function counted<A extends unknown[], T>(
  name: string,
  work: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  return async (...args) => await call(name, async () => await work(...args));
}

function countedSync<A extends unknown[], T>(name: string, work: (...args: A) => T): (...args: A) => T {
  return (...args) => callSync(name, () => work(...args));
}

fileCalls.interpose((calls) => {
  const open: typeof calls.open = async (path, flags = 'r', mode) => {
    const creates = typeof flags === 'string' ? flags !== 'r' : (flags & constants.O_CREAT) !== 0;
    const file = await call(creates ? 'create' : 'open', async () => await calls.open(path, flags, mode));
    return countingHandle(file);
  };
  const readSync = (fd: number, into: Uint8Array, offset: number, length: number, position: number): number =>
    callSync('readSync', (change) => calls.readSync(fd, into, offset, half(length, change), position));
  return {
    ...calls,
    open,
    link: counted('link', calls.link),
    lstat: counted('lstat', calls.lstat as () => Promise<never>),
    mkdir: counted('mkdir', calls.mkdir as () => Promise<never>),
    readdir: counted('readdir', calls.readdir as () => Promise<never>),
    rename: counted('rename', calls.rename),
    rmdir: counted('rmdir', calls.rmdir),
    statfs: counted('statfs', calls.statfs as () => Promise<never>),
    unlink: counted('unlink', calls.unlink),
    closeSync: countedSync('closeSync', calls.closeSync),
    fstatSync: countedSync('fstatSync', calls.fstatSync as () => never),
    openSync: countedSync('openSync', calls.openSync),
    readSync: readSync as typeof calls.readSync,
  };
});
