import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Target } from '../target/contained.ts';
import { fromText } from '../tree/path.ts';
import { letGoVersions } from './let-go-versions.ts';
import { addLines, readVersions } from './versions.ts';
import { makeVersion, VERSIONS } from './versioning.ts';
import { viewAt } from './view-at.ts';

const STAMP = '20261128T021500Z';
const SECOND_MS = Date.UTC(2026, 10, 28, 2, 15);

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-versions-')));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, '.snapshot-data'));
});

function contentOf(version: string): string {
  return readFileSync(join(root, VERSIONS, version), 'utf8');
}

describe('makeVersion()', () => {
  it.each([true, false])('keeps each of several of one second, where a path stays: %s', (stays) => {
    const versions = ['one', 'two', 'three'].map((content) => {
      rmSync(join(root, 'a.txt'), { force: true });
      writeFileSync(join(root, 'a.txt'), content);
      return makeVersion(new Target(root), fromText('a.txt'), stays, STAMP);
    });
    expect(versions).toEqual([`a~${STAMP}.txt`, `a~${STAMP}-2.txt`, `a~${STAMP}-3.txt`]);
    expect(versions.map(contentOf)).toEqual(['one', 'two', 'three']);
  });
});

describe('letGoVersions()', () => {
  it('removes what is too old, with its folder, and leaves the rest and what is said of it', async () => {
    mkdirSync(join(root, 'sub/inner'), { recursive: true });
    for (const name of ['a', 'sub/inner/b', 'sub/c']) writeFileSync(join(root, name), name);
    const make = (name: string, stamp: string): string =>
      makeVersion(new Target(root), fromText(name), false, stamp);
    make('sub/inner/b', '20260101T000000Z');
    const left = [make('a', STAMP), make('sub/c', STAMP)];
    const lines = (await readVersions(root)).map((version) => ({ ...version, sinceMs: 1000 }));
    await addLines(root, lines);
    expect(await letGoVersions(root, { within: 86_400_000 }, new Date(SECOND_MS))).toBe(1);
    const versions = await readVersions(root);
    expect(versions.map(({ file, sinceMs }) => [file, sinceMs])).toEqual(left.map((file) => [file, 1000]));
    expect(existsSync(join(root, VERSIONS, 'sub/inner'))).toBe(false);
  });
});

describe('readVersions()', () => {
  it('believes the lines, and takes a name alone for some moment of its second', async () => {
    for (const content of ['one', 'two']) {
      writeFileSync(join(root, 'a'), content);
      makeVersion(new Target(root), fromText('a'), false, STAMP);
    }
    const [first] = await readVersions(root);
    if (first === undefined) throw new Error('there is a version');
    await addLines(root, [{ ...first, untilMs: SECOND_MS + 300, sinceMs: SECOND_MS }]);
    const versions = await readVersions(root);
    expect(versions.map(({ file, untilMs }) => [file, untilMs - SECOND_MS])).toEqual([
      [`a~${STAMP}`, 300],
      [`a~${STAMP}-2`, 999],
    ]);
    const at = (ms: number): unknown => viewAt(new Map(), versions, SECOND_MS + ms)[0]?.version;
    expect([at(299), at(300), at(998), at(999)]).toEqual([
      `a~${STAMP}`,
      `a~${STAMP}-2`,
      `a~${STAMP}-2`,
      undefined,
    ]);
  });

  it('believes what was added after a line that was cut short', async () => {
    writeFileSync(join(root, 'a'), 'one');
    makeVersion(new Target(root), fromText('a'), false, STAMP);
    const [version] = await readVersions(root);
    if (version === undefined) throw new Error('there is a version');
    writeFileSync(join(root, '.snapshot-data/versions.jsonl'), '{"path":"x","ty');
    await addLines(root, [{ ...version, sinceMs: 1000 }]);
    expect(await readVersions(root)).toMatchObject([{ path: 'a', sinceMs: 1000 }]);
  });
});
