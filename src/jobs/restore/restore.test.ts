// Series that someone has tampered with: what comes of them stays within the target, and is what the index says.
import type { ArchiveFormat } from '../../base/archive-format.ts';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadBlake3 } from '../../hash/blake3.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { Deletion } from './ask-first.ts';
import type { RestoreEnd, RestoreEvent } from './restore-events.ts';
import { restore, type RestoreOptions } from './restore.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { isAt as at, type Line, tamper as tamperWith, writeInfo } from '../run/tamper.lab.ts';

const NOBODY = 65_534;

let lab: SeriesLab;
let snapshot: string;
let outside: string;
let events: RestoreEvent[];

beforeEach(async () => {
  lab = new SeriesLab();
  outside = join(lab.root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'mine');
  mkdirSync(join(lab.source, 'folder'));
  writeFileSync(join(lab.source, 'folder', 'file'), 'some text');
  writeFileSync(join(lab.source, 'other'), 'other text');
  symlinkSync('other', join(lab.source, 'link'));
  events = [];
});
afterEach(() => lab.remove());

async function backUp(format: ArchiveFormat = 'tar.zst'): Promise<void> {
  lab.row = { ...lab.row, format };
  expect((await lab.run()).outcome).toBe('written');
  snapshot = lab.folders().at(-1) ?? '';
}

async function tamper(edit: (lines: Line[]) => readonly Line[]): Promise<void> {
  await tamperWith(lab, snapshot, edit);
}

async function run(options: Partial<RestoreOptions> = {}): Promise<RestoreEnd> {
  return await restore(new Series(new LocalStore(join(lab.root, 'destination')), 'data'), {
    at: 'latest',
    globs: [],
    to: join(lab.root, 'target'),
    overwrite: 'never',
    deletes: false,
    dryRun: false,
    signal: new AbortController().signal,
    report: (event) => events.push(event),
    ...options,
  });
}

function restored(): readonly string[] {
  return readdirSync(join(lab.root, 'target'), { recursive: true, encoding: 'utf8' }).toSorted();
}

/** Paths of problems, with their kinds. */
function problems(): readonly (readonly [string, string])[] {
  return events.flatMap((event) => (event.event === 'problem' ? [[event.path, event.kind] as const] : []));
}

function expectContained(): void {
  expect(readdirSync(outside)).toEqual(['file']);
  expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('mine');
  expect(readdirSync(lab.root).toSorted()).toEqual(
    [
      'destination',
      'outside',
      'source',
      ...(existsSync(join(lab.root, 'target')) ? ['target'] : []),
    ].toSorted(),
  );
}

