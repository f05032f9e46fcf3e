// Changes a tree as a day of work does, the same way each time.

import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { markChanged } from './corpus.ts';
import { IMAGE_PATH } from './corpus-plan.ts';
import { textSource } from './corpus-text.ts';
import { Random } from './random.ts';

const FIRST_ROUND = Date.UTC(2026, 0, 1) / 1000;
const DAY_SECONDS = 24 * 3600;
const BIG_CHANGE_BYTES = 1024 * 1024;

type Way = 'edited' | 'appended' | 'added' | 'removed' | 'renamed';

/** Of a hundred changed files, how many in which way. */
const MIX: readonly (readonly [way: Way, share: number])[] = [
  ['appended', 10],
  ['added', 8],
  ['removed', 6],
  ['renamed', 6],
  ['edited', 70],
];

export type Mutations = Readonly<Record<Way, number>>;

/** Regular files below `folder`, relative to it, in an order that does not hang on the file system. */
function listFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

function textOf(random: Random, sizeBytes: number): Buffer {
  const text = Buffer.alloc(sizeBytes);
  textSource(random, 'python')(text);
  return text;
}

/** Overwrites part of the middle; an empty file gets its first text. */
function edit(path: string, random: Random): void {
  const file = openSync(path, 'r+');
  const { size } = fstatSync(file);
  const length = size === 0 ? 200 : Math.min(size, random.between(20, 400));
  writeSync(file, textOf(random, length), 0, length, Math.floor((size > length ? size - length : 0) / 2));
  closeSync(file);
}

/** Returns the path whose mtime is to change, if there is one. */
function change(path: string, way: Way, random: Random, round: number): string | undefined {
  const added = `${path}.added-${round}`;
  switch (way) {
    case 'edited':
      edit(path, random);
      break;
    case 'appended':
      appendFileSync(path, textOf(random, random.between(100, 2000)));
      break;
    case 'added':
      writeFileSync(added, textOf(random, random.between(200, 8000)));
      break;
    case 'removed':
      rmSync(path);
      break;
    case 'renamed':
      renameSync(path, `${path}.renamed-${round}`);
      break;
  }
  if (way === 'edited' || way === 'appended') return path;
  return way === 'added' ? added : undefined;
}

/** One way for each of `count` files; what rounding leaves over is edited. */
function planWays(count: number): Way[] {
  const ways = MIX.flatMap(([way, share]) => Array<Way>(Math.floor((count * share) / 100)).fill(way));
  return [...ways, ...Array<Way>(count - ways.length).fill('edited')];
}

/**
 * Changes `fraction` of the files below `folder`, each with a new mtime, except those only renamed.
 *
 * The same tree and the same `round` give the same changes; a later round has later mtimes. The disk image
 * is left to {@link changeBigFile}.
 */
export function mutate(folder: string, options: { fraction: number; round: number }): Mutations {
  const { fraction, round } = options;
  markChanged(folder);
  const random = new Random('mutate', round);
  const files = listFiles(folder).filter((path) => path !== IMAGE_PATH);
  const ways = planWays(Math.max(1, Math.round(files.length * fraction)));
  const chosen = random.shuffle(files);
  for (const [index, way] of ways.entries()) {
    const touched = change(join(folder, chosen[index] ?? ''), way, random, round);
    const seconds = FIRST_ROUND + round * DAY_SECONDS + index;
    if (touched !== undefined) utimesSync(touched, seconds, seconds);
  }
  const count = (which: Way): number => ways.filter((way) => way === which).length;
  return {
    edited: count('edited'),
    appended: count('appended'),
    added: count('added'),
    removed: count('removed'),
    renamed: count('renamed'),
  };
}

/** Overwrites 1 MB in the middle of the disk image (half of an image smaller than 2 MB). */
export function changeBigFile(folder: string, round: number): void {
  markChanged(folder);
  const path = join(folder, IMAGE_PATH);
  const file = openSync(path, 'r+');
  const { size } = fstatSync(file);
  const bytes = Buffer.alloc(Math.min(BIG_CHANGE_BYTES, Math.floor(size / 2)));
  new Random('big file', round).fill(bytes);
  writeSync(file, bytes, 0, bytes.length, Math.floor((size - bytes.length) / 2));
  closeSync(file);
  const seconds = FIRST_ROUND + round * DAY_SECONDS;
  utimesSync(path, seconds, seconds);
}
