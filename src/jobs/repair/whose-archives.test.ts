// Which archives a snapshot has of which hardly anything else is left: its own, and none that others have beside them.
import { copyFileSync, linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { IndexEntry } from '../../series/index/index-line.ts';
import { isArchive } from '../../series/names.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { NoLinkStore, SeriesLab } from '../run/series.lab.ts';
import { repair } from './repair.ts';

const INDEX = 'index.jsonl.zst';
const isLost = (file: string): boolean => file !== INDEX && !isArchive(file);

let lab: SeriesLab;
let open: (folder: string) => LocalStore;

/** A night with a new file; the name of its snapshot. */
async function night(file: string): Promise<string> {
  writeFileSync(join(lab.source, file), `content of ${file}`);
  return (await lab.run({ open, smallIndexBytes: 0 })).snapshot ?? '';
}

function lose(at: string, isOne: (file: string) => boolean): void {
  for (const file of readdirSync(lab.folder(at)).filter(isOne)) rmSync(lab.folder(at, file));
}

const series = (): Series => new Series(open(lab.row.destination), 'data');

async function repaired(at: string): Promise<void> {
  const [end] = await repair(series(), [at], new AbortController().signal);
  expect(end?.outcome, end?.notes.join('; ')).toBe('repaired');
}

beforeEach(() => {
  open = (folder) => new LocalStore(folder);
  lab = new SeriesLab();
  onTestFinished(() => lab.remove());
});

describe('a snapshot of which only its index and archives are left', () => {
  it('does not have that of a later one which has the number of one of its own', async () => {
    await night('a');
    const at = await night('b');
    const { archives } = lab.info(at);
    const [before, there] = [lab.restored(at), readdirSync(lab.folder(at)).filter(isArchive)];
    lose(at, isLost);
    const later = await night('c');
    const numbers = new Set(archives.map(({ number }) => number));
    const twice = lab
      .info(later)
      .archives.filter(({ number, file }) => numbers.has(number) && file.includes(later));
    expect(twice).not.toEqual([]);
    await repaired(at);
    expect(lab.restored(at)).toEqual(before);
    expect(lab.info(at).archives).toEqual(archives);
    expect(readdirSync(lab.folder(at)).filter(isArchive)).toEqual(there);
  });

  it('has those in the folders of others first, by their dates', async () => {
    open = (folder) => new NoLinkStore(folder);
    await night('a');
    const at = await night('b');
    const [before, { archives }] = [lab.restored(at), lab.info(at)];
    expect(archives.some(({ file }) => file.includes('/'))).toBe(true);
    lose(at, isLost);
    await repaired(at);
    expect(lab.restored(at)).toEqual(before);
    expect(lab.info(at).archives).toEqual(archives);
  });
});

it('an archive that is called after another series is none of a snapshot that lost all but archives', async () => {
  const at = await night('a');
  const { archives } = lab.info(at);
  lose(at, (file) => !isArchive(file));
  const [own] = archives.filter(({ file }) => !file.includes('~'));
  const stranger = (own?.file ?? '').replace('data-', 'other-');
  copyFileSync(lab.folder(at, own?.file ?? ''), lab.folder(at, stranger));
  await repaired(at);
  expect(lab.info(at).archives.map(({ file }) => file)).toEqual(archives.map(({ file }) => file));
  expect(readdirSync(lab.folder(at))).toContain(stranger);
});

/** All that an archive and RESTORE.txt can tell. */
function told({ entry, user, group, hash, at, changed, member, stale }: IndexEntry): unknown {
  const { inode: _inode, ctimeNs: _ctimeNs, ...rest } = entry;
  return {
    rest,
    user,
    group,
    hash: hash === undefined ? undefined : Buffer.from(hash).toString('hex'),
    at,
    changed,
    member,
    stale,
  };
}

async function allTold(): Promise<unknown[]> {
  const [snapshot] = (await series().survey()).snapshots;
  if (snapshot === undefined) throw new Error('no snapshot');
  return [...(await series().entries(snapshot))].filter(({ entry }) => entry.path !== '').map(told);
}

it('an index that is rebuilt says by which name the content of each name of a file is stored', async () => {
  for (const name of ['one', 'moves']) writeFileSync(join(lab.source, name), name);
  linkSync(join(lab.source, 'one'), join(lab.source, 'two'));
  const at = await night('a');
  const before = await allTold();
  rmSync(lab.folder(at, INDEX));
  await repaired(at);
  expect(await allTold()).toEqual(before);
});
