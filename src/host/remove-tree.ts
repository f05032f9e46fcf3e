import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { systemCode } from '../base/errors.ts';

/** Removes a folder of our own and all that is in it, folders included that their modes keep closed. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(systemCode(error) ?? '')) throw error;
    await open(Buffer.from(folder));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function open(folder: Buffer): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700);
  for (const name of await readdir(folder, { encoding: 'buffer' })) {
    await open(Buffer.concat([folder, Buffer.from('/'), name]));
  }
}
