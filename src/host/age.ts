// The program `age`, https://age-encryption.org: what anybody decrypts with who has not this program.
import { spawn, spawnSync } from 'node:child_process';
import { childEnd } from './run-script.ts';

/** Whether this machine has it. */
export function hasAge(): boolean {
  return spawnSync('age', ['--version'], { stdio: 'ignore', windowsHide: true }).error === undefined;
}

/**
 * Decrypts the file `from` into the new file `to`.
 *
 * @param identity - The file of the keys.
 * @returns Undefined when it ended well, else what it said.
 */
export async function decryptWithAge(
  identity: string,
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const child = spawn('age', ['--decrypt', '--identity', identity, '--output', to, from], {
    stdio: ['ignore', 'ignore', 'pipe'],
    windowsHide: true,
  });
  return await childEnd(child, () => void child.kill(), signal);
}
