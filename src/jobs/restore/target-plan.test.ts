import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryType } from '../../tree/entry.ts';
import { type BytePath, comparePaths, fromText, parentOf } from '../../tree/path.ts';
import type { Found } from '../../unpack/tasks.ts';
import { type Overwrite, planTarget, type Step } from './target-plan.ts';
import { findTwins } from './twins.ts';

/** A tree in a few words: what each path is, with its content, target or nothing. */
type Model = Map<string, { readonly type: EntryType; readonly value: string }>;

interface Raw {
  readonly path: readonly string[];
  readonly type: EntryType;
  readonly value: string;
}

const raw = fc.record({
  path: fc.array(fc.constantFrom('a', 'b', 'c', 'C'), { minLength: 1, maxLength: 3 }),
  type: fc.constantFrom<EntryType>('file', 'folder', 'link'),
  value: fc.constantFrom('x', 'y'),
});

/** A tree with these in it, as far as they do not contradict each other. */
function modelOf(raws: readonly Raw[]): Model {
  const model: Model = new Map();
  for (const { path, type, value } of raws) {
    const folders = path.slice(1).map((_, depth) => path.slice(0, depth + 1).join('/'));
    const name = path.join('/');
    if (model.has(name) || folders.some((folder) => (model.get(folder)?.type ?? 'folder') !== 'folder'))
      continue;
    for (const folder of folders) model.set(folder, { type: 'folder', value: '' });
    model.set(name, { type, value: type === 'folder' ? '' : value });
  }
  return model;
}

function sorted(model: Model): readonly BytePath[] {
  return [...model.keys()].map((path) => path as BytePath).toSorted(comparePaths);
}

function hasBelow(model: Model, path: string): boolean {
  return [...model.keys()].some((other) => other.startsWith(`${path}/`));
}

function foundIn(target: Model, snapshot: Model, path: BytePath): Found {
  const there = target.get(path);
  if (there === undefined) return 'none';
  if (there.type === 'folder') return hasBelow(target, path) ? 'folder' : 'empty';
  const wanted = snapshot.get(path);
  return wanted?.type === there.type && wanted.value === there.value ? 'same' : there.type;
}

function plan(
  snapshot: Model,
  target: Model,
  overwrite: Overwrite,
  deletes: boolean,
  isChosen: (path: string) => boolean = () => true,
): readonly Step[] {
  const paths = sorted(snapshot);
  const extras = sorted(target)
    .filter((path) => !snapshot.has(path))
    .map((path) => ({ path, type: target.get(path)?.type ?? 'file', size: 0, isChosen: isChosen(path) }));
  const entries = {
    length: paths.length,
    path: (i: number) => paths[i] ?? ('' as BytePath),
    type: (i: number) => snapshot.get(paths[i] ?? '')?.type ?? 'file',
  };
  const found = (i: number): Found => foundIn(target, snapshot, entries.path(i));
  return planTarget(
    {
      entries,
      found,
      name: () => undefined,
      twins: findTwins(entries),
      aliases: new Set(),
      extras: deletes ? extras : [],
    },
    overwrite,
    deletes,
  );
}

/** What `steps` make of `target`; throws where a file system would say no. */
function applied(steps: readonly Step[], snapshot: Model, target: Model): Model {
  const model = new Map(target);
  const remove = ({ path }: Step): void => {
    if (hasBelow(model, path)) throw new Error(`"${path}" is not empty`);
    if (!model.delete(path)) throw new Error(`"${path}" is not there`);
  };
  steps.filter(({ isInTheWay }) => isInTheWay).forEach(remove);
  for (const { do: doing, path } of steps) {
    if (doing !== 'make' && doing !== 'replace') continue;
    if (model.has(path) !== (doing === 'replace')) throw new Error(`"${path}": ${doing}`);
    if (hasBelow(model, path)) throw new Error(`"${path}" is not empty`);
    const parent = parentOf(path);
    if (parent !== '' && model.get(parent)?.type !== 'folder') throw new Error(`"${path}" has no folder`);
    model.set(path, snapshot.get(path) ?? { type: 'file', value: '' });
  }
  steps.filter(({ do: doing, isInTheWay }) => doing === 'delete' && isInTheWay !== true).forEach(remove);
  return model;
}

const trees = fc.tuple(
  fc.array(raw, { maxLength: 12 }).map(modelOf),
  fc.array(raw, { maxLength: 12 }).map(modelOf),
);

