// What a folder is, by what lies in it: also a series of another plan or machine, one that is damaged or unfinished, and
// a snapshot that was copied somewhere.
import { lstat, open, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { baseName, type BytePath, fromBytes, fromText, join, systemPath } from '../tree/path.ts';
import { snapshotTime } from './names.ts';
import { RUNS_FILE } from './runs-log.ts';

const DATE = String.raw`\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z`;
const UNDER_WAY = String.raw`(?:\.damaged)?(?:\.age)?(?:\.part)?`;
/** Other programs have files of these names too. */
const COMMON = pattern('info.json', 'SHA256SUMS', 'RESTORE.txt', 'UNFINISHED', 'LET-GO');
const OWN = new RegExp(
  `${pattern('index.jsonl.zst', 'changes.jsonl.zst', 'dead.jsonl.zst').source}|-${DATE}(?:-\\d+|~tree)?\\.(?:tar\\.zst|zip)${UNDER_WAY}$`,
);
const DISK_MARKER = 'snapshot-disk.json';

function pattern(...names: readonly string[]): RegExp {
  return new RegExp(
    `^(?:${names.map((name) => name.replaceAll('.', String.raw`\.`)).join('|')})${UNDER_WAY}$`,
  );
}

/** A folder with such a name in it is worth a look with {@link keptAt}. */
export const TELLING: RegExp = new RegExp(
  `^${DATE}$|^${DISK_MARKER.replace('.', String.raw`\.`)}$|^${RUNS_FILE.replace('.', String.raw`\.`)}$|${COMMON.source}|${OWN.source}`,
);

/** A folder that belongs to a series, or a destination. */
export interface KeptPlace {
  readonly kind: 'snapshot' | 'series' | 'destination';
  /** The folder. */
  readonly path: BytePath;
  /** The files that tell. */
  readonly evidence: readonly BytePath[];
}

/** The names that make a folder called `folder` a snapshot, or what there is of one. */
function snapshotNames(folder: string, names: readonly string[]): readonly string[] {
  const own = names.filter((name) => OWN.test(name));
  const common = names.filter((name) => COMMON.test(name));
  // Under another name, it takes more to tell.
  const isSnapshot = snapshotTime(folder) !== undefined || (own.length > 0 && common.length > 0);
  return isSnapshot ? [...own, ...common] : [];
}

/** What the folder `path` below `root` is; undefined when nothing tells, or it cannot be looked into. */
export async function keptAt(root: string, path: BytePath): Promise<KeptPlace | undefined> {
  const names = await namesIn(root, path);
  if (!names.some((name) => TELLING.test(name))) return undefined;
  const at = (name: string): BytePath => join(path, name as BytePath);
  const own = path === '' ? fromText(basename(root)) : baseName(path);
  const evidence = snapshotNames(own, names).map(at);
  if (evidence.length > 0) return { kind: 'snapshot', path, evidence };
  for (const name of names) {
    if (snapshotTime(name) === undefined) continue;
    const inside = snapshotNames(name, await namesIn(root, at(name)));
    if (inside.length === 0) continue;
    return { kind: 'series', path, evidence: inside.map((file) => join(at(name), file as BytePath)) };
  }
  if (names.includes(RUNS_FILE) && (await isRunsLog(root, at(RUNS_FILE))))
    return { kind: 'series', path, evidence: [at(RUNS_FILE)] };
  return names.includes(DISK_MARKER) ? { kind: 'destination', path, evidence: [at(DISK_MARKER)] } : undefined;
}

/** Those of the folders in the folder `path` that are such places. */
export async function keptIn(root: string, path: BytePath): Promise<readonly KeptPlace[]> {
  const places: KeptPlace[] = [];
  for (const name of await namesIn(root, path)) {
    const place = await keptAt(root, join(path, name as BytePath));
    if (place !== undefined) places.push(place);
  }
  return places;
}

/**
 * Whether there are series in the folder `root` and nothing else; undefined when there is nothing in it.
 *
 * @param except - A name that does not count; hidden ones do not either.
 */
export async function isAllKept(root: string, except: BytePath): Promise<boolean | undefined> {
  const names = (await namesIn(root, '' as BytePath)).filter(
    (name) => name !== except && !name.startsWith('.') && name !== 'lost+found',
  );
  for (const name of names) if ((await keptAt(root, name as BytePath)) === undefined) return false;
  return names.length > 0 ? true : undefined;
}

/** Names in a folder, as bytes; none where there is no folder, or one that is closed to this user. */
async function namesIn(root: string, path: BytePath): Promise<readonly string[]> {
  const folder = systemPath(root, path);
  try {
    if (path !== '' && !(await lstat(folder)).isDirectory()) return [];
    return (await readdir(folder, { encoding: 'buffer' })).map((name) => fromBytes(name));
  } catch {
    // Nothing can be removed from it then.
    return [];
  }
}

/** Enough to see the first key of a record. */
const HEAD_BYTES = 4096;

async function isRunsLog(root: string, path: BytePath): Promise<boolean> {
  try {
    const file = await open(systemPath(root, path), 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      const text = buffer.toString('latin1', 0, bytesRead);
      return text.includes('"started":') && text.includes('"outcome":');
    } finally {
      await file.close();
    }
  } catch {
    // What cannot be read is taken for what its name says.
    return true;
  }
}
