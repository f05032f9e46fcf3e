import { copyFileSync, linkSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Copies a folder of files and folders; files that were one stay one. */
export function copyTree(from: string, to: string, copies: Map<number, string> = new Map()): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    const stats = lstatSync(source);
    const copy = copies.get(stats.ino);
    if (stats.isDirectory()) copyTree(source, target, copies);
    else if (copy === undefined) copyFileSync(source, target);
    else linkSync(copy, target);
    copies.set(stats.ino, target);
  }
}
