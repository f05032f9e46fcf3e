// Large files that are written to while they are read, chunk by chunk, in an order that tells whether what is stored
// is what a file held at one moment.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const LINE_BYTES = 64;
const CHUNK_BYTES = 1024 * LINE_BYTES;

/**
 * How a file changes, write by write: from the first chunk to the last and again; anywhere; chunk by chunk longer up
 * to its full length, then cut to half; filled up at once, then cut chunk by chunk to half; by another file in its place.
 */
export const WAYS = ['rewrite', 'random', 'grow', 'shrink', 'replace'] as const;
type Way = (typeof WAYS)[number];

/**
 * The process that writes. Each line of a chunk says the number of the write that it is of, from 0 on, and the chunk.
 * It writes in bursts, with pauses: sometimes a file can be read between two writes, sometimes not.
 */
const WRITER = `
const fs = require('node:fs');
const [folder, seed, chunks] = [process.argv[1], +process.argv[2], +process.argv[3]];
let state = seed;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 4294967296 * below);
};
const chunk = (n, i) => Buffer.alloc(${CHUNK_BYTES}, (n + ' ' + i + '\\n').padEnd(${LINE_BYTES}));
const half = chunks / 2;
const many = (n, from, to) => Buffer.concat(Array.from({ length: to - from }, (_, i) => chunk(n, from + i)));
const at = (way) => folder + '/' + way;
const write = (way, bytes, i) => {
  const fd = fs.openSync(at(way), 'r+');
  fs.writeSync(fd, bytes, 0, bytes.length, i * ${CHUNK_BYTES});
  fs.closeSync(fd);
};
const cut = (way, count) => fs.truncateSync(at(way), count * ${CHUNK_BYTES});
const ways = {
  rewrite: (n) => write('rewrite', chunk(n, (n - 1) % chunks), (n - 1) % chunks),
  random: (n) => {
    const i = (Math.imul(n, 2654435761) >>> 8) % chunks;
    write('random', chunk(n, i), i);
  },
  grow: (n) => {
    const turn = (n - 1) % (half + 1);
    if (turn === half) cut('grow', half);
    else write('grow', chunk(n, half + turn), half + turn);
  },
  shrink: (n) => {
    const turn = (n - 1) % (half + 1);
    if (turn === 0) write('shrink', many(n, half, chunks), half);
    else cut('shrink', chunks - turn);
  },
  replace: (n) => {
    fs.writeFileSync(folder + '/new', many(n, 0, chunks));
    fs.renameSync(folder + '/new', at('replace'));
  },
};
const done = {};
for (const way of Object.keys(ways)) {
  const long = way === 'rewrite' || way === 'random' || way === 'replace';
  fs.writeFileSync(at(way), many(0, 0, long ? chunks : half));
  done[way] = 0;
}
fs.writeSync(1, 'writing');
const clock = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  const way = Object.keys(ways)[random(5)];
  for (let i = way === 'replace' ? 1 : 1 + random(random(4) === 0 ? 60 : 6); i > 0; i--) ways[way](++done[way]);
  if (random(3) === 0) Atomics.wait(clock, 0, 0, random(60));
}
`;

/** Writes to one file of each way in `folder`, of so many chunks (of 64 KiB, an even number); resolves when it has begun. */
export async function startWriting(folder: string, seed: number, chunks: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', WRITER, folder, `${seed}`, `${chunks}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** What a file has held: for each chunk, the number of the write that it is of. */
class Past {
  readonly #way: Way;
  readonly #chunks: number;
  held: number[];
  n = 0;

  constructor(way: Way, chunks: number) {
    this.#way = way;
    this.#chunks = chunks;
    const isLong = way !== 'grow' && way !== 'shrink';
    this.held = Array.from({ length: isLong ? chunks : chunks / 2 }, () => 0);
  }

  /** Whether the next write only makes the file shorter. */
  get cuts(): boolean {
    const turn = this.n % (this.#chunks / 2 + 1);
    return this.#way === 'grow' ? turn === this.#chunks / 2 : this.#way === 'shrink' && turn > 0;
  }

  /** The next write is done. */
  next(): void {
    const [n, half] = [++this.n, this.#chunks / 2];
    const turn = (n - 1) % (half + 1);
    switch (this.#way) {
      case 'rewrite':
        this.held[(n - 1) % this.#chunks] = n;
        break;
      case 'random':
        this.held[(Math.imul(n, 2_654_435_761) >>> 8) % this.#chunks] = n;
        break;
      case 'grow':
        if (turn === half) this.held.length = half;
        else this.held.push(n);
        break;
      case 'shrink':
        if (turn === 0) this.held.push(...Array.from({ length: half }, () => n));
        else this.held.length = this.#chunks - turn;
        break;
      case 'replace':
        this.held.fill(n);
        break;
    }
  }
}

/**
 * Why a stored file is what its original, named for its way and of so many chunks, held at no moment; or undefined.
 * A write is not one moment: part of it may be there.
 */
export function largeMixIn(path: string, chunks: number): string | undefined {
  const content = readFileSync(path);
  const count = Math.ceil(content.length / CHUNK_BYTES);
  const bytesOf = (i: number): Buffer => content.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
  const last = Math.max(0, ...Array.from({ length: count }, (_, i) => lastWriteIn(bytesOf(i))));
  const past = new Past(basename(path) as Way, chunks);
  let before: readonly number[] = past.held;
  while (past.n < last) {
    before = past.n === last - 1 ? [...past.held] : before;
    past.next();
  }
  while (past.cuts && past.held.length > count) past.next();
  // What is written at the end of a file may be there in part.
  if (count < past.held.length && count >= before.length && past.n === last) past.held.length = count;
  if (count !== past.held.length) return `${count} chunks after write ${past.n}, not ${past.held.length}`;
  for (let i = 0; i < count; i++) {
    const write = past.held[i] ?? -1;
    const isPart = write === last && (i === count - 1 || i < before.length);
    if (!holds(bytesOf(i), i, write, isPart ? before[i] : undefined))
      return `chunk ${i} is not all of write ${write}, with ${last} the last one`;
  }
  return undefined;
}

function lastWriteIn(chunk: Buffer): number {
  let last = 0;
  for (let at = 0; at < chunk.length; at += LINE_BYTES)
    last = Math.max(last, Number.parseInt(chunk.toString('latin1', at, at + 16), 10));
  return last;
}

/** Whether each line is of `write`, or else of the one `before` it; undefined: a chunk that may be cut short, if last. */
function holds(chunk: Buffer, i: number, write: number, before: number | undefined): boolean {
  const line = (n: number): Buffer => Buffer.from(`${n} ${i}\n`.padEnd(LINE_BYTES));
  const [now, older] = [line(write), line(before ?? write)];
  for (let at = 0; at < chunk.length; at += LINE_BYTES) {
    const found = chunk.subarray(at, at + LINE_BYTES);
    if (!found.equals(now.subarray(0, found.length)) && !found.equals(older.subarray(0, found.length)))
      return false;
  }
  return true;
}
