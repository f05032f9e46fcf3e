// Reads a snapshot as docs/format.md says, and by nothing else of this program than zstd itself.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { loadDecompressor } from '../../src/format/zstd/zstd.ts';
import { measureFrame } from '../../src/format/zstd/frame.ts';
import type { Seen } from '../support/trees.ts';

interface NamedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface InfoFile {
  readonly archiveDate?: string;
  readonly format: string;
  readonly archives: readonly (NamedFile & { readonly number: number })[];
  readonly index: NamedFile;
  readonly changes: NamedFile | null;
  readonly dead: NamedFile | null;
}

export interface Line {
  readonly path?: string;
  readonly pathBase64?: string;
  readonly hardlink?: string;
  readonly hardlinkBase64?: string;
  readonly target?: string;
  readonly targetBase64?: string;
  readonly type: 'file' | 'folder' | 'link' | 'none';
  readonly size?: number;
  readonly mode: string;
  readonly mtime: string;
  readonly at?: readonly [number, number, number, number];
  readonly kept?: string;
}

const zstd = await loadDecompressor();

/** Snapshots of one series. What one archive holds is decompressed once. */
export class NaiveReader {
  readonly #series: string;
  readonly #digests = new Map<string, string>();

  constructor(series: string) {
    this.#series = series;
  }

  /** The tree that `snapshot` holds; throws when it does not hold it. */
  read(snapshot: string): Map<string, Seen> {
    const info = this.info(snapshot);
    const archives = new Map(info.archives.map((archive) => [archive.number, this.#open(snapshot, archive)]));
    const seen = new Map<string, Seen>();
    for (const [path, line] of this.#entries(snapshot)) {
      if (path === '' || line.type === 'none') continue;
      seen.set(path, {
        type: line.type,
        mode: Number.parseInt(line.mode, 8).toString(8),
        mtimeNs: BigInt(line.mtime.replace('.', '')),
        size: line.type === 'file' ? BigInt(line.size ?? -1) : undefined,
        sha256: line.type === 'file' ? this.#contentOf(line, archives, path) : undefined,
        target: textOf(line.target, line.targetBase64),
        sameAs: textOf(line.hardlink, line.hardlinkBase64),
      });
    }
    return seen;
  }

  /** Every file of the series. */
  files(): readonly string[] {
    if (!existsSync(this.#series)) return [];
    const files = readdirSync(this.#series, { recursive: true, encoding: 'utf8' });
    return files.filter((file) => !lstatSync(join(this.#series, file)).isDirectory()).toSorted();
  }

  info(snapshot: string): InfoFile {
    return JSON.parse(readFileSync(join(this.#series, snapshot, 'info.json'), 'utf8')) as InfoFile;
  }

  /** What `snapshot` says of content in its archives: that of its entries, and what none of them has. */
  lines(snapshot: string): { readonly live: readonly Line[]; readonly dead: readonly Line[] } {
    const { dead } = this.info(snapshot);
    return {
      live: [...this.#entries(snapshot).values()],
      dead: dead === null ? [] : this.#lines(snapshot, dead),
    };
  }

  /** Every file that `snapshot` names, seen from the series' folder. */
  filesOf(snapshot: string): readonly string[] {
    const { archives, index, changes } = this.info(snapshot);
    const files = [...archives, index, ...(changes === null ? [] : [changes])];
    return files.map(({ file }) => (file.includes('/') ? file : `${snapshot}/${file}`));
  }

  #open(
    snapshot: string,
    { file, bytes, sha256 }: NamedFile,
  ): { bytes: Buffer; sha256: string; isZip: boolean } {
    const content = readFileSync(join(this.#series, file.includes('/') ? file : join(snapshot, file)));
    const found = createHash('sha256').update(content).digest('hex');
    if (content.length !== bytes || found !== sha256) throw new Error(`${snapshot}: ${file} is another file`);
    return { bytes: content, sha256, isZip: file.endsWith('.zip') };
  }

  #entries(snapshot: string): Map<string, Line> {
    const { index, changes } = this.info(snapshot);
    const lines = [index, changes].flatMap((file) => (file === null ? [] : this.#lines(snapshot, file)));
    // What a change says comes in place of what the index says.
    return new Map(lines.map((line) => [textOf(line.path, line.pathBase64) ?? '', line]));
  }

  #lines(snapshot: string, file: NamedFile): readonly Line[] {
    const text = this.#frames(this.#open(snapshot, file).bytes).toString('utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  }

  #frames(bytes: Buffer): Buffer {
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const { bytes: length, contentBytes } = measureFrame(bytes.subarray(at));
      frames.push(zstd.decompress(bytes.subarray(at, at + length), contentBytes));
      at += length;
    }
    return Buffer.concat(frames);
  }

  #contentOf(
    { at, size = -1 }: Line,
    archives: ReadonlyMap<number, { bytes: Buffer; sha256: string; isZip: boolean }>,
    path: string,
  ): string {
    const [number = -1, offset = 0, length = 0, skip = 0] = at ?? [];
    const archive = archives.get(number);
    if (archive === undefined)
      throw new Error(`${path} lies in archive ${number}, which info.json does not name`);
    const key = [archive.sha256, offset, length, skip, size].join(' ');
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    const part = archive.bytes.subarray(offset, offset + length);
    const content = (archive.isZip ? inflated(part, size) : this.#frames(part)).subarray(skip, skip + size);
    if (content.length !== size) throw new Error(`${path} is cut short`);
    const digest = createHash('sha256').update(content).digest('hex');
    this.#digests.set(key, digest);
    return digest;
  }
}

/** A local record of a zip: APPNOTE 4.3.7. */
function inflated(record: Buffer, size: number): Buffer {
  const data = record.subarray(30 + record.readUInt16LE(26) + record.readUInt16LE(28));
  return record.readUInt16LE(8) === 0 ? data.subarray(0, size) : inflateRawSync(data);
}

function textOf(text: string | undefined, base64: string | undefined): string | undefined {
  if (text !== undefined) return Buffer.from(text, 'utf8').toString('latin1');
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('latin1');
}
