// Folders where a disk should be, and none is: what is written there fills another one, and is hidden when it comes back.
import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import { isInside, realPlace } from '../../plan/place.ts';
import { readMounts, unescaped } from '../../tree/mounts.ts';

/** Where systems mount disks that come and go: each folder in them is expected to be one. */
const DISK_FOLDERS = ['/mnt', '/media', '/run/media', '/Volumes'];

/** What is mounted on a machine, and what should be. */
export interface MountSight {
  /** Folders where something is mounted. */
  readonly mounted: readonly string[];
  /** Folders where its table of file systems has one. */
  readonly expected: readonly string[];
}

/** Why `place` looks like an empty place for a disk. */
export interface MountDoubt {
  readonly message: string;
  /** The system's own table says so, and it does not only look so. */
  readonly isCertain: boolean;
}

/** What there is to say of the folder `destination`, which need not exist; undefined when nothing is odd. */
export async function mountDoubt(destination: string): Promise<MountDoubt | undefined> {
  if (!isAbsolute(destination) || process.platform === 'win32') return undefined;
  const place = await realPlace(destination);
  const mounted = readMounts()?.map(({ point }) => Buffer.from(point, 'latin1').toString('utf8'));
  return doubtOf(place, { mounted: mounted ?? (await byDevice(place)), expected: await readFstab() });
}

/** Judges a real place. Pure. */
export function doubtOf(place: string, { mounted, expected }: MountSight): MountDoubt | undefined {
  const point = longest(mounted.filter((one) => isInside(place, one)));
  const missing = longest(expected.filter((one) => isInside(place, one)));
  if (missing !== undefined && missing.length > (point?.length ?? 0)) {
    return { message: `"${missing}" is in /etc/fstab, and nothing is mounted there`, isCertain: true };
  }
  const folder = DISK_FOLDERS.find((one) => place !== one && isInside(place, one));
  if (folder === undefined || (point !== undefined && isInside(point, folder))) return undefined;
  return { message: `no disk is mounted at "${place}", nor between it and "${folder}"`, isCertain: false };
}

function longest(paths: readonly string[]): string | undefined {
  return paths.toSorted((a, b) => a.length - b.length).at(-1);
}

/** The folders that an fstab names. Source: fstab(5). @param text - One character per byte. */
export function parseFstab(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [device = '', point = ''] = line.trim().split(/\s+/);
    if (device.startsWith('#') || !point.startsWith('/') || point === '/') return [];
    return [Buffer.from(unescaped(point.replace(/\/+$/, '')), 'latin1').toString('utf8')];
  });
}

async function readFstab(): Promise<readonly string[]> {
  try {
    return parseFstab(await readFile('/etc/fstab', 'latin1'));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}

/** Where only device numbers tell: the root, and the folder with which the device of `place` begins. */
async function byDevice(place: string): Promise<readonly string[]> {
  let at = place;
  for (;;) {
    const [parent, device] = [dirname(at), await deviceOf(at)];
    if (parent === at) return [at];
    if (device !== undefined && device !== (await deviceOf(parent))) return [parent, at];
    at = parent;
  }
}

async function deviceOf(path: string): Promise<bigint | undefined> {
  return (await stat(path, { bigint: true }).catch(() => undefined))?.dev;
}
