import { describe, expect, it } from 'vitest';
import { type BytePath, fromText } from '../tree/path.ts';
import type { Held } from './held.ts';
import type { Version } from './versions.ts';
import { viewAt } from './view-at.ts';

function held(path: string, sinceMs: number): [BytePath, Held] {
  const none = { size: 0, mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };
  const key = fromText(path);
  return [key, { ...none, path: key, type: 'file', target: undefined, hash: '', keptNs: 0n, sinceMs }];
}

function version(path: string, sinceMs: number | undefined, untilMs: number, to?: string): Version {
  return {
    path: fromText(path),
    type: 'file',
    sinceMs,
    untilMs,
    file: to === undefined ? fromText(`${path}~${untilMs}`) : undefined,
    movedTo: to === undefined ? undefined : fromText(to),
    mode: undefined,
  };
}

/** Where the content of each path is, at a moment. */
function at(ms: number, now: readonly [BytePath, Held][], versions: readonly Version[]): object {
  const view = viewAt(new Map(now), versions, ms);
  return Object.fromEntries(view.map((past) => [past.path, past.version ?? `now ${past.now}`]));
}

describe('viewAt()', () => {
  it('knows what was replaced, what was deleted, and what was not there yet', () => {
    const now = [held('a', 30)];
    const versions = [version('a', 10, 20), version('a', 20, 30), version('gone', 10, 25)];
    expect(at(9, now, versions)).toEqual({});
    expect(at(10, now, versions)).toEqual({ a: 'a~20', gone: 'gone~25' });
    expect(at(20, now, versions)).toEqual({ a: 'a~30', gone: 'gone~25' });
    expect(at(25, now, versions)).toEqual({ a: 'a~30' });
    expect(at(30, now, versions)).toEqual({ a: 'now a' });
  });

  it('does not fill the time in which a file was not there', () => {
    const versions = [version('a', 10, 20), version('a', 30, 40)];
    expect(at(25, [], versions)).toEqual({});
  });

  it('follows what was moved, also when it has changed there, and was moved again', () => {
    const now = [held('c', 40)];
    const versions = [version('a', 10, 20, 'b'), version('b', 20, 30), version('b', 30, 40, 'c')];
    expect(at(15, now, versions)).toEqual({ a: 'b~30' });
    expect(at(25, now, versions)).toEqual({ b: 'b~30' });
    expect(at(35, now, versions)).toEqual({ b: 'now c' });
    expect(at(45, now, versions)).toEqual({ c: 'now c' });
  });

  it('follows what was moved to and fro', () => {
    const now = [held('a', 30)];
    const versions = [version('a', 10, 20, 'b'), version('b', 20, 30, 'a')];
    expect(at(15, now, versions)).toEqual({ a: 'now a' });
    expect(at(25, now, versions)).toEqual({ b: 'now a' });
  });

  it('takes a version of which only the name tells for all the time before', () => {
    expect(at(1, [], [version('a', undefined, 20)])).toEqual({ a: 'a~20' });
  });

  it('leaves out what is kept no more', () => {
    expect(at(15, [], [version('a', 10, 20, 'b')])).toEqual({});
  });
});
