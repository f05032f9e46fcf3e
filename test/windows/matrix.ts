// A series that goes from one system to the other: `write FOLDER` makes a tree and backs it up, `read FOLDER` restores it on the
// other system and looks at all that is to come back: names, case, content, times, modes as far as there are any.
import { deepStrictEqual as same, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../dist/bin/main.js', import.meta.url));
const ON_WINDOWS = process.platform === 'win32';
const [, , what = '', folder = ''] = process.argv;
const FORMATS = ['tar.zst', 'zip'] as const;

/** Whole seconds, which a zip has as well; even ones. */
const AT = new Date('2020-02-29T12:34:56Z');
const FILES: readonly (readonly [path: string, content: string, mode: number])[] = [
  ['a.txt', 'a', 0o644],
  ['README', 'upper', 0o644],
  ['fest.txt', 'read-only', 0o444],
  ['leer', '', 0o644],
  ['Grüße/Käthe – größer.md', 'ÄÖÜß', 0o644],
  ['日本/写真.txt', '日本', 0o644],
  [
    `${Array.from({ length: 9 }, (_, i) => `ein recht langer Ordnername ${i}`).join('/')}/tief.txt`,
    'tief',
    0o644,
  ],
];
/** What Linux can have and Windows cannot; each is named, and the rest comes back. */
const ONLY_LINUX = ['aux', 'a:b', 'ende.', 'was?', 'readme'];

function snapshot(args: readonly string[]): { status: number | null; said: string } {
  const state = join(folder, 'state');
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    cwd: folder,
    // What is remembered of a plan goes with its folder: a destination that was there before would count as a disk that is away.
    env: { ...process.env, LOCALAPPDATA: state, XDG_STATE_HOME: state, XDG_CONFIG_HOME: state },
  });
  return { status, said: `${stdout}${stderr}` };
}

function write(): void {
  const source = join(folder, 'source');
  for (const [path, content, mode] of FILES) {
    const file = join(source, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
    utimesSync(file, AT, AT);
    chmodSync(file, mode);
  }
  if (!ON_WINDOWS) for (const name of ONLY_LINUX) writeFileSync(join(source, name), name);
  const rows = FORMATS.map((format) => `source,disk,${format.replace('.', '-')},${format}`);
  writeFileSync(join(folder, 'plan.csv'), ['source,destination,name,format', ...rows, ''].join('\n'));
  // The second night moves a file, so that RESTORE.txt has something to do.
  for (const night of [1, 2]) {
    if (night === 2) writeFileSync(join(source, 'a.txt'), 'b');
    if (night === 2) utimesSync(join(source, 'a.txt'), AT, AT);
    const { status, said } = snapshot(['run', '--plan', 'plan.csv']);
    ok(status === 0, said);
  }
}

function read(format: string): void {
  const back = join(folder, `back ${format} ${process.platform}`);
  const series = join(folder, 'disk', format.replace('.', '-'));
  const fromLinux = readFileSync(join(folder, 'plan.csv'), 'utf8') !== '' && hasOnlyLinux(series);
  const { status, said } = snapshot(['verify', series, '--level', 'full']);
  ok(status === 0, said);
  const restored = snapshot(['restore', series, '--to', back]);
  ok(restored.status === (fromLinux && ON_WINDOWS ? 3 : 0), `${restored.status}: ${restored.said}`);
  if (fromLinux && ON_WINDOWS)
    for (const name of ONLY_LINUX) ok(restored.said.includes(name), `${name}: ${restored.said}`);
  for (const [path, content, mode] of FILES) {
    const file = join(back, path);
    same(readFileSync(file, 'utf8'), path === 'a.txt' ? 'b' : content, path);
    same(lstatSync(file).mtime.toISOString(), AT.toISOString(), path);
    const found = lstatSync(file).mode;
    same(ON_WINDOWS ? found & 0o200 : found & 0o777, ON_WINDOWS ? mode & 0o200 : mode, `mode of ${path}`);
  }
  if (!ON_WINDOWS) same(lstatSync(join(back, '日本')).mode & 0o777, 0o755);
  // In just this case.
  ok(readdirSync(back).includes('README'));
  // All is there: nothing is restored again.
  const again = snapshot([
    'restore',
    series,
    '--to',
    back,
    '--overwrite',
    'if-changed',
    '--dry-run',
    '--json',
  ]);
  const written = /"(?:written|restored|files)":(\d+)/.exec(again.said)?.[1];
  ok(again.status === (fromLinux && ON_WINDOWS ? 3 : 0) || written === '0', again.said);
  if (!ON_WINDOWS) same(snapshot(['verify', series, '--drill']).status, 0);
  console.log(`ok - ${format} from ${fromLinux ? 'Linux' : 'Windows'} on ${process.platform}`);
}

function hasOnlyLinux(series: string): boolean {
  return snapshot(['find', '/aux', '--series', series]).status === 0;
}

if (what === 'write') {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  write();
} else for (const format of FORMATS) read(format);
