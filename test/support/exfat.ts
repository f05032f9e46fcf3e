// A file system that ignores case and has no inodes: exFAT, mounted for a test, which takes root.
import { spawnSync } from 'node:child_process';
import { existsSync, truncateSync, writeFileSync } from 'node:fs';

/** Whether file systems can be mounted here, and these programs are there. */
export function has(...programs: readonly string[]): boolean {
  const looks = programs.map((name) => spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }));
  const isAll = looks.every(({ status }) => status === 0);
  return process.geteuid?.() === 0 && existsSync('/dev/fuse') && isAll;
}

export const hasExfat: boolean = has('mkfs.exfat', 'mount.exfat-fuse', 'losetup', 'umount');

export function tool(file: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 20_000 });
  if (status !== 0) throw new Error(`${file}: ${stderr}`);
  return stdout.trim();
}

/** Mounts a new one on the folder `mounted`. @returns What takes it away again. */
export function mountedExfat(image: string, mounted: string): () => void {
  writeFileSync(image, '');
  truncateSync(image, 16 * 1024 * 1024);
  tool('mkfs.exfat', image);
  return remountedExfat(image, mounted);
}

/** The same with one that was taken away. */
export function remountedExfat(image: string, mounted: string): () => void {
  const device = tool('losetup', '--find', '--show', image);
  try {
    tool('mount.exfat-fuse', device, mounted);
  } catch (error) {
    tool('losetup', '-d', device);
    throw error;
  }
  return () => {
    tool('umount', mounted);
    tool('losetup', '-d', device);
  };
}
