// Snapshots as someone who can write to the disk might make them: every check sum in them is right.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { tool } from './command.ts';
import type { Place } from './place.ts';

export type Json = Record<string, unknown>;

/** Lines in a frame. */
const LINES = 20_000;

export interface Forged {
  /** Changes the lines of the index. */
  readonly index?: (lines: Json[]) => readonly Json[];
  /** The bytes of index.jsonl.zst. */
  readonly indexBytes?: (before: Buffer) => Buffer;
  readonly info?: (info: Json) => void;
  /** The bytes of the archive with contents. */
  readonly archive?: (before: Buffer) => Buffer;
  readonly restore?: (text: string) => string;
}

/** Changes the newest snapshot of `place`, and all that is said about what was changed. */
export function forge(place: Place, { index, indexBytes, info, archive, restore }: Forged): void {
  const indexFile = place.file('index.jsonl.zst');
  if (index !== undefined) {
    const lines = tool('zstd', ['-dc', indexFile])
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Json);
    const changed = index(lines).map((line) => `${JSON.stringify(line)}\n`);
    const frames: Buffer[] = [];
    for (let i = 0; i < changed.length; i += LINES)
      frames.push(frameOf(changed.slice(i, i + LINES).join('')));
    writeFileSync(indexFile, Buffer.concat(frames));
  }
  if (indexBytes !== undefined) writeFileSync(indexFile, indexBytes(readFileSync(indexFile)));
  const said = place.info() as unknown as Json & { archives: Json[]; index: Json };
  const [content] = said.archives;
  const name = String(content?.['file']);
  if (archive !== undefined) writeFileSync(place.file(name), archive(readFileSync(place.file(name))));
  Object.assign(said.index, described(indexFile));
  Object.assign(content ?? {}, described(place.file(name)));
  info?.(said);
  writeFileSync(place.file('info.json'), `${JSON.stringify(said, undefined, 2)}\n`);
  if (restore !== undefined) {
    writeFileSync(place.file('RESTORE.txt'), restore(readFileSync(place.file('RESTORE.txt'), 'utf8')));
  }
  const sums = readFileSync(place.file('SHA256SUMS'), 'utf8').trimEnd().split('\n');
  const files = sums.map((line) => line.slice(66));
  writeFileSync(
    place.file('SHA256SUMS'),
    files.map((file) => `${described(place.file(file)).sha256}  ${file}\n`).join(''),
  );
}

/** One zstd frame that says how much it holds, and has a checksum. */
export function frameOf(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const args = ['-c', '--check', `--stream-size=${bytes.length}`];
  const { stdout, status, stderr } = spawnSync('zstd', args, { input: bytes, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

function described(path: string): { bytes: number; sha256: string } {
  const bytes = readFileSync(path);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * A zstd frame (RFC 8878) of a few bytes that says it holds `sizeBytes`, and does: zeros, each 128 KiB in a block
 * of four bytes.
 */
export function bomb(sizeBytes: number, isChecked: boolean): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32LE(0xfd2fb528, 0);
  // Eight bytes of size, one segment, perhaps a checksum.
  header[4] = 0xe0 | (isChecked ? 4 : 0);
  header.writeBigUInt64LE(BigInt(sizeBytes), 5);
  const blocks: Buffer[] = [];
  for (let left = sizeBytes; left > 0; left -= 131_072) {
    const size = Math.min(left, 131_072);
    const block = Buffer.alloc(4);
    block.writeUIntLE((size << 3) | (1 << 1) | (left <= 131_072 ? 1 : 0), 0, 3);
    blocks.push(block);
  }
  return Buffer.concat([header, ...blocks, Buffer.alloc(isChecked ? 4 : 0)]);
}