describe.skipIf(process.platform === 'win32')('a restore of an index that was tampered with', () => {
  it.each(['..', '../outside/new', 'folder/../../outside/new', '/tmp/new', './x', 'a//b', 'nul\0'])(
    'refuses the path `%s`, and writes nothing',
    async (path) => {
      await backUp();
      await tamper((lines) => lines.map((line) => (at('other')(line) ? { ...line, path } : line)));
      await expect(run()).rejects.toMatchObject({ code: 'E_DAMAGED' });
      expect(existsSync(join(lab.root, 'target'))).toBe(false);
      expectContained();
    },
  );

  it('leaves out what comes through a link of its own', async () => {
    await backUp();
    await tamper((lines) => {
      const link = lines.find(at('link')) ?? {};
      const hostile = { ...link, path: 'folder', target: outside };
      return lines.map((line) => (at('folder')(line) ? hostile : line));
    });
    expect(await run()).toMatchObject({ status: 3, files: 1 });
    expect(problems()).toEqual([['folder/file', 'refused']]);
    expect(lstatSync(join(lab.root, 'target', 'folder')).isSymbolicLink()).toBe(true);
    expectContained();
  });

  it('deletes nothing when it had to leave something out', async () => {
    await backUp();
    await tamper((lines) =>
      lines.map((line) =>
        at('folder')(line) ? { ...lines.find(at('link')), path: 'folder', target: outside } : line,
      ),
    );
    mkdirSync(join(lab.root, 'target'));
    writeFileSync(join(lab.root, 'target', 'extra'), 'mine');
    expect(await run({ overwrite: 'if-changed', deletes: true, dryRun: true })).toMatchObject({ status: 3 });
    expect(await run({ overwrite: 'if-changed', deletes: true })).toMatchObject({ status: 3, deleted: 0 });
    expect(restored()).toContain('extra');
    expectContained();
  });

  it('gives a further name of what was left out its own content, and says nothing more of it', async () => {
    linkSync(join(lab.source, 'folder', 'file'), join(lab.source, 'other-name'));
    await backUp();
    await tamper((lines) =>
      lines.map((line) =>
        at('folder')(line) ? { ...lines.find(at('link')), path: 'folder', target: outside } : line,
      ),
    );
    expect(await run()).toMatchObject({ status: 3, files: 2 });
    expect(problems()).toEqual([['folder/file', 'refused']]);
    expect(readFileSync(join(lab.root, 'target', 'other-name'), 'utf8')).toBe('some text');
    expectContained();
  });

  it('does not write through a link of an earlier restore either', async () => {
    await backUp();
    mkdirSync(join(lab.root, 'target'));
    symlinkSync(outside, join(lab.root, 'target', 'folder'));
    await expect(run()).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(await run({ overwrite: 'always' })).toMatchObject({ status: 0 });
    expectContained();
  });

  it('refuses one name twice', async () => {
    await backUp();
    await tamper((lines) => lines.flatMap((line) => (at('other')(line) ? [line, line] : [line])));
    await expect(run()).rejects.toMatchObject({ code: 'E_DAMAGED' });
  });

  it.each([
    ['out of the tree', '../outside/file', 'E_DAMAGED'],
    ['to what only the target has', 'secret', undefined],
    ['to a link', 'link', undefined],
    ['to a file with other content', 'folder/file', undefined],
  ])('makes no further name %s', async (_, hardlink, code) => {
    await backUp();
    await tamper((lines) => lines.map((line) => (at('other')(line) ? { ...line, hardlink } : line)));
    mkdirSync(join(lab.root, 'target'));
    writeFileSync(join(lab.root, 'target', 'secret'), 'mine');
    if (code === undefined) {
      expect(await run()).toMatchObject({ status: 0 });
      expect(readFileSync(join(lab.root, 'target', 'other'), 'utf8')).toBe('other text');
      expect(lstatSync(join(lab.root, 'target', 'other')).nlink).toBe(1);
    } else await expect(run()).rejects.toMatchObject({ code });
    expectContained();
  });

  const OWN = -1;
  const huge = Number.MAX_SAFE_INTEGER;
  const places = [
    ['an archive that is not there', [99, OWN, OWN, OWN]],
    ['a length of petabytes', [OWN, OWN, huge, OWN]],
    ['a place past the end', [OWN, huge - 100, 100, OWN]],
    ['content past the end of its frame', [OWN, OWN, OWN, 100_000_000]],
    ['the middle of a frame', [OWN, 5, OWN, OWN]],
    ['nothing at all', [OWN, OWN, 0, OWN]],
  ] as const;

  it.each(
    places.flatMap(([name, place]) =>
      (['tar.zst', 'zip'] as const).map((format) => [`${name}, format ${format}`, format, place] as const),
    ),
  )('leaves out a file said to lie in %s, and no other', async (_, format, place) => {
    await backUp(format);
    await tamper((lines) =>
      lines.map((line) => {
        if (!at('other')(line)) return line;
        const own = line['at'] as number[];
        const [archive, ...rest] = place.map((value, n) => (value === OWN ? own[n] : value));
        return { ...line, at: [archive, ...rest] };
      }),
    );
    expect(await run()).toMatchObject({ status: 3, files: 1 });
    expect(problems()).toEqual([['other', 'damaged']]);
    expect(restored()).toEqual(['folder', 'folder/file', 'link']);
  });

  it('leaves out a file whose hash or size is another one, small or large', async () => {
    const blake3 = await loadBlake3();
    const large = Buffer.alloc(17_000_000, 'large');
    writeFileSync(join(lab.source, 'large'), large);
    const hash = Buffer.from(blake3.hash(Buffer.from('x'))).toString('hex');
    await backUp();
    await tamper((lines) =>
      lines.map((line) => {
        if (at('other')(line)) return { ...line, hash };
        if (at('large')(line)) return { ...line, size: 16_999_999 };
        return at('folder/file')(line) ? { ...line, size: 8 } : line;
      }),
    );
    expect(await run()).toMatchObject({ status: 1, files: 0, bytes: 0 });
    expect(new Map(problems())).toEqual(
      new Map(['folder/file', 'large', 'other'].map((path) => [path, 'damaged'])),
    );
    expect(restored()).toEqual(['folder', 'link']);
  });

  it('refuses sizes that the target has no room for, before anything is written', async () => {
    await backUp();
    await tamper((lines) => lines.map((line) => (at('other')(line) ? { ...line, size: 1e15 } : line)));
    await expect(run()).rejects.toMatchObject({ code: 'E_SPACE' });
    expect(existsSync(join(lab.root, 'target'))).toBe(false);
  });

  it('counts the room for a file with two names once', async () => {
    linkSync(join(lab.source, 'other'), join(lab.source, 'other-name'));
    await backUp();
    const { bavail, bsize } = statfsSync(lab.root);
    const size = Math.floor(bavail * bsize * 0.6);
    await tamper((lines) =>
      lines.map((line) => (String(line['path']).startsWith('other') ? { ...line, size } : line)),
    );
    // It was begun: that the content is another one shows when it is read.
    expect(await run()).toMatchObject({ status: 3, files: 1 });
  });

  it('refuses an index that is not the one of info.json', async () => {
    await backUp();
    const info = lab.info(snapshot);
    writeInfo(lab, snapshot, {
      ...info,
      index: { ...info.index, sha256: createHash('sha256').digest('hex') },
    });
    await expect(run()).rejects.toMatchObject({ code: 'E_DAMAGED' });
  });
});

