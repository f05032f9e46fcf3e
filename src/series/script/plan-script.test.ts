import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BytePath, parentOf } from '../../tree/path.ts';
import { planRestore, type RestorePlan, type Step, type StoredFile, type WantedTree } from './plan-script.ts';

/** What archives hold: for each, by number, the content of its members by name. */
type Archives = readonly ReadonlyMap<string, string>[];

/** A file of the tree to restore: number and member where its content lies. */
type Wanted = Readonly<Record<string, readonly [archive: number, member?: string]>>;

interface History {
  readonly archives: Archives;
  readonly files: Wanted;
  /** Folders beside those that hold files. */
  readonly folders?: readonly string[];
}

function ancestorsOf(path: string): string[] {
  const folders: string[] = [];
  for (let folder = parentOf(path as BytePath); folder !== ''; folder = parentOf(folder))
    folders.push(folder);
  return folders;
}

function wantedFolders({ files, folders = [] }: History): Set<string> {
  const all = [...Object.keys(files), ...folders].flatMap(ancestorsOf);
  return new Set([...all, ...folders]);
}

/** Plans as a run does. */
function planOf(history: History): RestorePlan {
  const slots = new Map<string, number>();
  const stored = new Map<string, StoredFile>();
  for (const [path, [archive, member = path]] of Object.entries(history.files)) {
    const place = `${archive} ${member}`;
    const slot = slots.get(place) ?? slots.size;
    slots.set(place, slot);
    stored.set(path, { path: path as BytePath, member: member as BytePath, archive, slot });
  }
  const used = new Set([...stored.values()].map(({ archive }) => archive));
  const dead = history.archives.flatMap((members, archive) =>
    [...members.keys()]
      .filter((member) => used.has(archive) && !slots.has(`${archive} ${member}`))
      .map((member) => ({ path: member as BytePath, archive })),
  );
  const folders = wantedFolders(history);
  const tree: WantedTree = {
    isFolder: (path) => folders.has(path),
    file: (path) => stored.get(path),
    below: (folder) => ({
      files: [...stored.values()].filter(({ path }) => path.startsWith(`${folder}/`)),
      folders: [...folders].filter((path): path is BytePath => path.startsWith(`${folder}/`)),
    }),
  };
  const moved = [...stored.values()].filter(({ path, member }) => path !== member);
  return planRestore(moved, dead, tree);
}

/** A folder on a disk, as strict as the strictest of the programs that RESTORE.txt calls. */
class Disk {
  readonly files = new Map<string, string>();
  readonly folders = new Set<string>();
  readonly #aside = new Map<number, string>();

  /** unzip does not even write over an empty folder. */
  write(path: string, content: string): void {
    if (this.folders.has(path)) throw new Error(`${path} is a folder`);
    for (const folder of ancestorsOf(path)) {
      if (this.files.has(folder)) throw new Error(`${folder} is a file`);
      this.folders.add(folder);
    }
    this.files.set(path, content);
  }

  take(path: string): string {
    const content = this.files.get(path);
    if (content === undefined) throw new Error(`${path} is not there`);
    return content;
  }

