// Decides what the corpus consists of: paths, kinds of content, sizes. Pure: writes nothing.

import type { TextKind } from './corpus-text.ts';
import { WORDS } from './corpus-words.ts';
import { Random } from './random.ts';

export type ContentKind = TextKind | 'license' | 'photo' | 'image';

export type PlannedEntry =
  | { readonly type: 'file'; readonly path: string; readonly kind: ContentKind; readonly sizeBytes: number }
  | { readonly type: 'folder'; readonly path: string }
  /** `target` is relative to the folder of the link. */
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  /** `target` is relative to the corpus. */
  | { readonly type: 'hardlink'; readonly path: string; readonly target: string };

type PlannedFile = Extract<PlannedEntry, { type: 'file' }>;

export interface CorpusOptions {
  /** 1: 2.0 GB in about 71,000 files. Counts grow with it, and sizes do not, save for the disk image's. */
  readonly scale: number;
  readonly seed: number;
}

export const IMAGE_PATH = 'images/disk.img';

/** The sizes of a share of files lie below a number of bytes; in between they are spread evenly. */
type SizeTable = readonly (readonly [share: number, bytes: number])[];

// The shape of /usr/include, of Python's library and of node_modules: half the files below 2 KiB, one in
// a hundred above 250 KB, and most of the bytes in those few.
const SOURCE_SIZES: SizeTable = [
  [0, 24],
  [0.1, 180],
  [0.25, 650],
  [0.5, 2048],
  [0.7, 4500],
  [0.9, 16_000],
  [0.97, 60_000],
  [0.99, 250_000],
  [0.998, 1_000_000],
  [1, 3_000_000],
];
const LOG_SIZES: SizeTable = [
  [0, 100_000],
  [0.5, 700_000],
  [1, 4_000_000],
];
const PHOTO_SIZES: SizeTable = [
  [0, 2_000_000],
  [1, 6_000_000],
];

function sizeAt(table: SizeTable, share: number): number {
  const upper = Math.max(
    1,
    table.findIndex(([bound]) => bound > share),
  );
  const [fromShare, fromBytes] = table[upper - 1] ?? [0, 0];
  const [toShare, toBytes] = table[upper] ?? [1, 0];
  return fromBytes + ((toBytes - fromBytes) * (share - fromShare)) / (toShare - fromShare);
}

/**
 * `count` sizes in random order that follow `table` and add up to about `totalBytes`.
 *
 * They are taken at even steps, not drawn: drawn ones would make the sum hang on a few large files.
 */
function planSizes(random: Random, table: SizeTable, count: number, totalBytes: number): number[] {
  const even = Array.from({ length: count }, (_, index) => sizeAt(table, (index + 0.5) / count));
  const factor =
    totalBytes /
    Math.max(
      1,
      even.reduce((sum, bytes) => sum + bytes, 0),
    );
  return random.shuffle(even.map((bytes) => Math.floor(bytes * factor)));
}

const word = (random: Random): string => random.pick(WORDS);
const file = (path: string, kind: ContentKind, sizeBytes: number): PlannedFile => ({
  type: 'file',
  path,
  kind,
  sizeBytes,
});

const HEADERS_PER_FOLDER = 28;

function planHeaders(random: Random, scale: number): PlannedFile[] {
  let folder = '';
  return planSizes(random, SOURCE_SIZES, Math.round(22_000 * scale), 400e6 * scale).map((size, index) => {
    if (index % HEADERS_PER_FOLDER === 0) folder = `include/${word(random)}/${word(random)}-${index}`;
    return file(`${folder}/${word(random)}_${word(random)}_${index.toString(36)}.h`, 'c', size);
  });
}

const MODULES_PER_PACKAGE = 11;

function planPython(random: Random, scale: number): PlannedFile[] {
  const files: PlannedFile[] = [];
  let folder = '';
  const sizes = planSizes(random, SOURCE_SIZES, Math.round(9_900 * scale), 200e6 * scale);
  for (const [index, size] of sizes.entries()) {
    if (index % MODULES_PER_PACKAGE === 0) {
      folder = `python/${word(random)}/${word(random)}${index}`;
      // Every second package has an empty one, as in the wild.
      if (random.below(2) === 0) files.push(file(`${folder}/__init__.py`, 'python', 0));
    }
    files.push(file(`${folder}/${word(random)}_${index.toString(36)}.py`, 'python', size));
  }
  return files;
}

const FILES_PER_NODE_PACKAGE = 12;

