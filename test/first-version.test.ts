// Commit c7c95fc knows version 1 of the format only. Built from this repository, and run on what is written now.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, environment, IS_WINDOWS, NODE } from './support/command.ts';
import { Place } from './support/place.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FIRST = 'c7c95fc75c02b2119da86cc9ed9bdf69c60ddbae';
const isThere = spawnSync('git', ['cat-file', '-e', FIRST], { cwd: ROOT }).status === 0;

/** Every file of a series, with its sum; the log is written to, whoever fails. */
function contentsOf(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => name !== 'runs.jsonl' && statSync(join(folder, name)).isFile());
  return new Map(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

// A clone may lack what came before, and Windows the tools.
describe.skipIf(!isThere || IS_WINDOWS)('commit c7c95fc', () => {
  let built: string;
  beforeAll(() => {
    built = mkdtempSync(join(tmpdir(), 'snapshot-first-'));
    const { stdout } = spawnSync(
      'git',
      ['archive', FIRST, 'src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'],
      {
        cwd: ROOT,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    spawnSync('tar', ['-x', '-C', built], { input: stdout });
    symlinkSync(join(ROOT, 'node_modules'), join(built, 'node_modules'));
    // Types of packages that are newer by now may not fit; what it writes is the same.
    spawnSync(NODE, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
      cwd: built,
    });
  }, 300_000);
  afterAll(() => rmSync(built, { recursive: true, force: true }));

  function first(place: Place, ...args: readonly string[]): Pick<Ended, 'status' | 'stderr'> {
    const { status, stdout, stderr } = spawnSync(
      NODE,
      [join(built, 'dist/cli/main.js'), ...args, '--plan', place.plan],
      { ...place.options(), env: environment(place.options()), encoding: 'utf8' },
    );
    return { status, stderr: stdout + stderr };
  }

  it('refuses a new series, and changes nothing in it', async () => {
    const place = Place.open();
    place.write({ a: '1' });
    await place.night();
    place.write({ b: '2' });
    await place.night();
    place.write({ c: '3' });
    const before = contentsOf(place.series());
    for (const args of [['run'], ['run', '--accept-changes'], ['verify', '--repair', 'data']]) {
      const { status, stderr } = first(place, ...args);
      expect(status, args.join(' ')).not.toBe(0);
      expect(stderr).toContain('lock-of-version-2');
      expect(contentsOf(place.series())).toEqual(before);
    }
    const { status, stderr } = first(place, 'restore', 'data', '--to', place.path('out'));
    expect(status).not.toBe(0);
    expect(stderr).toContain('version 2, which is not known here');
    expect(contentsOf(place.series())).toEqual(before);
  });

  it('leaves a series that this version goes on with, shares, and closes to it', async () => {
    const place = Place.open();
    place.write({ a: '1'.repeat(100_000), 'folder/b': '2' });
    expect(first(place, 'run')).toMatchObject({ status: 0 });
    expect(place.info()['version']).toBe(1);
    const [old] = place.snapshots();
    // Once it looks at what the older version did not.
    const none = { added: 0, modified: 0, removed: 0 };
    expect(await place.night()).toMatchObject({ outcome: 'written', change: none });
    expect(await place.night()).toMatchObject({ outcome: 'unchanged' });
    place.write({ c: '3' });
    expect(await place.night()).toMatchObject({
      outcome: 'written',
      change: { added: 1, modified: 0, removed: 0 },
    });
    expect(place.info()).toMatchObject({ version: 2, previous: place.snapshots().at(-2) });
    expect(place.info().archives).toHaveLength(3);
    place.checkSums();
    place.writePlan('source,destination,name,keep', 'source,destination,data,last=1');
    const before = contentsOf(place.series());
    place.write({ d: '4' });
    expect(first(place, 'run').status).not.toBe(0);
    expect(contentsOf(place.series())).toEqual(before);
    // With its own program, what came before can still be had.
    expect(first(place, 'restore', 'data', '--at', old ?? '', '--to', place.path('out'))).toMatchObject({
      status: 0,
    });
    expect(readdirSync(place.path('out'))).toEqual(['a', 'folder']);
  });
});
