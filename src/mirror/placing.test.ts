import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { files } from '../base/file-calls.ts';
import type { Entry } from '../tree/entry.ts';
import { fromText } from '../tree/path.ts';
import { Mirror } from './mirror.ts';
import { PARTS, place } from './placing.ts';
import type { Step, StepEnd } from './steps.ts';
import { MirrorThread } from './thread.ts';
import { readVersions } from './versions.ts';

const STAMP = '20261128T021500Z';

let top: string;
let root: string;
let source: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-placing-')));
  onTestFinished(() => rmSync(top, { recursive: true }));
  [root, source] = [join(top, 'mirror'), join(top, 'source')];
  mkdirSync(join(root, '.snapshot-data'), { recursive: true });
  mkdirSync(source);
});

/** A file of the source, as a scan sees it. */
function entryOf(name: string): Entry {
  const stats = lstatSync(join(source, name), { bigint: true });
  return {
    path: fromText(name),
    type: 'file',
    size: Number(stats.size),
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    inode: stats.ino,
    target: undefined,
    hardlink: undefined,
  };
}

function copyOf(name: string, more: Partial<Extract<Step, { do: 'copy' }>> = {}): Step {
  const entry = entryOf(name);
  const { path } = entry;
  return { do: 'copy', path, entry, replaces: false, keptHash: undefined, looksFirst: false, ...more };
}

function placed(...steps: readonly Step[]): readonly StepEnd[] {
  return place(steps, { source, root, stamp: STAMP });
}

function parts(): readonly string[] {
  const at = join(root, PARTS);
  return existsSync(at) ? readdirSync(at) : [];
}

/** A mirror of which nothing is known yet. */
async function opened(): Promise<{
  readonly mirror: Mirror;
  readonly apply: (steps: readonly Step[]) => Promise<unknown>;
}> {
  const thread = new MirrorThread();
  onTestFinished(async () => await thread.close());
  const mirror = Mirror.unknown(root, thread);
  const applying = {
    source,
    now: () => new Date('2026-11-28T02:15:00Z'),
    signal: new AbortController().signal,
    log: undefined,
    isFirst: true,
    done: () => {},
  };
  return { mirror, apply: async (steps) => await mirror.apply(steps, applying) };
}

describe('place()', () => {
  it('keeps as a version what a link said before', () => {
    symlinkSync('old', join(root, 'link'));
    symlinkSync('new', join(source, 'link'));
    const entry: Entry = { ...entryOf('link'), type: 'link', size: 0, target: fromText('new') };
    const [end] = placed({ do: 'link', path: fromText('link'), entry, replaces: true });
    expect(readlinkSync(join(root, 'link'))).toBe('new');
    expect(readlinkSync(join(root, '.snapshot-data/versions', end?.version ?? ''))).toBe('old');
  });

  it('leaves a folder that holds something, and says that it is still there', () => {
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'sub/left'), '');
    const step: Step = { do: 'let go', path: fromText('sub'), type: 'folder' };
    expect(placed(step)).toEqual([{ bytes: 0, isSame: true }]);
    rmSync(join(root, 'sub/left'));
    expect(placed(step)).toEqual([{ bytes: 0 }]);
    expect(existsSync(join(root, 'sub'))).toBe(false);
  });

  it.each([
    ['a file', false, (at: string): void => writeFileSync(at, 'of others')],
    ['a folder', true, (at: string): void => mkdirSync(at)],
  ])('takes no name that %s has, leaves that as it is, and no part', (_, replaces, make) => {
    writeFileSync(join(source, 'a'), 'one');
    make(join(root, 'a'));
    const before = statSync(join(root, 'a')).ino;
    expect(placed(copyOf('a', { replaces }))).toMatchObject([{ failed: expect.any(String) as string }]);
    expect(statSync(join(root, 'a')).ino).toBe(before);
    expect([parts(), existsSync(join(root, '.snapshot-data/versions'))]).toEqual([[], false]);
  });

  it('moves nothing over what is there', () => {
    for (const name of ['a', 'b']) writeFileSync(join(root, name), name);
    const step: Step = { do: 'move', path: fromText('b'), from: fromText('a'), type: 'file' };
    expect(placed(step)).toMatchObject([{ failed: expect.any(String) as string }]);
    expect(['a', 'b'].map((name) => readFileSync(join(root, name), 'utf8'))).toEqual(['a', 'b']);
  });

  it('writes over no part that was left by who was killed', () => {
    writeFileSync(join(source, 'a'), 'new');
    mkdirSync(join(root, PARTS));
    writeFileSync(join(root, PARTS, '0'), 'longer than what comes');
    placed(copyOf('a'));
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('new');
    expect(parts()).toEqual([]);
  });

  it('has nothing of the first try in a file that is shorter at the second', () => {
    writeFileSync(join(source, 'a'), 'long and long');
    const step = copyOf('a');
    let isChanged = false;
    const { readSync } = files;
    vi.spyOn(files, 'readSync').mockImplementation((...args: Parameters<typeof readSync>) => {
      const bytes = readSync(...args);
      if (bytes > 0 && !isChanged) truncateSync(join(source, 'a'), 4);
      isChanged = true;
      return bytes;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    expect(placed(step)).toMatchObject([{ bytes: 4, entry: { size: 4 } }]);
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('long');
  });

  it('says of what changed at each try that it did, also where it came to what was there', () => {
    for (const folder of [source, root]) writeFileSync(join(folder, 'a'), 'one');
    const keptHash = createHash('sha256').update('one').digest('hex');
    const step = copyOf('a', { replaces: true, keptHash });
    const { readSync } = files;
    let time = 0;
    vi.spyOn(files, 'readSync').mockImplementation((...args: Parameters<typeof readSync>) => {
      utimesSync(join(source, 'a'), ++time, time);
      return readSync(...args);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    expect(placed(step)).toMatchObject([{ hash: keptHash, isUnsettled: true }]);
  });
});

describe('a mirror', () => {
  it('is not made anew where it was taken away', async () => {
    const { apply } = await opened();
    writeFileSync(join(source, 'a'), 'one');
    await apply([copyOf('a')]);
    renameSync(root, join(top, 'away'));
    mkdirSync(root);
    await expect(apply([copyOf('a')])).rejects.toMatchObject({ code: 'E_STORE' });
    expect(readdirSync(root)).toEqual([]);
  });

  it('remembers nothing of what was not done', async () => {
    const { mirror, apply } = await opened();
    for (const name of ['a', 'b']) writeFileSync(join(source, name), name);
    await apply([copyOf('a'), copyOf('b')]);
    await apply([{ do: 'move', path: fromText('b'), from: fromText('a'), type: 'file' }]);
    expect([...mirror.held.keys()].toSorted()).toEqual(['a', 'b']);
    expect(await readVersions(root)).toEqual([]);
  });
});
