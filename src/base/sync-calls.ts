// Flushing all that a file system has to write at once: syncfs(2) of Linux. Node has no call for it.
import { closeSync, openSync } from 'node:fs';
import { systemCalls } from './system-calls.ts';

type Call = (fd: number) => number;

let call: Call | false | undefined;

function load(): Call | false {
  const syncfs = process.platform === 'linux' ? systemCalls()?.func('syncfs', 'int', ['int']) : undefined;
  return syncfs === undefined ? false : (fd) => Number(syncfs(fd));
}

/** Flushes the file system that `folder` is on. Synchronous. @returns Whether that was possible; else each file has to be flushed. */
export function syncFileSystem(folder: string): boolean {
  call ??= load();
  if (call === false) return false;
  const fd = openSync(folder, 'r');
  try {
    return call(fd) === 0;
  } finally {
    closeSync(fd);
  }
}