function planNodeModules(random: Random, scale: number): PlannedEntry[] {
  const entries: PlannedEntry[] = [];
  let folder = '';
  const sizes = planSizes(random, SOURCE_SIZES, Math.round(28_800 * scale), 530e6 * scale);
  for (const [index, size] of sizes.entries()) {
    if (index % FILES_PER_NODE_PACKAGE === 0) {
      const scope = random.below(3) === 0 ? `@${word(random)}/` : '';
      const name = `${word(random)}-${word(random)}-${index}`;
      folder = `web/node_modules/${scope}${name}`;
      entries.push(file(`${folder}/package.json`, 'json', random.between(400, 2200)));
      entries.push(file(`${folder}/LICENSE`, 'license', 1071));
      entries.push(file(`${folder}/README.md`, 'markdown', random.between(300, 6000)));
      if (random.below(6) === 0) {
        const target = `../${scope}${name}/package.json`;
        entries.push({ type: 'symlink', path: `web/node_modules/.bin/${name}`, target });
      }
    }
    const kind = random.below(4) === 0 ? 'json' : 'javascript';
    const name = `${random.pick(['', 'lib/', 'lib/', 'dist/'])}${word(random)}-${index.toString(36)}`;
    entries.push(file(`${folder}/${name}${kind === 'json' ? '.json' : '.js'}`, kind, size));
  }
  return entries;
}

function planDocuments(random: Random, scale: number): PlannedFile[] {
  return planSizes(random, SOURCE_SIZES, Math.round(2_300 * scale), 180e6 * scale).map((size, index) => {
    const name = index % 40 === 0 ? `Übersicht ${word(random)} – Stand ${index}` : `${word(random)}-${index}`;
    return file(`docs/${WORDS[index % 37]}/${name}.md`, 'markdown', size);
  });
}

function planLogs(random: Random, scale: number): PlannedFile[] {
  return planSizes(random, LOG_SIZES, Math.max(1, Math.round(110 * scale)), 120e6 * scale).map(
    (size, index) => file(`logs/${word(random)}-${index}.log`, 'log', size),
  );
}

function planPhotos(random: Random, scale: number): PlannedFile[] {
  const count = Math.max(1, Math.round(90 * scale));
  return planSizes(random, PHOTO_SIZES, count, 360e6 * scale).map((size, index) =>
    file(`photos/${2015 + (index % 10)}/IMG_${String(1000 + index)}.jpg`, 'photo', size),
  );
}

const DEEPEST = 24;

function planDeepFolders(random: Random, scale: number): PlannedFile[] {
  return Array.from({ length: Math.max(1, Math.round(12 * scale)) }, (_, chain) => {
    let folder = `deep/${chain}`;
    return Array.from({ length: DEEPEST }, (_unused, level) => {
      folder += `/${word(random)}`;
      return file(`${folder}/level-${level}.py`, 'python', random.between(100, 4000));
    });
  }).flat();
}

function planEmptyOnes(scale: number): PlannedEntry[] {
  const count = Math.max(1, Math.round(150 * scale));
  return Array.from({ length: count }, (_, index): PlannedEntry[] => [
    { type: 'folder', path: `empty/folder-${index}` },
    file(`empty/files/file-${index}`, 'log', 0),
  ]).flat();
}

/** Links to files, to folders, to nothing, and second names of headers. */
function planLinks(random: Random, headers: readonly PlannedFile[], scale: number): PlannedEntry[] {
  const count = Math.max(1, Math.round(60 * scale));
  const someHeader = (): string => random.pick(headers).path;
  return Array.from({ length: count }, (_, index): PlannedEntry[] => {
    const folder = someHeader().split('/').slice(0, -1).join('/');
    return [
      { type: 'symlink', path: `links/to-file-${index}`, target: `../${someHeader()}` },
      { type: 'symlink', path: `links/to-folder-${index}`, target: `../${folder}` },
      { type: 'symlink', path: `links/to-nothing-${index}`, target: `../gone/${index}` },
      { type: 'hardlink', path: `links/second-name-${index}.h`, target: someHeader() },
    ];
  }).flat();
}

/** The whole corpus, hard links last: their targets come before them. */
export function planCorpus({ scale, seed }: CorpusOptions): PlannedEntry[] {
  const random = (part: string): Random => new Random(seed, 'plan', part);
  const headers = planHeaders(random('headers'), scale);
  return [
    ...headers,
    ...planPython(random('python'), scale),
    ...planNodeModules(random('node_modules'), scale),
    ...planDocuments(random('documents'), scale),
    ...planLogs(random('logs'), scale),
    ...planPhotos(random('photos'), scale),
    file(IMAGE_PATH, 'image', Math.floor(200e6 * scale)),
    ...planDeepFolders(random('deep'), scale),
    ...planEmptyOnes(scale),
    ...planLinks(random('links'), headers, scale),
  ];
}
