// The `tar` that Windows brings: bsdtar, which also extracts zips. Source: libarchive; in Windows since 10, version 1803.
import { spawn, spawnSync } from 'node:child_process';
import { win32 } from 'node:path';
import { SnapshotError } from '../base/errors.ts';
import { childEnd } from './run-script.ts';

/** Where it is. @param env - For tests. */
export function windowsTar(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return win32.join(env['SystemRoot'] ?? String.raw`C:\Windows`, 'System32', 'tar.exe');
}

/**
 * Refuses to go on without it, or with one that is too old for zstd.
 *
 * @throws {@link SnapshotError} `E_HOST`
 */
export function needTar(tar: string, needsZstd: boolean): void {
  const { error, stdout } = spawnSync(tar, ['--version'], {
    encoding: 'utf8',
    timeout: 10_000,
    windowsHide: true,
  });
  if (error !== undefined) {
    throw new SnapshotError('E_HOST', `This machine has no "${tar}"`, {
      cause: error,
      hint: 'A drill extracts with the programs of the system, as one without this program would.',
    });
  }
  if (needsZstd && !stdout.includes('zstd')) {
    throw new SnapshotError('E_HOST', `The \`tar\` of this machine knows no zstd: ${stdout.trim()}`, {
      hint: 'That of Windows 11 does, with the updates since the end of 2023. Without it, 7-Zip opens these archives, or a row with the format zip.',
    });
  }
}

/** Extracts `archive` into `folder`. @returns Undefined when it ended well, else what it said. */
export async function extractWithTar(
  tar: string,
  archive: string,
  folder: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const child = spawn(tar, ['-xpf', archive, '-C', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    windowsHide: true,
  });
  return await childEnd(child, () => void child.kill(), signal);
}
