// The file that says what a mirror holds: JSON lines, compressed. It spares reading both sides; without it they are read.
import { damaged } from '../base/errors.ts';
import { measureFrame } from '../format/zstd/frame.ts';
import { loadCompressor, loadDecompressor } from '../format/zstd/zstd.ts';
import { Fields } from '../series/index/fields.ts';
import type { EntryType } from '../tree/entry.ts';
import type { Mount } from '../tree/mounts.ts';
import { type BytePath, comparePaths } from '../tree/path.ts';
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

export async function formatState({ scanned, root, mounts, held }: MirrorState): Promise<Buffer> {
  const compressor = await loadCompressor();
  const head = {
    version: VERSION,
    ...(scanned !== undefined && { scanned: scanned.toISOString() }),
    device: String(root.device),
    inode: String(root.inode),
    mounts: mounts.map(({ path, id }) => ({ ...pathField('path', path), ...(id !== undefined && { id }) })),
  };
  const items = [...held.values()].toSorted((a, b) => comparePaths(a.path, b.path));
  const frames: Uint8Array[] = [];
  for (let i = 0; i === 0 || i < items.length; i += LINES_PER_FRAME) {
    const lines = items.slice(i, i + LINES_PER_FRAME).map(lineOf);
    if (i === 0) lines.unshift(JSON.stringify(head));
    // A copy: some compressors use their memory again.
    frames.push(Buffer.from(compressor.compress(Buffer.from(`${lines.join('\n')}\n`))));
  }
  return Buffer.concat(frames);
}

/** @param where - The file, for messages. @throws {@link SnapshotError} `E_DAMAGED` when it does not say what it should. */
export function parseState(bytes: Buffer, where: string): MirrorState {
  const decompressor = loadDecompressor();
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
  const fields = Fields.parse(line, where);
  const raw = JSON.parse(line) as Record<string, unknown>;
  const path = pathOf(raw, 'path');
  const type = fields.text('type');
  if (path === undefined || !TYPES.has(type))
    throw damaged(where, 'a line names nothing that can be in a mirror');
  const big = (key: string): bigint => BigInt(fields.text(key, /^-?\d{1,30}$/));
  const mtimeNs = big('mtime');
  // What a link says may be any path.
  const target =
    typeof raw['target'] === 'string' ? Buffer.from(raw['target']).toString('latin1') : undefined;
  const base64 =
    typeof raw['targetBase64'] === 'string'
      ? Buffer.from(raw['targetBase64'], 'base64').toString('latin1')
      : undefined;
  return [
    path,
    {
      path,
      type: type as EntryType,
      size: type === 'file' ? fields.count('size') : 0,
      mode: fields.count('mode'),
      uid: fields.count('uid'),
      gid: fields.count('gid'),
      mtimeNs,
      ctimeNs: big('ctime'),
      inode: big('inode'),
      target: (target ?? base64) as BytePath | undefined,
      hash: fields.has('hash') ? fields.text('hash', /^[0-9a-f]{64}$/) : undefined,
      keptNs: fields.has('kept') ? big('kept') : mtimeNs,
      sinceMs: typeof raw['since'] === 'number' ? raw['since'] : 0,
    },
  ];
}
