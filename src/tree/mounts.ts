// Which parts of a source are mounts: file systems of their own, that may be away one night.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { type BytePath, fromBytes, fromText } from './path.ts';

/** A path of a tree where a file system is mounted; the empty path: the source itself. */
export interface Mount {
  readonly path: BytePath;
  /**
   * Tells it from others that may be mounted there, today and after a restart; undefined where nothing does. A hash, so
   * that who reads a snapshot does not learn the names of servers.
   */
  readonly id: string | undefined;
}

/**
 * What comes and goes with containers, packages and the kernel, and holds nothing that somebody would miss: it does not
 * count. (A tmpfs does: people keep things there.)
 */
const PASSING: ReadonlySet<string> = new Set(
  'autofs overlay squashfs proc sysfs devtmpfs devpts cgroup cgroup2 mqueue nsfs debugfs tracefs securityfs bpf'.split(
    ' ',
  ),
);

/** A line of mountinfo, as far as it counts here. Source: proc_pid_mountinfo(5). */
interface MountLine {
  /** Where it is mounted, one character per byte. */
  readonly point: string;
  readonly type: string;
  readonly source: string;
}

/** What is mounted on this machine at one moment; undefined where the system does not say. */
export type MountTable = readonly MountLine[] | undefined;

/** Reads what Linux says of all mounts, bind mounts included; elsewhere only device numbers tell. */
export function readMounts(file = '/proc/self/mountinfo'): MountTable {
  try {
    return parseMounts(readFileSync(file, 'latin1'));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** @param text - One character per byte. */
export function parseMounts(text: string): readonly MountLine[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    // The fields before the hyphen are of any number.
    const hyphen = fields.indexOf('-', 6);
    const point = fields[4];
    const [type, source] = hyphen < 0 ? [] : fields.slice(hyphen + 1);
    if (point === undefined || type === undefined) return [];
    return [{ point: unescaped(point), type, source: unescaped(source ?? '') }];
  });
}

/** Blanks, tabs, line ends and backslashes are there as octal digits. */
export function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
}

/**
 * The mounts at and below `source` that were there all the time between two looks, in no order.
 *
 * One that came in between may not have been there when the scan was; but what an automounter mounts, it mounts because
 * somebody looked.
 */
export function mountsBelow(
  source: string,
  before: MountTable,
  after: MountTable,
): readonly Mount[] | undefined {
  if (before === undefined || after === undefined) return undefined;
  const root = fromBytes(realpathSync(source, 'buffer'));
  const places = new Set(before.map(({ point }) => point));
  const automatic = before.flatMap(({ point, type }) => (type === 'autofs' ? [point] : []));
  // Of several at one place, the last one is seen. An automounter's own mount is there also when nothing is in it.
  const seen = new Map(after.map((line) => [line.point, line]));
  return [...seen.values()].flatMap((line) => {
    const path = below(root, line.point);
    if (path === undefined || PASSING.has(line.type)) return [];
    const isThere = places.has(line.point) && !automatic.includes(line.point);
    const isAutomatic = automatic.some((point) => below(point, line.point) !== undefined);
    return isThere || isAutomatic ? [{ path, id: idOf(line) }] : [];
  });
}

/** The same where only device numbers tell. @param crossings - Folders that are on another device than their parent. */
export function mountsByDevice(source: string, crossings: readonly BytePath[]): readonly Mount[] {
  const real = realpathSync(source);
  const isMount = statSync(real).dev !== statSync(join(real, '..')).dev;
  return [...(isMount ? [fromText('')] : []), ...crossings].map((path) => ({ path, id: undefined }));
}

/** `path` as seen from the folder `root`; undefined when it is not in it. */
function below(root: string, path: string): BytePath | undefined {
  if (path === root) return fromText('');
  const parent = root.endsWith('/') ? root : `${root}/`;
  return path.startsWith(parent) ? (path.slice(parent.length) as BytePath) : undefined;
}

/**
 * A file server's name for the folder, or the UUID of the file system. Names of devices say nothing: the next disk is
 * `/dev/sdb1` as well, and the same disk is `/dev/sdc1` tomorrow.
 */
function idOf({ source }: MountLine): string | undefined {
  const isServer = source.includes(':') || source.startsWith('//');
  const name = source.startsWith('/dev/') ? uuidOf(source) : isServer ? source : undefined;
  return name === undefined
    ? undefined
    : createHash('sha256').update(name, 'latin1').digest('hex').slice(0, 16);
}

const UUIDS = '/dev/disk/by-uuid';

function uuidOf(device: string): string | undefined {
  try {
    const real = realpathSync(device);
    return readdirSync(UUIDS).find((uuid) => realpathSync(join(UUIDS, uuid)) === real);
  } catch {
    // As in a container, where devices have no names. Then one is as good as another.
    return undefined;
  }
}
