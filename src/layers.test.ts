// Imports go downwards only.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Who may import whom: a room those on the lines below its own. */
const LAYERS: readonly (readonly string[])[] = [
  ['index.ts'],
  ['cli', 'api'],
  ['dashboard'],
  ['jobs'],
  ['sync'],
  ['mirror', 'serve'],
  ['series', 'pack', 'unpack', 'check'],
  ['target'],
  ['plan'],
  ['tree', 'hash', 'format', 'store', 'host'],
  ['base'],
];

const SRC = fileURLToPath(new URL('.', import.meta.url));
const roomOf = (path: string): string => path.slice(SRC.length).split(/[\\/]/)[0] ?? '';
const levelOf = (room: string): number => LAYERS.findIndex((layer) => layer.includes(room));

/** Each import of `file` that leaves its room. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const specifiers = [...text.matchAll(/\bfrom '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g)];
  return specifiers
    .map(([, from, dynamic]) => roomOf(join(dirname(file), from ?? dynamic ?? '')))
    .filter((room) => room !== roomOf(file));
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !/\.(?:test|lab)\.ts$/.test(name))
  .map((name) => join(SRC, name));

describe('rooms', () => {
  it('are all known', () => {
    expect(new Set(files.map(roomOf))).toEqual(new Set(LAYERS.flat()));
  });

  it.each(LAYERS.flat())('%s/ imports from below only', (room) => {
    const upwards = files
      .filter((file) => roomOf(file) === room)
      .flatMap((file) => importsOf(file).map((other) => ({ file: file.slice(SRC.length), other })))
      .filter(({ other }) => levelOf(other) <= levelOf(room));
    expect(upwards).toEqual([]);
  });
});
