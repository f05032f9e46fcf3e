// A tree that lives: random changes, and what it looked like at each snapshot.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Numbers from a seed; the same ones each time. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // mulberry32, by Tommy Ettinger
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** Few names, so that paths meet again as files, folders and links. */
const NAMES = ['a', 'b', 'c', "d'e", '-f', 'g h'];

export class LivingTree {
  readonly #root: string;
  readonly #random: (below: number) => number;
  /** What was deleted, to be brought back. */
  readonly #bin: Buffer[] = [];
  readonly log: string[] = [];

  constructor(root: string, seed: number) {
    this.#root = root;
    this.#random = randomOf(seed);
  }

  /** Makes so many random changes. */
  change(times: number): void {
    for (let i = 0; i < times; i++) this.#changeOnce();
  }

  #changeOnce(): void {
    const path = this.#path();
    const what = this.#random(14);
    this.log.push(`${what} ${path}`);
    if (what <= 3) this.#replace(path, (at) => writeFileSync(at, this.#content()));
    else if (what === 4) this.#replace(path, (at) => mkdirSync(at, { recursive: true }));
    else if (what === 5)
      this.#replace(path, (at) => symlinkSync(['a', '..', '/etc', 'a/b', '.'][this.#random(5)] ?? '', at));
    else if (what === 6) this.#remove(path);
    else if (what <= 8) this.#move(path, this.#path());
    else if (what === 9) this.#copy(path, this.#path());
    else if (what === 10) this.#link(path, this.#path());
    else if (what === 11) this.#touch(path);
    else if (what === 12) this.#chmod(path);
    else this.#replace(path, (at) => writeFileSync(at, this.#bin[this.#random(this.#bin.length)] ?? 'back'));
  }

  #path(): string {
    const depth = 1 + this.#random(3);
    return Array.from({ length: depth }, () => NAMES[this.#random(NAMES.length)]).join('/');
  }

  #content(): Buffer {
    const content = Buffer.alloc([0, 1, 20, 700, 9000][this.#random(5)] ?? 0);
    for (let i = 0; i < content.length; i++) content[i] = this.#random(256);
    this.#bin.push(content);
    return content;
  }

  /** Makes way for something at `path`, its folders included. */
  #replace(path: string, make: (at: string) => void): void {
    const at = join(this.#root, path);
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      const folder = names.slice(0, depth).join('/');
      if (this.#type(folder) !== 'folder') this.#remove(folder);
    }
    mkdirSync(dirname(at), { recursive: true });
    rmSync(at, { recursive: true, force: true });
    make(at);
  }

  #remove(path: string): void {
    if (this.#type(path) !== undefined) rmSync(join(this.#root, path), { recursive: true });
  }

  #type(path: string): 'file' | 'folder' | 'link' | undefined {
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      const folder = lstatSync(join(this.#root, ...names.slice(0, depth)), { throwIfNoEntry: false });
      if (folder?.isDirectory() !== true) return undefined;
    }
    const stats = lstatSync(join(this.#root, path), { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'link';
  }

  #move(from: string, to: string): void {
    if (this.#type(from) === undefined || `${to}/`.startsWith(`${from}/`) || `${from}/`.startsWith(`${to}/`))
      return;
    this.#replace(to, (at) => {
      if (this.#type(from) !== undefined) renameSync(join(this.#root, from), at);
    });
  }

  #copy(from: string, to: string): void {
    if (this.#type(from) !== 'file' || `${from}/`.startsWith(`${to}/`) || `${to}/`.startsWith(`${from}/`))
      return;
    this.#replace(to, (at) => {
      if (this.#type(from) === 'file') copyFileSync(join(this.#root, from), at);
    });
  }

  #link(from: string, to: string): void {
    if (this.#type(from) !== 'file' || `${from}/`.startsWith(`${to}/`) || `${to}/`.startsWith(`${from}/`))
      return;
    this.#replace(to, (at) => {
      if (this.#type(from) === 'file') linkSync(join(this.#root, from), at);
    });
  }

  #touch(path: string): void {
    const type = this.#type(path);
    if (type === 'file' || type === 'folder')
      utimesSync(join(this.#root, path), 1e9, 1e9 + this.#random(1e8) + 0.25);
  }

  #chmod(path: string): void {
    const type = this.#type(path);
    const mode = [0o644, 0o600, 0o755, 0o4750][this.#random(4)] ?? 0;
    if (type === 'file') chmodSync(join(this.#root, path), mode);
    else if (type === 'folder') chmodSync(join(this.#root, path), mode | 0o700);
  }

  isEmpty(): boolean {
    return !existsSync(this.#root) || readdirSync(this.#root).length === 0;
  }
}
