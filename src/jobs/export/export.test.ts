// An export is an ordinary archive of exactly what the snapshot holds, or there is none.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { contentOf, SeriesLab } from '../run/series.lab.ts';
import type { ExportEnd, ExportEvent } from './export-events.ts';
import { exportSnapshot, type ExportOptions } from './export.ts';
import { EXPORT_FORMATS, type ExportFormat } from './formats.ts';

const SERIES_FORMATS = ['tar.zst', 'zip'] as const;
/** Larger than what is read at once. */
const LARGE_BYTES = 17 * 1024 * 1024;
const WHEN = new Date('2026-05-06T07:08:10Z');

let lab: SeriesLab;
let events: ExportEvent[];
beforeEach(() => {
  lab = new SeriesLab();
  events = [];
});
afterEach(() => lab.remove());

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(join(lab.source, path, '..'), { recursive: true });
  writeFileSync(join(lab.source, path), content);
}

function out(name = 'out'): string {
  mkdirSync(join(lab.root, 'outside'), { recursive: true });
  return join(lab.root, 'outside', name);
}

async function exported(format: ExportFormat, options: Partial<ExportOptions> = {}): Promise<ExportEnd> {
  const store = new LocalStore(lab.row.destination);
  return await exportSnapshot(new Series(store, 'data'), {
    at: 'latest',
    globs: [],
    format,
    to: { file: out(), overwrites: false },
    signal: new AbortController().signal,
    report: (event) => events.push(event),
    ...options,
  });
}

function problems(): readonly string[] {
  return events.flatMap((event) => (event.event === 'problem' ? [`${event.path}: ${event.reason}`] : []));
}

function notes(): readonly string[] {
  return events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
}