describe('planTarget()', () => {
  it('with --delete makes the target what the snapshot is', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom('if-changed', 'always'), ([snapshot, target], overwrite) => {
        const steps = plan(snapshot, target, overwrite, true);
        const result = applied(steps, snapshot, target);
        expect(sorted(result).map((path) => [path, result.get(path)])).toEqual(
          sorted(snapshot).map((path) => [path, snapshot.get(path)]),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('without --delete keeps all that the snapshot does not have, or refuses', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom('if-changed', 'always'), ([snapshot, target], overwrite) => {
        const steps = plan(snapshot, target, overwrite, false);
        if (steps.some(({ do: doing }) => doing === 'refuse')) return;
        const result = applied(steps, snapshot, target);
        for (const path of new Set([...snapshot.keys(), ...target.keys()]))
          expect(result.get(path)).toEqual(snapshot.get(path) ?? target.get(path));
      }),
      { numRuns: 1000 },
    );
  });

  it('never touches what is there, by default', () => {
    fc.assert(
      fc.property(trees, ([snapshot, target]) => {
        const steps = plan(snapshot, target, 'never', false);
        expect(steps.every(({ do: doing }) => ['make', 'same', 'refuse'].includes(doing))).toBe(true);
        const differs = [...snapshot.keys()].filter((path) => {
          const there = target.get(path);
          return there !== undefined && JSON.stringify(there) !== JSON.stringify(snapshot.get(path));
        });
        // Below a folder that is refused there is nothing more to refuse.
        expect(steps.some(({ do: doing }) => doing === 'refuse')).toBe(differs.length > 0);
        if (differs.length === 0) applied(steps, snapshot, target);
      }),
    );
  });

  it('deletes nothing outside of what was chosen, nor a folder with such in it', () => {
    fc.assert(
      fc.property(trees, fc.func(fc.boolean()), ([snapshot, target], isChosen) => {
        const steps = plan(snapshot, target, 'if-changed', true, isChosen);
        for (const step of steps) if (step.do === 'delete') expect(isChosen(step.path)).toBe(true);
        if (steps.some(({ do: doing }) => doing === 'refuse')) return;
        const result = applied(steps, snapshot, target);
        for (const path of target.keys())
          if (!snapshot.has(path) && !isChosen(path)) expect(result.get(path)).toEqual(target.get(path));
      }),
      { numRuns: 1000 },
    );
  });

  it('does nothing the second time', () => {
    fc.assert(
      fc.property(trees, ([snapshot, target]) => {
        const result = applied(plan(snapshot, target, 'if-changed', true), snapshot, target);
        const again = plan(snapshot, result, 'if-changed', true);
        expect(again.every(({ do: doing }) => doing === 'same')).toBe(true);
      }),
    );
  });
});

const NO_TWINS = { twins: new Map<number, number>(), aliases: new Set<number>() };

/** The plan for entries as an index tells of them, none of which is there. */
function planOf(
  ...entries: readonly (readonly [string, EntryType])[]
): readonly (readonly [string, string])[] {
  const tree = {
    length: entries.length,
    path: (i: number) => fromText(entries[i]?.[0] ?? ''),
    type: (i: number) => entries[i]?.[1] ?? 'file',
  };
  const steps = planTarget(
    { entries: tree, found: () => 'none', ...NO_TWINS, name: () => undefined, extras: [] },
    'always',
    true,
  );
  return steps.map(({ path, do: doing }) => [path, doing]);
}

describe('planTarget() with a hostile index', () => {
  it('leaves out what lies below a link, or a file', () => {
    const plans = planOf(
      ['a', 'link'],
      ['a/b', 'file'],
      ['a/c', 'folder'],
      ['a/c/d', 'file'],
      ['e', 'file'],
      ['e/f', 'link'],
    );
    expect(plans).toEqual([
      ['a', 'make'],
      ['a/b', 'leave'],
      ['a/c', 'leave'],
      ['a/c/d', 'leave'],
      ['e', 'make'],
      ['e/f', 'leave'],
    ]);
  });

  it('leaves out what has no folder, and what leads elsewhere', () => {
    expect(planOf(['a', 'folder'], ['b/c', 'file'], ['d', 'file'])).toEqual([
      ['a', 'make'],
      ['b/c', 'leave'],
      ['d', 'make'],
    ]);
    expect(planOf(['..', 'folder'], ['../x', 'file'], ['/etc', 'folder'], ['/etc/passwd', 'file'])).toEqual([
      ['..', 'leave'],
      ['../x', 'leave'],
      ['/etc', 'leave'],
      ['/etc/passwd', 'leave'],
    ]);
  });

  it('leaves out what the target does not have beside its twin but as it, and all below', () => {
    const names = ['A', 'D', 'D/x', 'a', 'd', 'd/x'];
    const types: readonly EntryType[] = ['file', 'folder', 'file', 'file', 'folder', 'file'];
    const tree = {
      length: names.length,
      path: (i: number) => fromText(names[i] ?? ''),
      type: (i: number) => types[i] ?? 'file',
    };
    const steps = planTarget(
      {
        entries: tree,
        found: (i) => (types[i] === 'folder' ? 'folder' : 'file'),
        name: () => undefined,
        twins: findTwins(tree),
        aliases: new Set([3, 4]),
        extras: [],
      },
      'always',
      false,
    );
    expect(steps.map(({ path, do: doing }) => [path, doing])).toEqual([
      ['A', 'replace'],
      ['D', 'same'],
      ['D/x', 'replace'],
      ['a', 'leave'],
      ['d', 'leave'],
      ['d/x', 'leave'],
    ]);
  });
});

