import { chownSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { groupId, userId } from '../../host/users.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import { Series, type Snapshot } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { sparseSkip } from '../../format/sparse.ts';
import { fromText } from '../../tree/path.ts';
import { Choice } from './choice.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { Wanted } from './wanted.ts';

const NAMES = ['a', 'b', 'ab', 'a b', 'caf\u00e9', 'x.txt', '[y]'];

let lab: SeriesLab;
let series: Series;
let snapshot: Snapshot;
let all: readonly IndexEntry[];

beforeAll(async () => {
  lab = new SeriesLab();
  for (const one of NAMES.slice(0, 5)) {
    for (const two of NAMES) {
      const folder = join(lab.source, one, two);
      mkdirSync(folder, { recursive: true });
      for (const three of NAMES.slice(3)) writeFileSync(join(folder, three), one + three);
      linkSync(join(folder, 'x.txt'), join(folder, 'name'));
      symlinkSync('x.txt', join(folder, 'link'));
    }
  }
  expect((await lab.run()).outcome).toBe('written');
  series = new Series(new LocalStore(join(lab.root, 'destination')), 'data');
  const [first] = (await series.survey()).snapshots;
  if (first === undefined) throw new Error('no snapshot');
  snapshot = first;
  all = [...(await series.entries(snapshot))];
});
afterAll(() => lab.remove());

interface Expected {
  readonly paths: readonly string[];
  readonly implied: readonly string[];
  readonly unmatched: readonly string[];
}

/** What each entry says for itself, once every line is parsed. */
function expectedOf(globs: readonly string[]): Expected {
  const choice = new Choice(globs);
  const isChosen = ({ entry: { path, type } }: IndexEntry): boolean =>
    path === '' ? globs.length === 0 : choice.has(path, type === 'folder');
  const chosen = new Set(all.filter(isChosen).map(({ entry }) => entry.path as string));
  const implied = new Set<string>();
  for (const path of chosen) {
    if (path === '') continue;
    for (let up = dirname(path); up !== '.'; up = dirname(up)) if (!chosen.has(up)) implied.add(up);
    if (!chosen.has('')) implied.add('');
  }
  const inOrder = all.map(({ entry }) => entry.path);
  return {
    paths: inOrder.filter((path) => chosen.has(path) || implied.has(path)),
    implied: inOrder.filter((path) => implied.has(path)),
    unmatched: choice.unmatched(),
  };
}

const name = fc.constantFrom(...NAMES, '*', '**', '?', '[ab]', '*.txt', '{a,b}', 'link', 'name', 'none');
const glob = fc
  .tuple(fc.constantFrom('', '', '/', '!'), fc.array(name, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([start, names, isFolder]) => `${start}${names.join('/')}${isFolder ? '/' : ''}`);

describe('Wanted', () => {
  it('has what globs choose and the folders above, as if every line were parsed', async () => {
    const { signal } = new AbortController();
    await fc.assert(
      fc.asyncProperty(fc.array(glob, { maxLength: 4 }), async (globs) => {
        const choice = new Choice(globs);
        const { entries, implied, places, names } = await Wanted.read(series, snapshot, choice, signal);
        const numbers = Array.from({ length: entries.length }, (_, i) => i);
        expect({
          paths: numbers.map((i) => entries.path(i)),
          implied: [...implied].map((i) => entries.path(i)),
          unmatched: choice.unmatched(),
        }).toEqual(expectedOf(globs));
        const known = new Map(all.map((item) => [item.entry.path, item]));
        for (const i of numbers) {
          const { entry, hash, at } = known.get(entries.path(i)) ?? {};
          // That of which no line says that it has attributes has none, where the snapshot knows of all.
          const none = snapshot.info.attributes === true ? '' : undefined;
          expect(entries.at(i)).toEqual({ ...entry, attributes: entry?.attributes ?? none });
          expect(entries.hash(i)).toEqual(hash === undefined ? undefined : new Uint8Array(hash));
          expect(places.archive(i) === undefined).toBe(at === undefined);
          const [, offset, length, skip] = at ?? [0, 0, 0, 0];
          expect(places.place(i)).toEqual({ offset, length, skip });
          const hasFirst = entry?.hardlink !== undefined && entries.find(entry.hardlink) !== undefined;
          expect(names.has(i)).toBe(hasFirst);
        }
      }),
    );
  });

  it.skipIf(process.geteuid?.() !== 0)('has users and groups by their names, each by its own', async () => {
    const own = new SeriesLab();
    onTestFinished(() => own.remove());
    writeFileSync(join(own.source, 'file'), 'x');
    chownSync(join(own.source, 'file'), userId('bin') ?? 0, groupId('adm') ?? 0);
    await own.run();
    const place = new Series(new LocalStore(join(own.root, 'destination')), 'data');
    const [only] = (await place.survey()).snapshots;
    if (only === undefined) throw new Error('no snapshot');
    const { signal } = new AbortController();
    for (const owners of ['here', 'as noted'] as const) {
      const { entries, users, groups } = await Wanted.read(place, only, new Choice([]), signal, owners);
      const { uid, gid } = entries.at(1);
      expect([uid, gid]).toEqual([userId('bin'), groupId('adm')]);
      expect([users.get(uid), groups.get(gid)]).toEqual(['bin', 'adm']);
    }
  });
});

it('a file with holes takes what its archive holds of it at least, and any other its size', () => {
  const wanted = new Wanted(new Map());
  for (const [i, skip] of [sparseSkip(512), 100].entries()) {
    wanted.entries.push({
      ...(all.at(-1)?.entry ?? never()),
      path: fromText(`${i}`),
      type: 'file',
      size: 9000,
    });
    wanted.places.set(i, { key: 'one', format: 'tar.zst' }, { offset: 0, length: 700, skip });
  }
  expect([wanted.takes(0), wanted.takes(1)]).toEqual([700, 9000]);
});

function never(): never {
  throw new Error('the lab has entries');
}
