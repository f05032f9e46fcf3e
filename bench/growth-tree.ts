// Writes a tree of many small files, and makes it larger.

import { closeSync, futimesSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { textSource } from './corpus-text.ts';
import { Random } from './random.ts';

const FILES_PER_FOLDER = 100;
const FOLDERS_PER_FOLDER = 100;
const LEAST_BYTES = 100;
const MOST_BYTES = 500;
/** Files are cut out of one text, which is faster than writing each. Many times what zstd looks back on. */
const TEXT_BYTES = 32 * 1024 * 1024;
const FIRST_MTIME = Date.UTC(2023, 0, 1) / 1000;
const MTIME_SPAN_SECONDS = 900 * 24 * 3600;

const pad = (number: number): string => String(number).padStart(3, '0');

/** Where the file of this number lies: a hundred to a folder, a hundred folders to a folder. */
export function smallFilePath(index: number): string {
  const folder = Math.floor(index / FILES_PER_FOLDER);
  return `${pad(Math.floor(folder / FOLDERS_PER_FOLDER))}/${pad(folder % FOLDERS_PER_FOLDER)}/${index}.txt`;
}

/** A tree that grows. Whatever the steps, the same seed and number of files give the same tree. */
export class GrowingTree {
  readonly #root: string;
  readonly #seed: number;
  readonly #text = Buffer.alloc(TEXT_BYTES);
  #files = 0;
  #folder = '';

  constructor(root: string, seed: number) {
    this.#root = root;
    this.#seed = seed;
    textSource(new Random(seed, 'small files'), 'markdown')(this.#text);
  }

  growTo(files: number): void {
    for (; this.#files < files; this.#files++) this.#write(this.#files);
  }

  #write(index: number): void {
    const random = new Random(this.#seed, 'small file', index);
    const path = join(this.#root, smallFilePath(index));
    if (dirname(path) !== this.#folder) {
      this.#folder = dirname(path);
      mkdirSync(this.#folder, { recursive: true });
    }
    const sizeBytes = random.between(LEAST_BYTES, MOST_BYTES);
    const file = openSync(path, 'wx');
    writeSync(file, this.#text, random.below(TEXT_BYTES - sizeBytes), sizeBytes);
    const seconds = FIRST_MTIME + random.below(MTIME_SPAN_SECONDS);
    futimesSync(file, seconds, seconds);
    closeSync(file);
  }
}
