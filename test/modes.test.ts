// A backup is a copy of everything private: from its first moment on, no other user reads a file of it.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine, environment, IS_LINUX, IS_WINDOWS } from './support/command.ts';
import { modesHook } from './support/modes-hook.ts';
import { Place } from './support/place.ts';
import { noise } from './support/trees.ts';

interface Made {
  readonly what: 'open' | 'mkdir' | 'chmod';
  readonly mode: number;
  readonly path: string;
  readonly size: number;
}

/** Runs a command under umask 000, and returns what it made. */
function runOpen(place: Place, args: readonly string[]): readonly Made[] {
  const hook = place.path('home', 'hook.cjs');
  const report = place.path('home', 'report');
  writeFileSync(hook, modesHook(report));
  writeFileSync(report, '');
  const [file = '', ...rest] = commandLine(args);
  const env = environment(place.options({ env: { NODE_OPTIONS: `--require ${hook}` } }));
  const script = 'umask 000; exec "$@"';
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', file, ...rest], { cwd: place.root, env });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  const lines = readFileSync(report, 'utf8').trimEnd().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Made);
}

/** What is wider than its owner's. */
function wide(made: readonly Made[]): readonly Made[] {
  return made.filter(({ what, mode }) => what !== 'chmod' && (mode & 0o077) !== 0);
}

/** Everything below `root` that others may read or write, itself included. */
function openToOthers(root: string): readonly string[] {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path));
  return [root, ...paths].filter((path) => (lstatSync(path).mode & 0o077) !== 0);
}

function byNumber(a: number, b: number): number {
  return a - b;
}

/** A tree that everybody may read: small files, a large one, one in frames of its own, links. */
function fill(place: Place): void {
  place.writeMany('many', 20);
  place.write({ large: noise(9_000_000), 'folder/inner/file': 'content', 'empty file': '' });
  symlinkSync('large', join(place.source, 'link'));
  for (const path of ['large', 'folder/inner/file']) chmodSync(join(place.source, path), 0o644);
  chmodSync(join(place.source, 'folder'), 0o777);
}

describe.skipIf(IS_WINDOWS)('with umask 000', () => {
  it.each(['tar.zst', 'zip'])('a run makes every file 0600 and every folder 0700: %s', (format) => {
    const place = Place.open();
    place.writePlan('source,destination,name,format,keep', `source,new/destination,data,${format},1`);
    fill(place);
    const first = runOpen(place, ['run', '--plan', place.plan]);
    const made = first.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
    // That it sees what there is to see.
    expect(made).toEqual(expect.arrayContaining(['info.json.part', 'runs.jsonl', 'snapshot.log']));
    expect(made.some((name) => name.endsWith(`~tree.${format}.part`))).toBe(true);
    expect(wide(first)).toEqual([]);
    expect(openToOthers(place.path('new'))).toEqual([]);
    expect(openToOthers(place.path('home', 'snapshot'))).toEqual([]);
    // Held back, unchanged, accepted, rotated out.
    place.writeMany('many', 20, 'other');
    place.write({ large: 'small' });
    for (const args of [['--accept-changes'], [], ['--rehash']])
      expect(wide(runOpen(place, ['run', '--plan', place.plan, ...args]))).toEqual([]);
    expect(wide(runOpen(place, ['verify', '--plan', place.plan, '--level', 'full', '--drill']))).toEqual([]);
    expect(openToOthers(place.path('new'))).toEqual([]);
  });

  it.skipIf(!IS_LINUX).each(['tar.zst', 'zip'])(
    'a restore gives a file its own mode only when its content is whole: %s',
    (format) => {
      const place = Place.open();
      place.writePlan('source,destination,name,format', `source,destination,data,${format}`);
      fill(place);
      runOpen(place, ['run', '--plan', place.plan]);
      const made = runOpen(place, ['restore', 'data', '--plan', place.plan, '--to', 'new/out']);
      expect(wide(made)).toEqual([]);
      expect(made.filter(({ what }) => what === 'open').length).toBeGreaterThanOrEqual(23);
      // Each mode was set once, when the file was as long as it should be.
      const chmods = made.filter(({ what }) => what === 'chmod');
      const sizes = readdirSync(place.source, { recursive: true, encoding: 'utf8' })
        .map((path) => lstatSync(join(place.source, path)))
        .flatMap((stats) => (stats.isFile() ? [stats.size] : []));
      expect(chmods.map(({ size }) => size).toSorted(byNumber)).toEqual(sizes.toSorted(byNumber));
      expect(lstatSync(place.path('new', 'out', 'large')).mode & 0o777).toBe(0o644);
      expect(lstatSync(place.path('new', 'out', 'folder')).mode & 0o777).toBe(0o777);
      expect(lstatSync(place.path('new')).mode & 0o777).toBe(0o700);
    },
  );

  it('a series that was made with another umask stays as it is', () => {
    const place = Place.open();
    fill(place);
    runOpen(place, ['run', '--plan', place.plan]);
    chmodSync(place.series(), 0o755);
    chmodSync(place.file('info.json'), 0o644);
    const [first = ''] = place.snapshots();
    place.write({ new: 'x' });
    runOpen(place, ['run', '--plan', place.plan]);
    expect(lstatSync(place.series()).mode & 0o777).toBe(0o755);
    expect(openToOthers(place.destination)).toEqual([place.series(), place.file('info.json', first)]);
  });

  it('a folder that is there already is not narrowed either', () => {
    const place = Place.open();
    mkdirSync(place.destination);
    chmodSync(place.destination, 0o755);
    place.write({ a: 'x' });
    runOpen(place, ['run', '--plan', place.plan]);
    expect(lstatSync(place.destination).mode & 0o777).toBe(0o755);
  });
});
