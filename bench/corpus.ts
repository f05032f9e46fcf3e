// Writes the corpus: a tree like a developer's home folder, the same on every machine.
//
//     node bench/dist/bench/corpus.js FOLDER --scale 0.1 --seed 1

import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { imageSource, photoSource } from './corpus-binary.ts';
import type { ContentKind, CorpusOptions, PlannedEntry } from './corpus-plan.ts';
import { planCorpus } from './corpus-plan.ts';
import type { ContentSource } from './corpus-text.ts';
import { licenseSource, textSource } from './corpus-text.ts';
import { Random } from './random.ts';

/** Goes up whenever the generator writes other bytes, so that no older corpus is reused. */
const GENERATOR_VERSION = 1;
const CHUNK_BYTES = 1024 * 1024;
const FIRST_MTIME = Date.UTC(2023, 0, 1) / 1000;
const MTIME_SPAN_SECONDS = 900 * 24 * 3600;
const FILE_MODES = [0o644, 0o644, 0o644, 0o644, 0o664, 0o600, 0o755];
const FOLDER_MODES = [0o755, 0o755, 0o755, 0o775, 0o700];

export interface CorpusCounts {
  /** Regular files, hard links included. */
  readonly files: number;
  readonly folders: number;
  readonly symlinks: number;
  readonly hardlinks: number;
  /** Content of all files, each hard-linked one once. */
  readonly bytes: number;
}

/** Stands beside the corpus. Without it, a folder is not ours, and is not replaced. */
interface Marker {
  readonly generator: number;
  readonly scale: number;
  readonly seed: number;
  /** `whole`: as written. Anything else is written again before it is used. */
  readonly state: 'unfinished' | 'whole' | 'changed';
  readonly counts?: CorpusCounts;
}

const markerPath = (folder: string): string => `${resolve(folder)}.corpus.json`;

function readMarker(folder: string): Marker | undefined {
  const path = markerPath(folder);
  if (!existsSync(path)) return undefined;
  const marker: Marker = JSON.parse(readFileSync(path, 'utf8'));
  return marker;
}

function writeMarker(folder: string, marker: Marker): void {
  writeFileSync(markerPath(folder), `${JSON.stringify(marker, null, 2)}\n`);
}

/** Says that the corpus in `folder` is no longer as written; a folder without a marker stays without. */
export function markChanged(folder: string): void {
  const marker = readMarker(folder);
  if (marker !== undefined) writeMarker(folder, { ...marker, state: 'changed' });
}

function contentSource(random: Random, kind: ContentKind): ContentSource {
  if (kind === 'photo') return photoSource(random);
  if (kind === 'image') return imageSource(random);
  if (kind === 'license') return licenseSource(random);
  return textSource(random, kind);
}

/** Writes entries and remembers the folders it made: their times are set last, since writing changes them. */
class TreeWriter {
  readonly #root: string;
  readonly #seed: number;
  readonly #folders = new Set<string>();
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);

  constructor(root: string, seed: number) {
    this.#root = root;
    this.#seed = seed;
  }

  get folderCount(): number {
    return this.#folders.size;
  }

  write(entry: PlannedEntry): void {
    const path = join(this.#root, entry.path);
    this.#makeFolder(dirname(entry.path));
    switch (entry.type) {
      case 'folder':
        return this.#makeFolder(entry.path);
      case 'symlink':
        symlinkSync(entry.target, path);
        return lutimesSync(path, ...this.#times(entry.path));
      case 'hardlink':
        return linkSync(join(this.#root, entry.target), path);
      case 'file':
        return this.#writeFile(entry.path, entry.kind, entry.sizeBytes);
    }
  }

  /** The deepest first: a folder's time changes when one is made in it, not when one below it is. */
  finish(): void {
    for (const folder of [...this.#folders].toSorted().toReversed()) {
      const path = join(this.#root, folder);
      chmodSync(path, this.#random(folder).pick(FOLDER_MODES));
      utimesSync(path, ...this.#times(folder));
    }
  }

  #random(path: string): Random {
    return new Random(this.#seed, 'metadata', path);
  }

  /** 64ths of a second: exact in binary and in microseconds, so no platform rounds them. */
  #times(path: string): [number, number] {
    const seconds = FIRST_MTIME + new Random(this.#seed, 'time', path).below(MTIME_SPAN_SECONDS * 64) / 64;
    return [seconds, seconds];
  }

  #makeFolder(folder: string): void {
    if (folder === '.' || this.#folders.has(folder)) return;
    this.#makeFolder(dirname(folder));
    mkdirSync(join(this.#root, folder));
    this.#folders.add(folder);
  }

  #writeFile(path: string, kind: ContentKind, sizeBytes: number): void {
    const fill = contentSource(new Random(this.#seed, 'content', path), kind);
    const file = openSync(join(this.#root, path), 'wx');
    for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES) {
      const chunk = this.#chunk.subarray(0, Math.min(left, CHUNK_BYTES));
      fill(chunk);
      writeSync(file, chunk);
    }
    // Set, not passed to open: the umask of whoever runs this has no say.
    fchmodSync(file, this.#random(path).pick(FILE_MODES));
    futimesSync(file, ...this.#times(path));
    closeSync(file);
  }
}

function countEntries(entries: readonly PlannedEntry[], folders: number): CorpusCounts {
  const files = entries.filter((entry) => entry.type === 'file');
  const hardlinks = entries.filter((entry) => entry.type === 'hardlink').length;
  return {
    files: files.length + hardlinks,
    folders,
    symlinks: entries.filter((entry) => entry.type === 'symlink').length,
    hardlinks,
    bytes: files.reduce((sum, entry) => sum + entry.sizeBytes, 0),
  };
}

function makeRoom(folder: string, marker: Marker | undefined): void {
  if (marker === undefined && existsSync(folder)) {
    throw new Error(
      `Cannot write a corpus to "${folder}": it exists, and no corpus was written there before`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Writes the corpus to `folder`, or leaves it when it is there already with these options and unchanged.
 *
 * Equal options give equal names, content, modes and times, whatever the machine.
 *
 * @throws Error when `folder` exists and holds anything but a corpus.
 */
export function buildCorpus(folder: string, options: CorpusOptions): CorpusCounts {
  const { scale, seed } = options;
  const found = readMarker(folder);
  const same = found?.generator === GENERATOR_VERSION && found.scale === scale && found.seed === seed;
  if (same && found.state === 'whole' && found.counts && existsSync(folder)) return found.counts;

  makeRoom(folder, found);
  mkdirSync(folder, { recursive: true });
  const marker = { generator: GENERATOR_VERSION, scale, seed };
  writeMarker(folder, { ...marker, state: 'unfinished' });
  const entries = planCorpus(options);
  const writer = new TreeWriter(folder, seed);
  for (const entry of entries) writer.write(entry);
  writer.finish();
  const counts = countEntries(entries, writer.folderCount);
  writeMarker(folder, { ...marker, state: 'whole', counts });
  return counts;
}

function main(): void {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { scale: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
  });
  const [folder] = positionals;
  const scale = Number(values.scale);
  if (folder === undefined || !(scale > 0)) throw new Error('Usage: corpus.js FOLDER [--scale 1] [--seed 1]');
  console.log(buildCorpus(folder, { scale, seed: Number(values.seed) }));
}

if (process.argv[1] === import.meta.filename) main();
