import { describe, expect, it } from 'vitest';
import { type Flaw, type Flaws, type Found, lacks, lookedAgain, type Sight } from './damage.ts';
import { type HurtContent, lastCopies } from './losses.ts';

const FILE = '2026-01-01T00-00-00Z/data-2026-01-01T00-00-00Z.zip';
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];
const AT = new Date('2026-02-01T00:00:00Z');

function flaw(parts: Partial<Flaw> = {}): Flaw {
  return {
    kind: 'content',
    what: 'it is rotten',
    contents: [A],
    by: 'full',
    since: '2026-01-02T00:00:00.000Z',
    accepted: false,
    shared: false,
    ...parts,
  };
}

function after(known: Flaw | undefined, sight: Partial<Sight>, found?: Found): Flaw | undefined {
  const flaws: Flaws = known === undefined ? new Map() : new Map([[FILE, known]]);
  return lookedAgain(flaws, {
    by: 'quick',
    at: AT,
    found: found === undefined ? new Map() : new Map([[FILE, found]]),
    isInPlace: () => undefined,
    isSound: () => false,
    isNeeded: () => true,
    ...sight,
  }).get(FILE);
}

function content(lackedBy: readonly string[], soundIn: readonly string[]): HurtContent {
  return { hash: '', lackedBy: new Set(lackedBy), soundIn: new Set(soundIn) };
}

function rotten(contents: readonly string[] | null): Found {
  return { kind: 'content', what: 'x', contents };
}

describe('lookedAgain()', () => {
  const missing: Found = { kind: 'missing', what: 'is missing', contents: null };

  it.each<[string, Flaw, Partial<Sight>, boolean]>([
    ['what was not looked at stays', flaw(), {}, true],
    ['a size says nothing of contents', flaw(), { isInPlace: () => true }, true],
    [
      'a size that is right again takes back a size',
      flaw({ kind: 'size' }),
      { isInPlace: () => true },
      false,
    ],
    [
      'a file that is there again is not missing',
      flaw({ kind: 'missing' }),
      { isInPlace: () => true },
      false,
    ],
    ['reading all of it takes all back', flaw(), { isSound: () => true }, false],
    ['what no snapshot needs is forgotten', flaw(), { isNeeded: () => false }, false],
  ])('%s', (_, known, sight, stays) => {
    expect(after(known, sight)).toEqual(stays ? known : undefined);
  });

  it('notes what is new, with its time', () => {
    expect(after(undefined, { by: 'run' }, missing)).toEqual(
      flaw({ ...missing, by: 'run', since: AT.toISOString() }),
    );
  });

  it('keeps what was accepted, unless there is more of it', () => {
    expect(after(flaw({ accepted: true }), { by: 'full' }, rotten([A]))?.accepted).toBe(true);
    expect(after(flaw({ accepted: true }), { by: 'full' }, rotten([A, B]))?.accepted).toBe(false);
    expect(after(flaw({ accepted: true }), { by: 'full' }, rotten(null))?.accepted).toBe(false);
    expect(after(flaw({ accepted: true, contents: null }), {}, rotten([A]))?.accepted).toBe(true);
  });

  it('adds what a sample finds to what is known, and takes the word of who has read all', () => {
    const found: Found = { kind: 'content', what: 'x', contents: [B] };
    expect(after(flaw(), { by: 'sample' }, found)?.contents).toEqual([A, B]);
    expect(after(flaw(), { by: 'full' }, found)?.contents).toEqual([B]);
    expect(after(flaw({ contents: null }), { by: 'sample' }, found)?.contents).toBe(null);
    expect(after(flaw({ what: 'x' }), { by: 'full' }, rotten(null))?.contents).toBe(null);
    expect(after(flaw(), { by: 'full' }, found)?.since).toBe(flaw().since);
  });

  it('does not take the look of a run for more than what reading has found in the same file', () => {
    const size = flaw({ kind: 'size', what: 'has 1 bytes, not 2' });
    expect(after(size, { by: 'run' }, { kind: 'size', what: size.what, contents: null })).toBe(size);
    expect(
      after(size, { by: 'run' }, { kind: 'size', what: 'has 0 bytes, not 2', contents: null })?.contents,
    ).toBe(null);
  });

  it('counts too many contents to list as all of them', () => {
    const contents = Array.from({ length: 10_001 }, (_, i) => i.toString(16).padStart(64, '0'));
    expect(after(undefined, { by: 'full' }, { kind: 'content', what: 'x', contents })?.contents).toBe(null);
  });
});

describe('lacks()', () => {
  it('knows the contents that are damaged, all when nobody knows which, and none of an empty list', () => {
    const [a, b] = [Buffer.from(A, 'hex'), Buffer.from(B, 'hex')];
    expect([lacks(flaw(), a), lacks(flaw(), b)]).toEqual([true, false]);
    expect([lacks(flaw({ contents: null }), b), lacks(flaw({ contents: [] }), a)]).toEqual([true, false]);
  });
});

describe('lastCopies()', () => {
  it.each<[string, HurtContent[], string[]]>([
    ['nothing where nothing is damaged', [], []],
    ['the newest of those that have it', [content(['4'], ['1', '2'])], ['2']],
    ['nothing when one that stays has it too', [content(['4'], ['1', '3'])], []],
    ['nothing for one that goes itself', [content(['2'], ['1'])], []],
    ['nothing when none has it', [content(['4'], [])], []],
    ['one for several', [content(['4'], ['1', '2']), content(['3'], ['2'])], ['2']],
    ['no other where one that is held has it', [content(['4'], ['1']), content(['3'], ['1', '2'])], ['1']],
  ])('holds %s', (_, contents, held) => {
    expect([...lastCopies(contents, ['1', '2'])]).toEqual(held);
  });
});

it.each<[string, readonly string[] | null, boolean]>([
  ['the same of it is damaged', [A], true],
  ['more of it is damaged', [A, B], false],
  ['all of it is damaged', null, false],
])('a run that knew has shared a file: it stays so when %s: %j', (_, contents, stays) => {
  const known = flaw({ shared: true, accepted: true });
  const found = after(known, { by: 'full' }, rotten(contents));
  expect([found?.shared, found?.accepted]).toEqual([stays, stays]);
});
