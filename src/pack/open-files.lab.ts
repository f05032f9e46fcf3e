import { readdirSync, readlinkSync } from 'node:fs';

/** What this process has open below `folder`; nobody can tell but on Linux. */
export function openFiles(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const name = readlinkSync(`/proc/self/fd/${fd}`);
      return name.startsWith(folder) ? [name] : [];
    } catch {
      return [];
    }
  });
}
