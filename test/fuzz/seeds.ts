// Files of a real series, of both formats, with all that a series can have: what fuzzing starts from.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadDecompressor } from '../../src/format/zstd/zstd.ts';
import { measureFrame } from '../../src/format/zstd/frame.ts';
import { SeriesLab } from '../../src/jobs/run/series.lab.ts';
import { noise } from '../support/trees.ts';

export interface SeedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export async function seedFiles(): Promise<readonly SeedFile[]> {
  const formats = ['tar.zst', 'zip'] as const;
  return (await Promise.all(formats.map(async (format) => await filesOf(format)))).flat();
}

async function filesOf(format: 'tar.zst' | 'zip'): Promise<readonly SeedFile[]> {
  const lab = new SeriesLab();
  lab.row = { ...lab.row, format };
  try {
    mkdirSync(join(lab.source, "it's"));
    for (let i = 0; i < 20; i++) writeFileSync(join(lab.source, "it's", `${i}`), noise(i * 3, i + 1));
    writeFileSync(join(lab.source, 'zeros'), Buffer.alloc(3000));
    symlinkSync('zeros', join(lab.source, 'link'));
    await lab.run({ smallIndexBytes: 0 });
    rmSync(join(lab.source, "it's", '7'));
    renameSync(join(lab.source, 'zeros'), join(lab.source, 'moved'));
    const { snapshot } = await lab.run({ smallIndexBytes: 0 });
    const folder = lab.folder(snapshot ?? '');
    return readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  } finally {
    lab.remove();
  }
}

const zstd = await loadDecompressor();

/** What zstd frames hold; a seek table holds nothing. */
export function contentOf(frames: Buffer): Buffer {
  const contents: Buffer[] = [];
  for (let at = 0; at < frames.length && frames.readUInt32LE(at) !== 0x184d2a5e;) {
    const { bytes, contentBytes } = measureFrame(frames.subarray(at));
    contents.push(zstd.decompress(frames.subarray(at, at + bytes), contentBytes));
    at += bytes;
  }
  return Buffer.concat(contents);
}