/** What another program makes of the archive. */
function extracted(format: ExportFormat): string {
  const target = mkdtempSync(join(lab.root, 'target-'));
  const [file = '', ...args] =
    format === 'zip' ? ['unzip', '-q', out(), '-d', target] : ['tar', '-xpf', out(), '-C', target];
  if (format === 'tar.zst') args.unshift('--zstd');
  if (format === 'tar.gz') args.unshift('-z');
  const { status, stderr } = spawnSync(file, args);
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr.toString()}`);
  return target;
}

/** Flips a byte of `small`, and one in the middle of `large`, in the newest snapshot's own archive. */
function damageNewest(): void {
  const newest = lab.folders().at(-1) ?? '';
  const [archive] = lab.info(newest).archives;
  const bytes = readFileSync(lab.folder(newest, archive?.file ?? ''));
  for (const at of [3000, Math.floor(bytes.length * 0.6)]) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(lab.folder(newest, archive?.file ?? ''), bytes);
}

/** Names in `folder`, one character for each byte. */
function names(folder: string): readonly string[] {
  return readdirSync(folder, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
}

describe('exportSnapshot()', () => {
  it.each(SERIES_FORMATS)('makes of a %s series what other programs extract as it was', async (format) => {
    lab.row = { ...lab.row, format };
    write('Re: a mail.eml', 'mail');
    write('folder/ümlaut 😀.txt', 'text');
    write('folder/large', randomBytes(100_000));
    write('folder/picture.jpg', randomBytes(1000));
    write(`long/${'n'.repeat(90)}/${'m'.repeat(90)}`, 'long');
    write('empty', '');
    for (let i = 0; i < 30; i++) write(`many/${i}`, `content ${i}`);
    linkSync(join(lab.source, 'empty'), join(lab.source, 'folder', 'a name of empty'));
    linkSync(join(lab.source, 'folder', 'picture.jpg'), join(lab.source, 'another name'));
    symlinkSync('folder/large', join(lab.source, 'link'));
    mkdirSync(join(lab.source, 'closed'));
    chmodSync(join(lab.source, 'Re: a mail.eml'), 0o640);
    for (const path of readdirSync(lab.source, { recursive: true, encoding: 'utf8' }).toSorted().toReversed())
      if (path !== 'link') utimesSync(join(lab.source, path), WHEN, WHEN);
    chmodSync(join(lab.source, 'closed'), 0o555);
    await lab.run();
    const expected = contentOf(lab.source);
    for (const as of EXPORT_FORMATS) {
      const end = await exported(as, { to: { file: out(), overwrites: true } });
      const { files, bytes } = end;
      const last = events.findLast(({ event }) => event === 'progress');
      expect(last).toMatchObject({ files, totalFiles: files, bytes, totalBytes: bytes });
      expect(end).toMatchObject({ status: 0, files: 38, folders: 5, links: 1, problems: 0, file: out() });
      expect(end.archiveBytes).toBe(statSync(out()).size);
      const target = extracted(as);
      expect(contentOf(target)).toEqual(expected);
      const inode = (path: string): number => statSync(join(target, path)).ino;
      expect(inode('another name') === inode('folder/picture.jpg'), as).toBe(as !== 'zip');
      rmSync(target, { recursive: true });
    }
    expect(statSync(out()).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(lab.root, 'outside'))).toEqual(['out']);
  });

  it.runIf(process.platform === 'linux')(
    'names what a zip cannot say and leaves it out; a tar has it all',
    async () => {
      const odd = Buffer.concat([Buffer.from(`${lab.source}/`), Buffer.from('caf\xe9', 'latin1')]);
      writeFileSync(odd, 'odd');
      symlinkSync(Buffer.from('to \xe9', 'latin1'), join(lab.source, 'odd link'));
      write('back\\slash', 'back');
      write('plain', 'plain');
      write('old', 'old');
      utimesSync(join(lab.source, 'old'), new Date('1965-01-01'), new Date('1965-01-01'));
      await lab.run();
      expect(await exported('zip')).toMatchObject({ status: 3, files: 2, problems: 3 });
      expect(problems()).toEqual([
        'back\\slash: a zip has no names with a backslash: it stands for a folder there',
        expect.stringMatching(/^caf\\xe9: its name is not UTF-8/),
        expect.stringMatching(/^odd link: what the link says is not UTF-8/),
      ]);
      expect(notes()).toEqual([expect.stringMatching(/^1 time is before 1980/)]);
      expect([...contentOf(extracted('zip')).keys()]).toEqual(['old', 'plain']);
      rmSync(out());
      expect(await exported('tar')).toMatchObject({ status: 0, files: 4, links: 1 });
      const target = extracted('tar');
      expect(names(target)).toEqual(names(lab.source));
      expect(statSync(join(target, 'old')).mtimeMs).toBe(Date.parse('1965-01-01'));
    },
  );

  it('takes only what is asked for, with the folders above it, of the snapshot that is meant', async () => {
    write('a/b/wanted.txt', 'old');
    write('a/other', 'x');
    await lab.run();
    write('a/b/wanted.txt', 'new!');
    await lab.run();
    await exported('tar', { globs: ['*.txt'], at: lab.folders()[0] ?? '' });
    const target = extracted('tar');
    expect([...contentOf(target).keys()]).toEqual(['a', 'a/b', 'a/b/wanted.txt']);
    expect(readFileSync(join(target, 'a/b/wanted.txt'), 'utf8')).toBe('old');
    await expect(
      exported('tar', { globs: ['none'], to: { file: out('2'), overwrites: false } }),
    ).rejects.toThrow(/^Nothing in .* matches `none`$/);
    expect(readdirSync(join(lab.root, 'outside'))).toEqual(['out']);
  });

  it.each(SERIES_FORMATS)(
    'takes what is damaged in a %s from another copy, or makes no file',
    async (format) => {
      lab.row = { ...lab.row, format, strategy: 'full' };
      write('small', randomBytes(5000));
      write('large', randomBytes(LARGE_BYTES));
      await lab.run();
      damageNewest();
      writeFileSync(out(), 'what was there');
      for (const [glob, as] of [
        ['small', 'zip'],
        ['large', 'zip'],
        ['small', 'tar'],
        ['large', 'tar.zst'],
      ] as const) {
        const failing = exported(as, { globs: [glob], to: { file: out(), overwrites: true } });
        await expect(failing).rejects.toMatchObject({
          code: 'E_DAMAGED',
          message: expect.stringMatching(`^Cannot read "${glob}" from the snapshot: `) as string,
          hint: expect.stringContaining('Nothing was written') as string,
        });
      }
      expect(readdirSync(join(lab.root, 'outside'))).toEqual(['out']);
      expect(readFileSync(out(), 'utf8')).toBe('what was there');
      // Another snapshot, with archives of its own, and then that one is damaged.
      rmSync(lab.folder(lab.folders()[0] ?? ''), { recursive: true });
      await lab.run();
      chmodSync(join(lab.source, 'small'), 0o600);
      await lab.run();
      damageNewest();
      for (const as of ['zip', 'tar'] as const) {
        events.length = 0;
        expect(await exported(as, { to: { file: out(), overwrites: true } })).toMatchObject({
          status: 0,
          files: 2,
        });
        expect(notes().toSorted()).toEqual([
          expect.stringMatching(/^"large" is damaged .* another copy in the series is tried$/),
          '1 file was damaged, and is from another copy in the series',
        ]);
        const target = extracted(as);
        for (const name of ['small', 'large'])
          expect(readFileSync(join(target, name)).equals(readFileSync(join(lab.source, name)))).toBe(true);
      }
    },
  );

  it.each(SERIES_FORMATS)('takes each of several files from another copy: %s', async (format) => {
    lab.row = { ...lab.row, format, strategy: 'full' };
    const all = ['a', 'b', 'c', 'd'];
    for (const name of all) write(name, randomBytes(5000));
    await lab.run();
    chmodSync(join(lab.source, 'a'), 0o600);
    const { snapshot } = await lab.run();
    const file = lab.folder(snapshot ?? '', lab.info(snapshot ?? '').archives[0]?.file ?? '');
    writeFileSync(file, readFileSync(file).fill(0));
    expect(await exported('tar')).toMatchObject({ status: 0, files: 4 });
    const target = extracted('tar');
    for (const name of all)
      expect(readFileSync(join(target, name)).equals(readFileSync(join(lab.source, name)))).toBe(true);
    expect(notes()).toEqual(['4 files were damaged, and are from another copy in the series']);
  });

  it('replaces nothing unless it may, not even what has come there meanwhile', async () => {
    write('file', 'content');
    await lab.run();
    writeFileSync(out(), 'mine');
    await expect(exported('tar')).rejects.toMatchObject({
      code: 'E_USAGE',
      hint: expect.stringContaining('--overwrite') as string,
    });
    rmSync(out());
    const report = (): void => writeFileSync(out(), 'theirs');
    await expect(exported('tar', { report })).rejects.toThrow('is there already');
    expect(readFileSync(out(), 'utf8')).toBe('theirs');
    await exported('tar', { to: { file: out(), overwrites: true } });
    expect(contentOf(extracted('tar')).size).toBe(1);
    expect(readdirSync(join(lab.root, 'outside'))).toEqual(['out']);
  });

  it('writes neither into a series nor over what is no file', async () => {
    write('file', 'content');
    await lab.run();
    mkdirSync(out('folder'));
    symlinkSync('nowhere', out('link'));
    for (const [file, why] of [
      [lab.folder('x.tar'), 'where only backups belong'],
      [join(lab.row.destination, 'x.tar'), 'where only backups belong'],
      [out('folder'), 'is a folder'],
      [out('link'), 'is a link'],
      [out('none/x.tar'), 'no such file or folder'],
    ] as const)
      await expect(exported('tar', { to: { file, overwrites: true } }), file).rejects.toMatchObject({
        code: 'E_USAGE',
        message: expect.stringContaining(why) as string,
      });
    expect(existsSync(lab.folder('x.tar'))).toBe(false);
  });

  it('holds a lock that is shared as long as it reads', async () => {
    write('file', 'content');
    await lab.run();
    const seen = new Set<string>();
    await exported('zip', { report: () => lab.locks().forEach((name) => seen.add(name)) });
    expect([...seen]).toEqual([expect.stringMatching(/^\.shared-/)]);
    expect(lab.locks()).toEqual([]);
  });

  it('says which times a zip cannot say, and no other', async () => {
    for (const [name, when] of [
      ['first', '1980-06-01T00:00:00Z'],
      ['last', '2043-06-01T00:00:00Z'],
      ['too early', '1979-06-01T00:00:00Z'],
      ['too late', '2044-06-01T00:00:00Z'],
    ] as const) {
      write(name, name);
      utimesSync(join(lab.source, name), new Date(when), new Date(when));
    }
    await lab.run();
    await exported('zip', { globs: ['first', 'last'] });
    expect(notes()).toEqual([]);
    await exported('zip', { globs: ['too*'], to: { file: out('other'), overwrites: false } });
    expect(notes()).toEqual([expect.stringMatching(/^2 times/)]);
  });

  it('ends when it is stopped, or cannot write, and leaves nothing', async () => {
    write('file', randomBytes(LARGE_BYTES));
    await lab.run();
    for (const as of EXPORT_FORMATS) {
      const stop = new AbortController();
      const report = (): void => stop.abort(new Error('stopped'));
      await expect(exported(as, { signal: stop.signal, report }), as).rejects.toThrow('stopped');
      expect(readdirSync(join(lab.root, 'outside'))).toEqual([]);
      let left = 2;
      const takesTwo = async (): Promise<void> =>
        left-- > 0 ? await setImmediate() : await Promise.reject(new Error('the pipe is closed'));
      await expect(exported(as, { to: { write: takesTwo } }), as).rejects.toThrow('the pipe is closed');
    }
  });

  it.each(['zip', 'tar.gz'] as const)('reads no further ahead than a few pieces: %s', async (as) => {
    write('file', randomBytes(3 * LARGE_BYTES));
    await lab.run();
    const store = new LocalStore(lab.row.destination);
    const readRange = store.readRange.bind(store);
    let [read, written, ahead] = [0, 0, 0];
    store.readRange = async (key, offset, length) => {
      read += length;
      return await readRange(key, offset, length);
    };
    const slowly = async (bytes: Uint8Array): Promise<void> => {
      // Time enough for all who would go on without being asked.
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      written += bytes.length;
      ahead = Math.max(ahead, read - written);
    };
    await exportSnapshot(new Series(store, 'data'), {
      at: 'latest',
      globs: [],
      format: as,
      to: { write: slowly },
      signal: new AbortController().signal,
      report: () => {},
    });
    expect(written).toBeGreaterThan(3 * LARGE_BYTES);
    expect(ahead).toBeLessThan(2 * LARGE_BYTES);
  });
});
