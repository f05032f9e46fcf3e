import { describe, expect, it } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { AcceptedPaths } from './accepted-paths.ts';

describe('the paths of --accept-changes', () => {
  it.each<[readonly string[], readonly string[], string | undefined]>([
    [[], ['a'], undefined],
    [['a', 'b'], ['b', 'a'], undefined],
    // However they are written, from the source on or whole.
    [['a/', '/source/b', '.'], ['a', 'b', ''], undefined],
    [['a', 'b'], ['a'], 'b'],
    [['a', 'b'], ['b'], 'a'],
    [['a'], ['a/b'], 'a'],
  ])('%j, where guards are about %j, leave %s that no guard is about', (given, guards, left) => {
    const paths = new AcceptedPaths('/source', given);
    const taken = guards.filter((path) => paths.take(fromText(path)));
    expect(taken.length).toBe(given.length - (left === undefined ? 0 : 1));
    const refuse = (): void => paths.refuseOthers();
    if (left === undefined) refuse();
    else expect(refuse).toThrow(`--accept-changes=${left}: no guard is about that path`);
  });
});