describe('planTarget(), of what cannot be looked at', () => {
  it.each<[Overwrite, string]>([
    ['never', 'same leave leave leave refuse'],
    ['always', 'same leave leave leave replace'],
  ])('with %s: %s', (overwrite, doing) => {
    const names = ['a', 'a/b', 'a/b/c', 'a/d', 'e'];
    const all: readonly Found[] = ['folder', 'unseen', 'none', 'unseen', 'file'];
    const entries = {
      length: names.length,
      path: (i: number) => fromText(names[i] ?? ''),
      type: (i: number) => (i < 2 ? 'folder' : 'file') as EntryType,
    };
    const tree = { entries, found: (i: number) => all[i] ?? 'none', name: () => undefined, extras: [] };
    const steps = planTarget({ ...tree, ...NO_TWINS }, overwrite, false);
    expect(steps.map((step) => step.do).join(' ')).toBe(doing);
  });
});

describe('planTarget(), of a file with a further name', () => {
  it.each<[Overwrite, Found, Found, boolean, string]>([
    ['if-changed', 'same', 'same', true, 'same same'],
    // As two files of one content, which is not what the snapshot has.
    ['if-changed', 'same', 'same', false, 'same replace'],
    ['if-changed', 'same', 'content', false, 'same replace'],
    ['if-changed', 'linked', 'same', true, 'replace replace'],
    ['if-changed', 'content', 'same', false, 'set replace'],
    ['if-changed', 'file', 'same', true, 'replace replace'],
    ['if-changed', 'none', 'none', false, 'make make'],
    ['never', 'content', 'same', false, 'same same'],
    ['never', 'file', 'same', false, 'refuse same'],
    ['always', 'same', 'same', true, 'replace replace'],
  ])(
    'with %s, where the first is %s and the other %s (one file: %s): %s',
    (overwrite, a, b, isSame, doing) => {
      const paths = [fromText('a'), fromText('b')];
      const tree = {
        entries: { length: 2, path: (i: number) => paths[i] ?? fromText(''), type: () => 'file' as const },
        found: (i: number) => (i === 0 ? a : b),
        name: (i: number) => (i === 0 ? undefined : { first: 0, isSame }),
        twins: new Map<number, number>(),
        aliases: new Set<number>(),
        extras: [],
      };
      expect(
        planTarget(tree, overwrite, false)
          .map((step) => step.do)
          .join(' '),
      ).toBe(doing);
    },
  );
});

describe('planTarget(), of a file where a folder is', () => {
  const FILE = { type: 'file', value: 'x' } as const;
  const snapshot: Model = new Map([['a', FILE]]);

  it('removes what is in the folder, and not what begins with its name', () => {
    const target = new Map<string, { type: EntryType; value: string }>([
      ['a', { type: 'folder', value: '' }],
      ['a/x', FILE],
      ['ab', FILE],
    ]);
    const steps = plan(snapshot, target, 'always', true, (path) => path !== 'ab');
    expect(steps.map((step) => `${step.do} ${step.path}`)).toEqual(['replace a', 'delete a/x']);
  });

  it('is refused where nothing is known of what is in the folder', () => {
    const extra = { path: fromText('ab'), type: 'file', size: 0, isChosen: true } as const;
    const tree = {
      entries: { length: 1, path: () => fromText('a'), type: () => 'file' as const },
      found: (): Found => 'folder',
      name: () => undefined,
      twins: new Map<number, number>(),
      aliases: new Set<number>(),
      extras: [extra],
    };
    const steps = planTarget(tree, 'always', true);
    expect(steps.map((step) => [step.do, step.path])).toEqual([
      ['refuse', 'a'],
      ['delete', 'ab'],
    ]);
  });
});
