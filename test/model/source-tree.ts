// The source that a model changes. What a step asks for and the tree does not allow is left out.
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { noise } from '../support/trees.ts';
import type { TreeStep } from './steps.ts';

type Type = 'file' | 'folder' | 'link';

export class SourceTree {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The path as the file system has it. */
  at(path: string): Buffer {
    return Buffer.from(`${this.#root}/${path}`, 'latin1');
  }

  /** What is at `path`; undefined when nothing is, or one of its folders is none. */
  type(path: string): Type | undefined {
    const stats = this.#stats(path);
    if (stats === undefined) return undefined;
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'link';
  }

  /** Whether the file at `path` has another name. */
  isShared(path: string): boolean {
    return (this.#stats(path)?.nlink ?? 0) > 1;
  }

  apply(step: TreeStep): void {
    switch (step.do) {
      case 'write':
        this.#replace(step.path, (at) => writeFileSync(at, noise(step.size, step.seed)));
        break;
      case 'append':
        if (this.type(step.path) === 'file') appendFileSync(this.at(step.path), noise(step.size, step.seed));
        break;
      case 'quiet':
        this.#editQuietly(step.path, step.seed);
        break;
      case 'truncate':
        if (this.type(step.path) === 'file') truncateSync(this.at(step.path), Math.min(step.size, 9000));
        break;
      case 'rename':
      case 'copy':
      case 'link':
        this.#take(step.do, step.path, step.to);
        break;
      case 'folder':
        this.#replace(step.path, (at) => mkdirSync(at));
        break;
      case 'remove':
        this.#remove(step.path);
        break;
      case 'chmod':
        this.#chmod(step.path, step.mode);
        break;
      case 'symlink':
        this.#replace(step.path, (at) => symlinkSync(Buffer.from(step.target, 'latin1'), at));
        break;
      case 'touch':
        if (this.type(step.path) === 'file' || this.type(step.path) === 'folder')
          utimesSync(this.at(step.path), 1e9, step.seconds + 0.25);
        break;
      case 'many':
        this.#replace(step.path, (at) => mkdirSync(at));
        for (let i = 0; i < step.count; i++)
          writeFileSync(this.at(`${step.path}/${i}`), `${i} of ${step.seed}`);
        break;
      case 'empty':
        for (const entry of readdirSync(this.#root, { encoding: 'buffer' }))
          this.#remove(entry.toString('latin1'));
        break;
    }
  }

  #stats(path: string): Stats | undefined {
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      const folder = lstatSync(this.at(names.slice(0, depth).join('/')), { throwIfNoEntry: false });
      if (folder?.isDirectory() !== true) return undefined;
    }
    return lstatSync(this.at(path), { throwIfNoEntry: false });
  }

  /** Makes way for something at `path`, its folders included. */
  #replace(path: string, make: (at: Buffer) => void): void {
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      const folder = names.slice(0, depth).join('/');
      if (this.type(folder) === 'folder') continue;
      this.#remove(folder);
      mkdirSync(this.at(folder));
    }
    this.#remove(path);
    make(this.at(path));
  }

  #remove(path: string): void {
    const type = this.type(path);
    if (type === 'folder') {
      // rmSync() cannot walk through names that are not UTF-8.
      for (const name of readdirSync(this.at(path), { encoding: 'buffer' }))
        this.#remove(`${path}/${name.toString('latin1')}`);
      rmSync(this.at(path), { recursive: true });
    } else if (type !== undefined) rmSync(this.at(path));
  }

  #take(how: 'rename' | 'copy' | 'link', from: string, to: string): void {
    if (`${to}/`.startsWith(`${from}/`) || `${from}/`.startsWith(`${to}/`)) return;
    if (this.type(from) === undefined || (how !== 'rename' && this.type(from) !== 'file')) return;
    this.#replace(to, (at) => {
      // Making way may have taken it along.
      if (this.type(from) === undefined) return;
      if (how === 'rename') renameSync(this.at(from), at);
      else if (how === 'copy') copyFileSync(this.at(from), at);
      else linkSync(this.at(from), at);
    });
  }

  /** Other content of the same size, with the time that the file had before. */
  #editQuietly(path: string, seed: number): void {
    if (this.type(path) !== 'file') return;
    const stats = lstatSync(this.at(path));
    writeFileSync(this.at(path), noise(stats.size, seed));
    utimesSync(this.at(path), stats.atime, stats.mtime);
  }

  #chmod(path: string, mode: number): void {
    const type = this.type(path);
    // A folder that is closed for good would only end the history.
    if (type === 'folder') chmodSync(this.at(path), mode | 0o700);
    else if (type === 'file') chmodSync(this.at(path), mode | 0o600);
  }
}
