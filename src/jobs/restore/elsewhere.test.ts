// What one destination lacks comes from another one, and what is wrong with the request does not.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import type { RestoreEnd } from './restore-events.ts';
import { restore } from './restore.ts';

class FailingStore extends LocalStore {
  readonly code: 'E_AWAY' | 'E_STORE';

  constructor(folder: string, code: 'E_AWAY' | 'E_STORE') {
    super(folder);
    this.code = code;
  }

  override async list(): Promise<never> {
    return await Promise.reject(new SnapshotError(this.code, 'no answer'));
  }
}

/** It lets nobody read archives from the second one on. */
class CutStore extends LocalStore {
  readonly #code: 'E_AWAY' | 'E_AUTH';
  #left: number;

  constructor(folder: string, code: 'E_AWAY' | 'E_AUTH', archives = 1) {
    super(folder);
    this.#code = code;
    this.#left = archives;
  }

  override async readRange(key: string, offset: number, length: number): Promise<Buffer> {
    if (this.#left-- <= 0) throw new SnapshotError(this.#code, 'cut off');
    return await super.readRange(key, offset, length);
  }
}

let lab: SeriesLab;
let notes: string[];
beforeEach(async () => {
  lab = new SeriesLab();
  notes = [];
  writeFileSync(join(lab.source, 'file'), 'content');
  expect((await lab.run()).outcome).toBe('written');
});
afterEach(() => lab.remove());

/** Restores from `first`, with the series of the lab, which is whole, at another destination. */
async function restoreFrom(first: LocalStore, at = 'latest', ...others: LocalStore[]): Promise<RestoreEnd> {
  const elsewhere = others.length > 0 ? others : [new LocalStore(lab.row.destination)];
  return await restore(new Series(first, 'data'), {
    at,
    globs: [],
    to: join(lab.root, 'target'),
    elsewhere: elsewhere.map((store) => new Series(store, 'data')),
    overwrite: 'never',
    deletes: false,
    dryRun: false,
    signal: new AbortController().signal,
    report: (event) => event.event === 'note' && notes.push(event.message),
  });
}

it.each<[string, (folder: string) => LocalStore]>([
  ['is away', (folder) => new FailingStore(folder, 'E_AWAY')],
  ['does not have the snapshot', (folder) => new LocalStore(folder)],
])('restores from another destination when the nearest one %s, and says so', async (_, open) => {
  const nearest = join(lab.root, 'nearest');
  mkdirSync(join(nearest, 'data'), { recursive: true });
  expect(await restoreFrom(open(nearest))).toMatchObject({ status: 0, files: 1 });
  expect(readFileSync(join(lab.root, 'target', 'file'), 'utf8')).toBe('content');
  expect(notes).toContainEqual(expect.stringContaining('trying another destination'));
});

it('does not hide behind another destination that one cannot be used', async () => {
  await expect(restoreFrom(new FailingStore(join(lab.root, 'nearest'), 'E_STORE'))).rejects.toMatchObject({
    code: 'E_STORE',
  });
});

it('says of a snapshot that no destination has that there is none', async () => {
  const nearest = join(lab.root, 'nearest');
  mkdirSync(join(nearest, 'data'), { recursive: true });
  await expect(restoreFrom(new LocalStore(nearest), '2001-01-01')).rejects.toMatchObject({ code: 'E_USAGE' });
  rmSync(lab.row.destination, { recursive: true });
  await expect(restoreFrom(new LocalStore(nearest))).rejects.toMatchObject({ code: 'E_USAGE' });
});

/** A second snapshot, with an archive of its own. @returns The destination as it was before, and as it is, elsewhere. */
async function secondNight(): Promise<{ readonly before: string; readonly after: string }> {
  const [before, after] = [join(lab.root, 'before'), join(lab.root, 'after')];
  cpSync(lab.row.destination, before, { recursive: true });
  writeFileSync(join(lab.source, 'second'), 'more');
  expect((await lab.run()).outcome).toBe('written');
  cpSync(lab.row.destination, after, { recursive: true });
  return { before, after };
}

function restored(name: string): string {
  return readFileSync(join(lab.root, 'target', name), 'utf8');
}

it('goes on from another destination when nobody answers any more, with the same snapshot', async () => {
  const { before, after } = await secondNight();
  const end = await restoreFrom(
    new CutStore(lab.row.destination, 'E_AWAY'),
    'latest',
    new LocalStore(before),
    new LocalStore(after),
  );
  expect(end).toMatchObject({ status: 0, files: 1, same: 1, problems: 0 });
  expect([restored('file'), restored('second')]).toEqual(['content', 'more']);
  expect(existsSync(join(lab.folder('damage.json')))).toBe(false);
});

it('ends with what cut it short where no other destination has the snapshot', async () => {
  const { before } = await secondNight();
  const cut = new CutStore(lab.row.destination, 'E_AWAY');
  await expect(restoreFrom(cut, 'latest', new LocalStore(before))).rejects.toMatchObject({ code: 'E_AWAY' });
});

it('calls nothing damaged that it may not read, and brings the rest', async () => {
  await secondNight();
  rmSync(join(lab.root, 'before'), { recursive: true });
  const empty = new LocalStore(join(lab.root, 'before'));
  const end = await restoreFrom(new CutStore(lab.row.destination, 'E_AUTH'), 'latest', empty);
  expect(end).toMatchObject({ status: 3, files: 1, problems: 1 });
  expect(existsSync(join(lab.folder('damage.json')))).toBe(false);
});

it.each([true, false])(
  'asks further where nobody answers at the second destination, third whole: %o',
  async (isWhole) => {
    const { after } = await secondNight();
    const rotten = join(lab.root, 'rotten');
    cpSync(after, rotten, { recursive: true });
    for (const name of readdirSync(rotten, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.tar.zst')) truncateSync(join(rotten, name), 1);
    const away = new CutStore(after, 'E_AWAY', 0);
    const third = new LocalStore(isWhole ? lab.row.destination : rotten);
    const end = await restoreFrom(new LocalStore(rotten), 'latest', away, third);
    expect(end).toMatchObject(
      isWhole ? { status: 0, files: 2, problems: 0 } : { status: 1, files: 0, problems: 2 },
    );
    // The nearest one is gone on with.
    expect(notes.filter((note) => note.includes('trying another destination'))).toEqual([]);
  },
);