describe.skipIf(process.platform === 'win32')('a restore of an archive that was tampered with', () => {
  it('leaves out what lies in a small frame that claims 10 GB', async () => {
    await backUp();
    const info = lab.info(snapshot);
    const name = info.archives.find(({ file }) => !file.includes('~tree'))?.file ?? '';
    const bytes = readFileSync(lab.folder(snapshot, name));
    // RFC 8878, 3.1.1.1: a content size of 8 bytes, in a header that has it.
    const bomb = Buffer.alloc(18);
    bomb.writeUInt32LE(0xfd2fb528, 0);
    bomb[4] = 0b1100_0000;
    bomb[5] = 13 << 3;
    bomb.writeBigUInt64LE(10_000_000_000n, 6);
    bomb.writeUIntLE((131_072 << 3) | 3, 14, 3);
    writeFileSync(lab.folder(snapshot, name), Buffer.concat([bomb, bytes.subarray(bomb.length)]));
    const before = process.memoryUsage().rss;
    expect(await run()).toMatchObject({ status: 1, files: 0 });
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
    expect(problems().length).toBe(2);
  });
});

describe('a restore', () => {
  it.skipIf(process.geteuid?.() !== 0)(
    'gives a closed folder its mode when all in it has its own',
    async () => {
      const [closed, inner] = [join(lab.source, 'closed'), join(lab.source, 'closed', 'inner')];
      mkdirSync(inner, { recursive: true });
      writeFileSync(join(inner, 'file'), 'text');
      chmodSync(inner, 0o500);
      chmodSync(closed, 0);
      // Its owner restores it, so that there is no other one to be set.
      spawnSync('chown', ['-R', `${NOBODY}:0`, lab.source]);
      await backUp();
      spawnSync('chown', ['-R', `${NOBODY}:0`, lab.root]);
      process.seteuid?.(NOBODY);
      try {
        expect(await run()).toMatchObject({ status: 0 });
      } finally {
        process.seteuid?.(0);
      }
      expect(problems()).toEqual([]);
      const modes = ['closed', 'closed/inner'].map((path) => statSync(join(lab.root, 'target', path)).mode);
      expect(modes.map((mode) => mode & 0o777)).toEqual([0, 0o500]);
    },
  );

  it.skipIf(process.platform === 'win32')(
    'gives a folder that was there, and that nobody asked for, its mode back, also when it is stopped',
    async () => {
      await backUp();
      const folder = join(lab.root, 'target', 'folder');
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o2510);
      const stop = new AbortController();
      const report = (event: RestoreEvent): void => {
        if (event.event === 'progress') stop.abort(new Error('enough'));
      };
      const globs = ['/folder/file'];
      await expect(run({ globs, signal: stop.signal, report })).rejects.toThrow('enough');
      expect(statSync(folder).mode & 0o7777).toBe(0o2510);
      expect(await run({ globs })).toMatchObject({ status: 0 });
      expect(statSync(folder).mode & 0o7777).toBe(0o2510);
      expect(restored()).toEqual(['folder', 'folder/file']);
    },
  );

  it('asks before it deletes a few files that are far larger than all that it brings', async () => {
    await backUp();
    mkdirSync(join(lab.root, 'target'));
    const large = join(lab.root, 'target', 'film');
    writeFileSync(large, '');
    truncateSync(large, 1_000_000_001);
    const asked: Deletion[] = [];
    const confirm = async (deletion: Deletion): Promise<void> => {
      asked.push(deletion);
      await Promise.reject(new Error('no'));
    };
    await expect(run({ overwrite: 'if-changed', deletes: true, confirm })).rejects.toThrow('no');
    expect(asked).toMatchObject([{ files: 1, bytes: 1_000_000_001, examples: ['film'], wantedFiles: 3 }]);
    expect(existsSync(large)).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')(
    'deletes nothing that could not be read when the snapshot was made, also with bytes for a name',
    async () => {
      await backUp();
      const info = lab.info(snapshot);
      const name = Buffer.from([0x63, 0xe9]);
      const skipped = [
        { pathBase64: name.toString('base64'), reason: 'permission denied' },
        { path: 'text', reason: 'permission denied' },
      ];
      writeInfo(lab, snapshot, { ...info, skipped });
      const target = join(lab.root, 'target');
      mkdirSync(target);
      for (const file of [name, Buffer.from('text'), Buffer.from('extra')])
        writeFileSync(Buffer.concat([Buffer.from(`${target}/`), file]), 'x');
      expect(await run({ overwrite: 'if-changed', deletes: true })).toMatchObject({ status: 0, deleted: 1 });
      const left = readdirSync(target, { encoding: 'buffer' });
      expect(left.some((one) => one.equals(name))).toBe(true);
      expect(left.map(String)).toContain('text');
    },
  );

  it.skipIf(process.platform === 'win32')(
    'is not without success where no file was to come back, and something else could not',
    async () => {
      await backUp();
      await run();
      await tamper((lines) => {
        const link = lines.find(at('link')) ?? {};
        return lines.flatMap((line) => (at('link')(line) ? [line, { ...link, path: 'link/below' }] : [line]));
      });
      chmodSync(join(lab.root, 'target', 'other'), 0o600);
      const end = await run({ globs: ['/link', '/other'], overwrite: 'if-changed' });
      expect(end).toMatchObject({ status: 3, files: 0, same: 0, problems: 1 });
    },
  );

  it('ends with the reason of its signal, and leaves no part', async () => {
    for (let i = 0; i < 200; i++) writeFileSync(join(lab.source, `${i}`), `content ${i}`);
    // It is begun beside the small ones, and takes longer.
    writeFileSync(join(lab.source, 'large'), '');
    truncateSync(join(lab.source, 'large'), 200_000_000);
    await backUp();
    const stop = new AbortController();
    const report = (event: RestoreEvent): void => {
      if (event.event === 'progress') stop.abort(new Error('enough'));
    };
    await expect(run({ signal: stop.signal, report })).rejects.toThrow('enough');
    expect(restored().filter((path) => path.endsWith('.part'))).toEqual([]);
  });
});
