// Snapshots that someone made to do harm: `snapshot verify` says what is wrong and where, in bounded time and memory.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  commandLine,
  environment,
  eventsOf,
  hasTool,
  IS_WINDOWS,
  type JsonEvent,
  tool,
} from './support/command.ts';
import { bomb, forge, frameOf, type Forged, type Json } from './support/forge.ts';
import { Place } from './support/place.ts';

const MB = 1e6;

async function open(format = 'tar.zst'): Promise<Place> {
  const place = Place.open();
  place.writePlan('source,destination,name,format', `source,destination,data,${format}`);
  place.write({ a: 'content of a', 'folder/b': 'content of b', 'folder/c': 'content of c' });
  symlinkSync('/etc', join(place.source, 'link'));
  await place.night();
  return place;
}

/** Verifies with a look at the most memory that the process had. */
function verify(
  place: Place,
  ...args: readonly string[]
): { status: number | null; what: string; mostBytes: number } {
  const [file = '', ...rest] = commandLine(['verify', '--json', '--plan', place.plan, ...args]);
  const report = place.path('memory');
  const hook = place.path('hook.cjs');
  const text = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)));`;
  writeFileSync(hook, text);
  const env = environment(place.options({ env: { NODE_OPTIONS: `--require ${hook}` } }));
  const { status, stdout, stderr, signal } = spawnSync(file, rest, {
    cwd: place.root,
    env,
    timeout: 60_000,
    maxBuffer: 1 << 28,
  });
  expect({ signal, stderr: stderr.toString() }).toEqual({ signal: null, stderr: '' });
  const events = eventsOf({ status, signal, stdout: stdout.toString(), stderr: '' });
  const damages = events.filter(({ event }: JsonEvent) => event === 'damage');
  const what = damages.map((damage) => `${String(damage['file'])}: ${String(damage['what'])}`).join('\n');
  return { status, what, mostBytes: Number(readFileSync(report, 'utf8')) * 1024 };
}

/** The line of `path`, with other values. */
function change(path: string, values: Json): (lines: Json[]) => readonly Json[] {
  return (lines) => lines.map((line) => (line['path'] === path ? { ...line, ...values } : line));
}

/** How long the frames are that hold the content of a line. */
function lengthOf(line: Json | undefined): number {
  return Number((line?.['at'] as readonly number[] | undefined)?.[2]);
}

describe.skipIf(IS_WINDOWS || !hasTool('zstd'))('a hostile index', () => {
  it.each<[string, Forged, string]>([
    [
      'a place beyond the end of the archive',
      { index: change('a', { at: [0, 1_000_000, 100, 0] }) },
      'index.jsonl.zst: `a` has the impossible place [0,1000000,100,0]',
    ],
    [
      'a length that leads past the end',
      { index: change('a', { at: [0, 0, Number.MAX_SAFE_INTEGER, 0] }) },
      'index.jsonl.zst: `a` has the impossible place',
    ],
    [
      'an archive that is not in the list',
      { index: change('a', { at: [7, 0, 100, 0] }) },
      'index.jsonl.zst: `a` lies in archive 7, which info.json does not know',
    ],
    ['a place in the middle of a frame', { index: change('a', { at: [0, 3, 90, 0] }) }, 'data-'],
    [
      'a content that is far larger than what is there',
      { index: change('a', { size: 1e15 }) },
      'is not what the index says',
    ],
    [
      'content from beyond the end of the frame',
      { index: (lines) => change('a', { at: [0, 0, lengthOf(lines[1]), 1e15] })(lines) },
      'is not what the index says',
    ],
    [
      'a path that leads outside',
      { index: change('a', { path: '../a' }) },
      '`path` is missing or not what it should be',
    ],
    [
      'an absolute path',
      { index: change('a', { path: '/etc/passwd' }) },
      '`path` is missing or not what it should be',
    ],
    [
      'a path through a link',
      { index: (lines) => [...lines, { ...lines[1], path: 'link/passwd' }] },
      '`link/passwd` is in no folder of the index',
    ],
    [
      '300,000 entries of one name',
      {
        index: (lines) => [...lines.slice(0, 1), ...Array.from({ length: 300_000 }, () => lines[1] ?? {})],
      },
      '`a` is out of order',
    ],
    [
      'a further name of what is not there',
      { index: change('folder/c', { hardlink: 'folder/0' }) },
      '`folder/c` is no further name of `folder/0`',
    ],
    [
      'lines that are no JSON',
      { indexBytes: () => frameOf('{"path":\n') },
      'it is not JSON, in the line at byte 0',
    ],
    [
      'a size that is none',
      { index: change('a', { size: -1 }) },
      '`size` is missing or not what it should be',
    ],
    [
      'a line with 10 GB in a small frame',
      { indexBytes: () => bomb(10e9, false) },
      'it claims 10000000000 bytes',
    ],
    [
      '2 GB in frames of 64 MB, all one line',
      { indexBytes: () => Buffer.concat(Array.from({ length: 32 }, () => bomb(64 * 1024 * 1024, false))) },
      'cut short',
    ],
  ])('that has %s', async (_, forged, what) => {
    const place = await open();
    forge(place, forged);
    const verified = verify(place, '--level', 'full');
    expect(verified.status).toBe(1);
    expect(verified.what).toContain(what);
    expect(verified.mostBytes).toBeLessThan(500 * MB);
  });

  it('whose 100,000 places overlap: each byte of a damaged archive is read once', async () => {
    const place = await open();
    forge(place, { index: withOverlaps, archive: (before) => flipped(before, 20) });
    const verified = verify(place, '--level', 'full');
    expect(verified.status).toBe(1);
    expect(verified.mostBytes).toBeLessThan(500 * MB);
  });
});

function withOverlaps(lines: Json[]): readonly Json[] {
  const more = Array.from({ length: 100_000 }, (_, i) => ({
    ...lines[1],
    path: `z${String(i).padStart(6, '0')}`,
    at: [0, i % 90, 100 + (i % 7), i],
  }));
  return [...lines, ...more];
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe.skipIf(IS_WINDOWS || !hasTool('zstd'))('a hostile info.json', () => {
  it.each<[string, (info: Json) => void, string]>([
    [
      'counts that are far too large',
      (info) => (info['count'] = { files: 9e15, folders: 0, links: 0 }),
      '9000000000000000 files',
    ],
    ['a size that is far too large', (info) => (info['bytes'] = 9e15), '9000000000000000 bytes'],
    ['an archive outside', (info) => rename(info, '../../plan.csv'), 'not what it should be'],
    ['an archive that is info.json', (info) => rename(info, 'info.json'), 'as an archive'],
    [
      'an archive twice',
      (info) => (info['archives'] as Json[]).push((info['archives'] as Json[])[0] ?? {}),
      'twice',
    ],
    ['no archives', (info) => (info['archives'] = []), 'which info.json does not know'],
    ['another tree hash', (info) => ((info['hash'] as Json)['tree'] = 'a'.repeat(64)), 'tree hash'],
    ['other hashes of folders', (info) => ((info['hash'] as Json)['folders'] = {}), 'hashes of folders'],
  ])('that has %s', async (_, edit, what) => {
    const place = await open();
    forge(place, { info: edit });
    const verified = verify(place, '--level', 'full');
    expect(verified.status).toBe(1);
    expect(verified.what).toContain(what);
    expect(verified.mostBytes).toBeLessThan(500 * MB);
  });
});

function rename(info: Json, file: string): void {
  Object.assign((info['archives'] as Json[])[0] ?? {}, { file });
}

describe.skipIf(IS_WINDOWS || !hasTool('zstd'))('a hostile archive', () => {
  it.each<[string, (place: Place) => Forged, string]>([
    ['10 GB in a small frame', () => ({ archive: () => bomb(10e9, true) }), 'larger than 67108864 bytes'],
    [
      'a frame of zeros that goes on and on',
      () => ({ archive: () => Buffer.concat(Array.from({ length: 200 }, () => bomb(1e6, true))) }),
      'data-',
    ],
    [
      'a link, and then a file through it',
      (place) => ({
        archive: () =>
          packed(
            place,
            'mkdir -p ../x/link && echo x > ../x/link/file && tar --format=posix -cf ../x.tar link && tar --format=posix -C ../x -rf ../x.tar link/file && zstd -q ../x.tar -o "$0"',
          ),
      }),
      'data-',
    ],
    [
      'files that no index knows',
      (place) => ({
        archive: () =>
          packed(
            place,
            'echo x > ../new && tar --format=posix -cf - a folder/b folder/c ../source/a | zstd -q > "$0"',
          ),
      }),
      'data-',
    ],
  ])('that holds %s', async (_, forged, what) => {
    const place = await open();
    forge(place, forged(place));
    const verified = verify(place, '--level', 'full');
    expect(verified.status).toBe(1);
    expect(verified.what).toContain(what);
    expect(verified.mostBytes).toBeLessThan(500 * MB);
  });

  it('that holds 304,000 files of one name beside those it should', async () => {
    const place = await open();
    const member = tarMember('a');
    const piece = Buffer.concat(Array.from({ length: 8000 }, () => member));
    const frames = frameOf(piece);
    forge(place, {
      archive: (before) => {
        // Before the frame with the end of the archive, and without a seek table, which would have to know of them.
        return Buffer.concat([
          firstFrame(before),
          ...Array.from({ length: 38 }, () => frames),
          frameOf(Buffer.alloc(1024)),
        ]);
      },
    });
    const verified = verify(place, '--level', 'full');
    expect(verified.status).toBe(1);
    expect(verified.what).toContain('304000 files in it');
    expect(verified.mostBytes).toBeLessThan(500 * MB);
  });
});

/** A tar.zst that `script` makes at `$0`. */
function packed(place: Place, script: string): Buffer {
  const out = place.path('forged.tar.zst');
  tool('sh', ['-c', script, out], place.source);
  return readFileSync(out);
}

/** The header of an empty file, as POSIX has it. */
function tarMember(name: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write('00000000000\0', 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((a, b) => a + b, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** The first frame of an archive: up to where the next one begins. */
function firstFrame(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 4));
}

describe.skipIf(IS_WINDOWS)('a hostile RESTORE.txt', () => {
  it.each<[string, (text: string, witness: string) => string]>([
    ['a command at its end', (text, witness) => `${text}: > '${witness}'\n`],
    ['a command in a comment that is none', (text, witness) => text.replace('#\n', `#\n: > '${witness}'\n`)],
    [
      'a command in the name of an archive',
      (text, witness) => text.replace(/("\$here"\/'data-[^'\n]*') -C/, `$1$(: > ${witness}) -C`),
    ],
    ['another preamble', (text, witness) => text.replace('set -eu', `set -eu; : > '${witness}'`)],
    ['an archive from elsewhere', (text) => text.replaceAll(/'data-/g, "'../../data-")],
  ])('with %s is not run', async (_, edit) => {
    const place = await open();
    const witness = place.path('witness');
    forge(place, { restore: (text) => edit(text, witness) });
    const ended = await place.command(['verify', '--drill', '--json']);
    expect(ended.status).toBe(1);
    expect(existsSync(witness)).toBe(false);
    const drill = eventsOf(ended).find(({ event }) => event === 'drill');
    expect(drill).toMatchObject({
      result: 'failed',
      error: expect.stringContaining('RESTORE.txt is damaged'),
    });
  });
});
