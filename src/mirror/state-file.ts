// The file that says what a mirror holds: JSON lines, compressed. It spares reading both sides; without it they are read.
import { damaged } from '../base/errors.ts';
import { measureFrame } from '../format/zstd/frame.ts';
import { loadCompressor, loadDecompressor } from '../format/zstd/zstd.ts';
import { Fields } from '../series/index/fields.ts';
import type { EntryType } from '../tree/entry.ts';
import type { Mount } from '../tree/mounts.ts';
import { type BytePath, comparePaths, fromBytes, fromText } from '../tree/path.ts';
import type { Held } from './held.ts';
import { pathField, pathOf } from './path-field.ts';

export const STATE_FILE = 'state.jsonl.zst';

/** What is known of a mirror from its last whole scan. */
export interface MirrorState {
  /** When the last whole scan began after which nothing was left to do; undefined before the first. */
  readonly scanned: Date | undefined;
  /** The source's folder: another one in its place is no reason to delete. */
  readonly root: { readonly device: bigint; readonly inode: bigint };
  /** Mounts in the source. */
  readonly mounts: readonly Mount[];
  readonly held: ReadonlyMap<BytePath, Held>;
}

const VERSION = 1;
const LINES_PER_FRAME = 20_000;
const TYPES: ReadonlySet<string> = new Set(['file', 'folder', 'link']);

/** What comes before the entries in the file. */
export async function formatHead({
  scanned,
  root,
  mounts,
}: Pick<MirrorState, 'scanned' | 'root' | 'mounts'>): Promise<Buffer> {
  const head = {
    version: VERSION,
    ...(scanned !== undefined && { scanned: scanned.toISOString() }),
    device: String(root.device),
    inode: String(root.inode),
    mounts: mounts.map(({ path, id }) => ({ ...pathField('path', path), ...(id !== undefined && { id }) })),
  };
  return await compressed([JSON.stringify(head)]);
}

/** The entries, as the file has them. */
export async function formatEntries(held: ReadonlyMap<BytePath, Held>): Promise<Buffer> {
  const items = [...held.values()].toSorted((a, b) => comparePaths(a.path, b.path));
  const frames: Buffer[] = [];
  for (let i = 0; i < items.length; i += LINES_PER_FRAME)
    frames.push(await compressed(items.slice(i, i + LINES_PER_FRAME).map(lineOf)));
  return Buffer.concat(frames);
}

async function compressed(lines: readonly string[]): Promise<Buffer> {
  const compressor = await loadCompressor();
  // A copy: some compressors use their memory again.
  return Buffer.from(compressor.compress(Buffer.from(`${lines.join('\n')}\n`)));
}

/** @param where - The file, for messages. @throws {@link SnapshotError} `E_DAMAGED` when it does not say what it should. */
export async function parseState(
  bytes: Buffer,
  where: string,
): Promise<MirrorState & { readonly entries: Buffer }> {
  const decompressor = await loadDecompressor(bytes.length);
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const frame = measureFrame(bytes.subarray(at));
    text += decompressor
      .decompress(bytes.subarray(at, at + frame.bytes), frame.contentBytes)
      .toString('utf8');
    at += frame.bytes;
  }
  const [first = '', ...lines] = text.split('\n');
  const head = Fields.parse(first, where);
  if (head.count('version') !== VERSION)
    throw damaged(where, `it is of version ${head.count('version')}, which this program does not know`);
  const { mounts = [] } = JSON.parse(first) as { mounts?: readonly Record<string, unknown>[] };
  const held = new Map<BytePath, Held>();
  for (const line of lines) if (line !== '') held.set(...itemOf(line, where));
  return {
    entries: bytes.subarray(measureFrame(bytes).bytes),
    scanned: head.has('scanned') ? new Date(head.time('scanned')) : undefined,
    root: { device: BigInt(head.text('device', /^\d+$/)), inode: BigInt(head.text('inode', /^\d+$/)) },
    mounts: mounts.flatMap((mount) => {
      const path = pathOf(mount, 'path');
      return path === undefined
        ? []
        : [{ path, id: typeof mount['id'] === 'string' ? mount['id'] : undefined }];
    }),
    held,
  };
}

function lineOf(held: Held): string {
  const { path, type, size, mode, uid, gid, mtimeNs, ctimeNs, inode, target, hash, keptNs, sinceMs } = held;
  return JSON.stringify({
    ...pathField('path', path),
    type,
    ...(type === 'file' && { size, hash }),
    mode,
    uid,
    gid,
    mtime: String(mtimeNs),
    ctime: String(ctimeNs),
    inode: String(inode),
    ...(target !== undefined && pathField('target', target)),
    ...(keptNs !== mtimeNs && { kept: String(keptNs) }),
    since: sinceMs,
  });
}

function itemOf(line: string, where: string): [BytePath, Held] {
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(line) as Record<string, unknown>;
  } catch (cause) {
    throw damaged(where, 'a line of it is not JSON', cause);
  }
  const wrong = (key: string): never => {
    throw damaged(where, `\`${key}\` of a line is missing or not what it should be`);
  };
  const count = (key: string): number => {
    const value = raw[key];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : wrong(key);
  };
  const big = (key: string): bigint => {
    const value = raw[key];
    return typeof value === 'string' && /^-?\d{1,30}$/.test(value) ? BigInt(value) : wrong(key);
  };
  const path = pathOf(raw, 'path') ?? wrong('path');
  const type = TYPES.has(raw['type'] as string) ? (raw['type'] as EntryType) : wrong('type');
  const mtimeNs = big('mtime');
  const hash = raw['hash'];
  return [
    path,
    {
      path,
      type,
      size: type === 'file' ? count('size') : 0,
      mode: count('mode'),
      uid: count('uid'),
      gid: count('gid'),
      mtimeNs,
      ctimeNs: big('ctime'),
      inode: big('inode'),
      target: saidBy(raw),
      hash: hash === undefined || (typeof hash === 'string' && HASH.test(hash)) ? hash : wrong('hash'),
      keptNs: raw['kept'] === undefined ? mtimeNs : big('kept'),
      sinceMs: typeof raw['since'] === 'number' ? raw['since'] : 0,
    },
  ];
}

const HASH = /^[0-9a-f]{64}$/;

/** What a link says, which may be any path. */
function saidBy({ target, targetBase64 }: Readonly<Record<string, unknown>>): BytePath | undefined {
  if (typeof target === 'string') return fromText(target);
  return typeof targetBase64 === 'string' ? fromBytes(Buffer.from(targetBase64, 'base64')) : undefined;
}