  do(step: Step): void {
    const { path } = step;
    if (step.do === 'drop') {
      if (this.folders.has(path)) throw new Error(`${path} is a folder`);
      this.files.delete(path);
    } else if (step.do === 'tidy') {
      const isEmpty = ![...this.files.keys(), ...this.folders].some((one) => one.startsWith(`${path}/`));
      if (isEmpty) this.folders.delete(path);
    } else if (step.do === 'aside') {
      if (this.#aside.has(step.n)) throw new Error(`${step.n} is put aside twice`);
      this.#aside.set(step.n, this.take(path));
      this.files.delete(path);
    } else {
      if (this.files.has(path)) throw new Error(`${path} is there already`);
      this.write(path, step.do === 'copy' ? this.take(step.from) : this.#bringBack(step.n));
    }
  }

  #bringBack(n: number): string {
    const content = this.#aside.get(n);
    if (content === undefined) throw new Error(`${n} is not put aside`);
    this.#aside.delete(n);
    return content;
  }

  get isTidy(): boolean {
    return this.#aside.size === 0;
  }
}

function restore(history: History): Disk {
  const plan = planOf(history);
  const disk = new Disk();
  const used = new Set(Object.values(history.files).map(([archive]) => archive));
  for (const [archive, members] of history.archives.entries()) {
    if (!used.has(archive)) continue;
    for (const step of plan.before.get(archive) ?? []) disk.do(step);
    for (const [path, content] of members) disk.write(path, content);
    for (const step of plan.after.get(archive) ?? []) disk.do(step);
  }
  for (const step of plan.last) disk.do(step);
  return disk;
}

/** Restores, and looks whether that is exactly the tree. Folders without files are the last archive's matter. */
function check(history: History): void {
  const disk = restore(history);
  const content = Object.entries(history.files).map(
    ([path, [archive, member = path]]) => [path, history.archives[archive]?.get(member)] as const,
  );
  expect(disk.files).toEqual(new Map(content));
  expect([...disk.folders].filter((path) => !wantedFolders(history).has(path))).toEqual([]);
  expect(disk.isTidy).toBe(true);
}

/** Archives whose members each hold something of their own. */
function archivesOf(...members: readonly (readonly string[])[]): Archives {
  return members.map((names, archive) => new Map(names.map((name) => [name, `${name} in ${archive}`])));
}

function showSteps(steps: readonly Step[]): string {
  return steps
    .map((step) => {
      if (step.do === 'copy') return `copy ${step.from} ${step.path}`;
      const isList = step.do === 'drop' || step.do === 'tidy';
      return isList ? `${step.do} ${step.path}` : `${step.do} ${step.n} ${step.path}`;
    })
    .join(', ');
}

/** The plan as text. */
function shown(history: History): Record<string, string> {
  const { before, after, last } = planOf(history);
  const parts = [
    ...[...before].map(([archive, steps]) => [`before ${archive}`, showSteps(steps)]),
    ...[...after].map(([archive, steps]) => [`after ${archive}`, showSteps(steps)]),
    ['last', showSteps(last)],
  ];
  return Object.fromEntries(parts.filter(([, steps]) => steps !== ''));
}

/** Of `paths`, those that can be files of one tree. */
function consistent(paths: readonly string[]): string[] {
  return paths.filter((path, i) =>
    paths.slice(0, i).every((other) => !path.startsWith(`${other}/`) && !other.startsWith(`${path}/`)),
  );
}

describe('planRestore()', () => {
  it.each<[string, History, Record<string, string>]>([
    [
      'nothing when nothing ever changed',
      { archives: archivesOf(['a', 'd/b']), files: { a: [0], 'd/b': [0] } },
      {},
    ],
    [
      'nothing for a file that a later archive writes over',
      { archives: archivesOf(['a', 'b'], ['a']), files: { a: [1], b: [0] } },
      {},
    ],
    [
      'to drop what was deleted, and its folders, deepest first',
      {
        archives: archivesOf(['a', 'd/e/x', 'd/y', 'f/z'], ['b']),
        files: { a: [0], b: [1], 'f/c': [1, 'b'] },
      },
      {
        'after 0': 'drop d/e/x, drop d/y, drop f/z, tidy d/e, tidy d',
        last: 'copy b f/c',
      },
    ],
    [
      'to move a file whose folder was renamed',
      { archives: archivesOf(['old/a', 'b']), files: { 'new/a': [0, 'old/a'], b: [0] } },
      { 'after 0': 'aside 1 old/a, tidy old', last: 'place 1 new/a' },
    ],
    [
      'to copy a file that was copied',
      { archives: archivesOf(['a']), files: { a: [0], b: [0, 'a'] } },
      { last: 'copy a b' },
    ],
    [
      'to copy a file that was moved and copied',
      { archives: archivesOf(['a']), files: { b: [0, 'a'], c: [0, 'a'] } },
      { 'after 0': 'aside 1 a', last: 'place 1 b, copy b c' },
    ],
    [
      'to rotate logs',
      { archives: archivesOf(['log', 'log.1'], ['log']), files: { log: [1], 'log.1': [0, 'log'] } },
      { 'after 0': 'aside 1 log, drop log.1', last: 'place 1 log.1' },
    ],
    [
      'to put aside what went back to what an older archive has',
      { archives: archivesOf(['a', 'b'], ['a', 'c']), files: { a: [0], b: [0], c: [1] } },
      { 'after 0': 'aside 1 a', 'after 1': 'drop a', last: 'place 1 a' },
    ],
    [
      'to swap two files',
      { archives: archivesOf(['a', 'b']), files: { a: [0, 'b'], b: [0, 'a'] } },
      { 'after 0': 'aside 1 b, aside 2 a', last: 'place 1 a, place 2 b' },
    ],
    [
      'to make way for a folder where a file was',
      { archives: archivesOf(['a', 'b'], ['a/x']), files: { b: [0], 'a/x': [1] } },
      { 'before 0': 'tidy a', 'after 0': 'drop a' },
    ],
    [
      'to make way for a file where a folder was',
      { archives: archivesOf(['a/x', 'b'], ['a']), files: { a: [1], b: [0] } },
      { 'after 0': 'drop a/x, tidy a' },
    ],
    [
      'to put aside a file below which something lay for a while',
      { archives: archivesOf(['a'], ['a/x', 'b']), files: { a: [0], b: [1] } },
      { 'after 0': 'aside 1 a', 'after 1': 'drop a/x, tidy a', last: 'place 1 a' },
    ],
    [
      'to put aside what is in a folder that was a file for a while',
      { archives: archivesOf(['a/d/x', 'c'], ['a', 'b']), files: { 'a/d/x': [0], b: [1], c: [0] } },
      {
        'after 0': 'aside 1 a/d/x',
        'before 1': 'tidy a/d, tidy a',
        'after 1': 'drop a',
        last: 'place 1 a/d/x',
      },
    ],
  ])('plans %s', (_, history, plan) => {
    expect(shown(history)).toEqual(plan);
    check(history);
  });

  it.each<[string, History]>([
    [
      'an old file does not stay in the way of what lay below it before there was a new one',
      {
        archives: archivesOf(['a', 'b'], ['a/x'], ['a']),
        files: { a: [2], b: [0], y: [1, 'a/x'] },
      },
    ],
    [
      'an old file in a folder does not stay in the way of a file that was there before the folder came back',
      {
        archives: archivesOf(['a/x', 'b'], ['a'], ['a/x']),
        files: { 'a/x': [2], b: [0], y: [1, 'a'] },
      },
    ],
    [
      'a folder that is empty by then does not stay in the way of a file that was there for a while',
      {
        archives: archivesOf(['a/x', 'b'], ['a', 'c'], ['a/y']),
        files: { 'a/y': [2], b: [0], c: [1] },
      },
    ],
  ])('%s', (_, history) => {
    check(history);
  });

  it('leaves a file that is known under two numbers, and as dead under one of them', () => {
    const file: StoredFile = { path: 'a' as BytePath, member: 'a' as BytePath, archive: 0, slot: 0 };
    const tree: WantedTree = {
      isFolder: () => false,
      file: (path) => (path === file.path ? file : undefined),
      below: () => ({ files: [], folders: [] }),
    };
    const { before, after, last } = planRestore([], [file], tree);
    expect([[...before.values()].flat(), [...after.values()].flat(), last]).toEqual([[], [], []]);
  });

  it('plans for more copies, and more folders to tidy, than a call has room for', () => {
    const many = Array.from({ length: 140_000 }, (_, i) => `${i}`);
    const first = { path: 'a' as BytePath, member: 'a' as BytePath, archive: 0, slot: 0 };
    const tree: WantedTree = {
      isFolder: () => false,
      file: (path) => (path === 'a' ? first : undefined),
      below: () => ({ files: [], folders: [] }),
    };
    const moved = many.map((path): StoredFile => ({ ...first, path: path as BytePath }));
    const dead = many.map((name) => ({ path: `d/${name}/x` as BytePath, archive: 0 }));
    const { after, last } = planRestore(moved, dead, tree);
    expect(last.length).toBe(140_000);
    expect(after.get(0)?.filter((step) => step.do === 'tidy').length).toBe(140_001);
  });

  const PATHS = ['a', 'b'].flatMap((a) => [a, ...['a', 'b'].flatMap((b) => [`${a}/${b}`, `${a}/${b}/a`])]);
  const some = fc.shuffledSubarray(PATHS, { minLength: 1 });

  const histories = fc
    .record({
      archives: fc.array(some, { minLength: 1, maxLength: 4 }),
      tree: some,
      /** Where the content of each file lies: in its own member, or anywhere. */
      picks: fc.array(fc.record({ isOwn: fc.boolean(), archive: fc.nat(), member: fc.nat() }), {
        minLength: PATHS.length,
        maxLength: PATHS.length,
      }),
      folders: some,
    })
    .map(({ archives, tree, picks, folders }): History => {
      const lists = archives.map(consistent);
      const names = consistent(tree);
      const files = names.map((path, i) => {
        const pick = picks[i] ?? { isOwn: false, archive: 0, member: 0 };
        const own = lists.flatMap((list, archive) => (list.includes(path) ? [archive] : []));
        const archive = own[pick.archive % own.length];
        if (pick.isOwn && archive !== undefined) return [path, [archive]] as const;
        const anywhere = pick.archive % lists.length;
        const list = lists[anywhere] ?? [];
        return [path, [anywhere, list[pick.member % list.length]]] as const;
      });
      const blocked = (path: string): boolean => names.some((file) => `${path}/`.startsWith(`${file}/`));
      return {
        archives: archivesOf(...lists),
        files: Object.fromEntries(files) as Wanted,
        folders: folders.filter((path) => !blocked(path)),
      };
    });

  it('gives exactly the tree, whatever happened before', () => {
    fc.assert(fc.property(histories, check), { numRuns: 5000 });
  });
});
