import { describe, expect, it } from 'vitest';
import type { Problem, ProblemKind } from '../../tree/entry.ts';
import { fromText } from '../../tree/path.ts';
import { KnownProblems } from './known-problems.ts';

function problem(path: string, kind: ProblemKind = 'unreadable'): Problem {
  return { path: fromText(path), kind, reason: 'permission denied' };
}

function known(mayFail: readonly string[], ...accepted: readonly string[]): KnownProblems {
  const list = accepted.map((path) => ({ path: fromText(path), reason: '', since: '' }));
  return new KnownProblems('data', mayFail, list);
}

describe('KnownProblems', () => {
  it.each<[string, readonly string[], readonly string[], Problem, boolean]>([
    ['an accepted path', [], ['a/b'], problem('a/b'), true],
    ['what lies below one', [], ['a'], problem('a/b/c'), true],
    ['what a name begins with', [], ['a'], problem('ab'), false],
    ['what one lies in', [], ['a/b'], problem('a'), false],
    ['all, when the series as a whole is accepted', [], [''], problem('a'), false],
    ['the whole, when a path is', [], ['a'], problem(''), false],
    ['a folder by a glob', ['private/'], [], problem('private'), true],
    ['a file by a glob', ['*.lock'], [], problem('a/x.lock', 'vanished'), true],
    ['what lies below a glob', ['/a'], [], problem('a/b'), true],
    ['another by a glob', ['/a'], [], problem('b/a'), false],
    ['content that rotted', ['a'], ['a'], problem('a', 'rot'), false],
  ])('takes %s', (_, mayFail, accepted, one, isKnown) => {
    const problems = known(mayFail, ...accepted);
    expect(problems.take(one)).toBe(isKnown);
    expect(problems.met).toHaveLength(isKnown ? 1 : 0);
    expect(problems.summary() === undefined).toBe(!isKnown);
  });

  it('says how many there were, and where they are listed only if they are', () => {
    const some = known(['b'], 'a');
    some.take(problem('b'));
    expect(some.summary()).toBe('1 known problem was passed over, as "b" (permission denied)');
    some.take(problem('a'));
    expect(some.summary()).toMatch(/^2 known problems were passed over, .*`snapshot accept data` lists/);
  });
});
