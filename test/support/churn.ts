// A tree that never holds still, made of files that tell whether what is stored is what they held at one moment.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const BLOCK_BYTES = 64;
/**
 * A file is rewritten in steps of so many blocks: one page of memory. A write of several is seen page by page by who reads meanwhile, with the
 * size as it is by then: that is what the file held at that moment.
 */
const STEP_BLOCKS = 64;

/**
 * The process that churns. Each version of a file is a number of blocks; each block says the version, how many
 * blocks there are, and which one it is. A file grows, shrinks, is rewritten in place or replaced, vanishes, and
 * becomes a folder or a link.
 */
const CHURNER = `
const fs = require('node:fs');
const [folder, seed, files, most] = [process.argv[1], +process.argv[2], +process.argv[3], +process.argv[4]];
let state = seed;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 4294967296 * below);
};
const blocks = (version, count) => {
  const bytes = Buffer.alloc(count * ${BLOCK_BYTES}, ' ');
  for (let i = 0; i < count; i++) bytes.write(version + ' ' + count + ' ' + i + '\\n', i * ${BLOCK_BYTES});
  return bytes;
};
const remove = (path) => fs.rmSync(path, { recursive: true, force: true });
const step = ${STEP_BLOCKS * BLOCK_BYTES};
let version = seed * 1e9;
const write = (path, flag) => {
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) remove(path);
  const count = 1 + random(random(20) === 0 ? most : 100);
  const bytes = blocks(++version, count);
  const fd = fs.openSync(path, 'a+');
  fs.closeSync(fd);
  const to = fs.openSync(path, 'r+');
  for (let at = 0; at < bytes.length; at += step) fs.writeSync(to, bytes, at, Math.min(step, bytes.length - at), at);
  fs.ftruncateSync(to, bytes.length);
  fs.closeSync(to);
};
const replace = (path) => {
  fs.writeFileSync(folder + '/new', blocks(++version, 1 + random(random(20) === 0 ? most : 100)));
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) remove(path);
  fs.renameSync(folder + '/new', path);
};
const path = () => folder + '/' + random(files);
for (let i = 0; i < files; i++) replace(folder + '/' + i);
fs.writeSync(1, 'churning');
for (;;) {
  const [what, at] = [random(10), path()];
  if (what < 4) write(at);
  else if (what < 7) replace(at);
  else if (what === 7) remove(at);
  else if (what === 8) { remove(at); fs.mkdirSync(at); replace(at + '/within'); }
  else { remove(at); fs.symlinkSync('1', at); }
}
`;

/** Churns so many files below `folder`, of at most so many blocks; resolves when it has begun. */
export async function startChurning(
  folder: string,
  seed: number,
  files: number,
  blocks: number,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', CHURNER, folder, `${seed}`, `${files}`, `${blocks}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Ends `child`, and waits until it does nothing any more. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/**
 * Why a stored file is what its original held at no moment, or undefined. While it is rewritten, it holds the first
 * steps of the new version, and what the older one had behind that.
 */
export function mixIn(path: string): string | undefined {
  const text = readFileSync(path, 'latin1');
  if (text.length % BLOCK_BYTES !== 0) return `${text.length} bytes are no number of blocks`;
  const blocks = Array.from({ length: text.length / BLOCK_BYTES }, (_, i) =>
    text
      .slice(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)
      .split(/\s/, 3)
      .map(Number),
  );
  const [version = 0, count = 0] = blocks[0] ?? [];
  const next = blocks.findIndex((block) => block[0] !== version);
  const written = next === -1 ? blocks.length : next;
  const [older = 0, olderCount = 0] = blocks[written] ?? [];
  for (const [i, block] of blocks.entries()) {
    const is = i < written ? [version, count, i] : [older, olderCount, i];
    if (block.join() !== is.join()) return `block ${i} says ${block.join(' ')}, not ${is.join(' ')}`;
  }
  const isStep = written === count || (written < count && written % STEP_BLOCKS === 0);
  const isRest = written === blocks.length || (older < version && olderCount === blocks.length);
  return isStep && isRest
    ? undefined
    : `${written} blocks of ${version}, which has ${count}, and ${blocks.length - written} of ${older}, which has ${olderCount}`;
}
