import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BytePath } from '../tree/path.ts';
import { openFiles } from './open-files.lab.ts';
import { lostBy, readInto, type ReadOutcome, readStable, sameSeen, type Seen, seenOf } from './read-file.ts';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-file-'));
  chmodSync(folder, 0o755);
  file = join(folder, 'file');
  writeFileSync(file, 'content');
});
afterEach(() => {
  // Whatever became of it: a run reads millions.
  expect(openFiles(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

function scanned(): Seen & { path: BytePath } {
  return { path: 'file' as BytePath, ...seenOf(lstatSync(file, { bigint: true })) };
}

/** Reads the file; `during` happens in the middle of each try, and is told which one it is. */
function read(
  during: (tries: number) => void = () => {},
  entry = scanned(),
): { outcome: ReadOutcome; contents: string[] } {
  const contents: string[] = [];
  const outcome = readStable(folder, entry, (fd, sizeBytes) => {
    const room = Buffer.alloc(sizeBytes + 100);
    const bytes = readInto(fd, room, sizeBytes);
    contents.push(room.toString('utf8', 0, bytes));
    during(contents.length);
    return { bytes, hash: () => contents.at(-1) ?? '' };
  });
  return { outcome, contents };
}

/** A later time, so that even a coarse clock shows that something was written. */
function touch(seconds: number): void {
  utimesSync(file, seconds, seconds);
}

/** What is read of the extended attributes of a file that has none. */
const BARE_READ = { attributes: '', refused: undefined };

describe('readStable()', () => {
  it('reads a file that nobody touches once', () => {
    const entry = scanned();
    const { path: _, ...seen } = entry;
    expect(read()).toEqual({
      outcome: { kind: 'read', seen, changed: false, attributes: BARE_READ },
      contents: ['content'],
    });
  });

  it('reads an empty file', () => {
    writeFileSync(file, '');
    expect(read()).toMatchObject({ outcome: { kind: 'read', changed: false }, contents: [''] });
  });

  it('reads again what changed since the scan', () => {
    const entry = scanned();
    writeFileSync(file, 'longer content');
    const { outcome, contents } = read(() => {}, entry);
    expect(contents).toEqual(['longer content', 'longer content']);
    expect(outcome).toEqual({
      kind: 'read',
      seen: seenOf(lstatSync(file, { bigint: true })),
      attributes: BARE_READ,
      changed: false,
    });
  });

  it.each<[string, () => void, string]>([
    ['grows', () => appendFileSync(file, ' and more'), 'content and more'],
    ['shrinks', () => truncateSync(file, 3), 'con'],
    ['is written anew', () => writeFileSync(file, 'CONTENT'), 'CONTENT'],
    ['is touched', () => touch(1), 'content'],
    ['gets other permissions', () => chmodSync(file, 0o600), 'content'],
  ])('reads again when the file %s while it is read', (_, change, last) => {
    const { outcome, contents } = read((tries) => {
      if (tries === 1) {
        change();
        // The clock of the file system may not have moved on.
        touch(2);
      }
    });
    expect(contents).toEqual(['content', last]);
    expect(outcome).toEqual({
      kind: 'read',
      seen: seenOf(lstatSync(file, { bigint: true })),
      attributes: BARE_READ,
      changed: false,
    });
  });

  it('gives up after three tries, and says what the third one saw', () => {
    const { outcome, contents } = read((tries) => {
      appendFileSync(file, `+${tries}`);
    });
    expect(contents).toEqual(['content', 'content+1', 'content+1+2']);
    expect(outcome).toMatchObject({ kind: 'read', changed: true, seen: { size: 'content+1+2'.length } });
  });

  it('says so when the file shrank while it was read for the third time', () => {
    const sizes = [6, 5, 4];
    const outcome = readStable(folder, scanned(), (fd, sizeBytes) => {
      truncateSync(file, sizes.shift());
      const bytes = readInto(fd, Buffer.alloc(sizeBytes + 1), sizeBytes);
      return { bytes, hash: () => String(bytes) };
    });
    expect(outcome).toMatchObject({ kind: 'read', changed: true, seen: { size: 4 } });
  });

  it.each<[string, string[], number, boolean]>([
    ['less', ['con', 'con'], 3, false],
    ['more', ['content+', 'content+'], 8, false],
    ['something else each time', ['abc', 'abd', 'abe'], 3, true],
    ['another thing at first', ['ab', 'abcd', 'abcd'], 4, false],
  ])('believes what it reads, not what the size says, when that is %s', (_, reads, size, changed) => {
    let tries = 0;
    const outcome = readStable(folder, scanned(), () => {
      const content = reads[tries++] ?? '';
      return { bytes: content.length, hash: () => content };
    });
    expect([tries, outcome]).toEqual([reads.length, expect.objectContaining({ kind: 'read', changed })]);
    expect(outcome).toMatchObject({ seen: { size } });
  });

  it('reads on when the file is removed or replaced after it was opened', () => {
    for (const replace of [() => unlinkSync(file), () => renameSync(join(folder, 'other'), file)]) {
      writeFileSync(file, 'content');
      writeFileSync(join(folder, 'other'), 'other');
      const { outcome, contents } = read((tries) => {
        if (tries === 1) replace();
      });
      expect(outcome).toMatchObject({ kind: 'read', changed: false });
      expect(new Set(contents)).toEqual(new Set(['content']));
    }
  });

  it.each<[string, () => void, string]>([
    ['vanished', () => unlinkSync(file), 'vanished'],
    [
      'became a link',
      () => {
        renameSync(file, join(folder, 'target'));
        symlinkSync('target', file);
      },
      'is no file any more',
    ],
    [
      'became a folder',
      () => {
        unlinkSync(file);
        mkdirSync(file);
      },
      'is no file any more',
    ],
    [
      'became a FIFO',
      () => {
        unlinkSync(file);
        spawnSync('mkfifo', [file]);
      },
      'is no file any more',
    ],
  ])('loses a file that %s since the scan', (_, change, reason) => {
    for (const size of [7, 0]) {
      writeFileSync(file, 'x'.repeat(size));
      const entry = scanned();
      change();
      expect(read(() => {}, entry).outcome).toEqual({ kind: 'vanished', reason });
      rmSync(file, { recursive: true, force: true });
    }
  });

  it('loses a file whose folder became a file', () => {
    const entry = { ...scanned(), path: 'file/below' as BytePath };
    expect(read(() => {}, entry).outcome).toEqual({ kind: 'vanished', reason: 'vanished' });
  });

  it('says when a file may not be read', () => {
    chmodSync(file, 0o000);
    const entry = scanned();
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      expect(read(() => {}, entry).outcome).toEqual({ kind: 'unreadable', reason: 'permission denied' });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('throws what is no failure of the file', () => {
    const failure = new Error('a bug');
    expect(() =>
      readStable(folder, scanned(), () => {
        throw failure;
      }),
    ).toThrow(failure);
  });
});

describe('lostBy()', () => {
  it.each([
    ['ENOENT', 'vanished', 'vanished'],
    ['ENOTDIR', 'vanished', 'vanished'],
    ['ELOOP', 'vanished', 'is no file any more'],
    ['EISDIR', 'vanished', 'is no file any more'],
    ['ENXIO', 'vanished', 'is no file any more'],
    ['ESPIPE', 'vanished', 'is no file any more'],
    ['EACCES', 'unreadable', 'permission denied'],
    ['EIO', 'unreadable', 'the disk reports an error'],
    ['ESTALE', 'unreadable', 'the file server does not know it any more'],
    ['EODD', 'unreadable', 'EODD'],
  ])('takes %s for %s', (code, kind, reason) => {
    expect(lostBy(Object.assign(new Error(code), { code }))).toEqual({ kind, reason });
  });
});

describe('sameSeen()', () => {
  const seen: Seen = { size: 1, mtimeNs: 2n, ctimeNs: 3n, inode: 4n };

  it.each<Partial<Seen>>([{ size: 2 }, { mtimeNs: 1n }, { ctimeNs: 1n }, { inode: 1n }])(
    'sees a difference in %o',
    (change) => {
      expect(sameSeen(seen, { ...seen, ...change })).toBe(false);
      expect(sameSeen(seen, { ...seen })).toBe(true);
    },
  );
});
