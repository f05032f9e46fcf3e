// Where there are two of something, and a run must not take one for the other.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from './run.ts';
import { contentOf, SeriesLab } from './series-lab.ts';

function openLab(): SeriesLab {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  return lab;
}

/** Puts a new file system at `at`; false where nobody may. */
function mountAt(at: string): boolean {
  mkdirSync(at);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at]);
  if (status === 0) onTestFinished(() => void spawnSync('umount', [at]));
  return status === 0;
}

describe('two file systems below one source', () => {
  it('whose files have the same inode numbers keep their own contents', async (context) => {
    const lab = openLab();
    for (const disk of ['a', 'b']) {
      const at = join(lab.source, disk);
      if (!mountAt(at)) return context.skip('needs the right to mount');
      writeFileSync(join(at, 'one'), `of ${disk}`);
      linkSync(join(at, 'one'), join(at, 'two'));
    }
    const inodes = ['a/one', 'a/two', 'b/one', 'b/two'].map((path) => lstatSync(join(lab.source, path)).ino);
    expect(new Set(inodes).size).toBe(1);
    const { snapshot } = await lab.run();
    expect(lab.restored(snapshot ?? '')).toEqual(contentOf(lab.source));
  });
});

describe('a folder that has the name of the next snapshot, and is none', () => {
  const AT = new Date('2030-01-02T03:04:05Z');
  const NAME = '2030-01-02T03-04-05Z';

  it.each<[string, (path: string) => void]>([
    [
      'a folder with a file of somebody',
      (path) => {
        mkdirSync(path);
        writeFileSync(join(path, 'thesis.odt'), 'mine');
      },
    ],
    ['a file', (path) => writeFileSync(path, 'mine')],
    ['a link to nowhere', (path) => symlinkSync('nowhere', path)],
  ])('stays as it is: %s', async (_, make) => {
    const lab = openLab();
    writeFileSync(join(lab.source, 'file'), 'x');
    mkdirSync(lab.folder(), { recursive: true });
    make(lab.folder(NAME));
    const before = contentOf(lab.folder());
    const { outcome, snapshot } = await lab.run({ now: () => AT });
    expect(outcome).toBe('written');
    expect(snapshot).toBe('2030-01-02T03-04-06Z');
    const after = contentOf(lab.folder());
    for (const [path, content] of before) expect([path, after.get(path)]).toEqual([path, content]);
  });
});

describe('two rows at a time', () => {
  it('stay within --max-rate together', async () => {
    const lab = openLab();
    const rows = ['a', 'b'].map((name) => {
      const source = join(lab.source, name);
      mkdirSync(source);
      writeFileSync(join(source, 'file'), randomBytes(300_000));
      return { ...lab.row, name, source, destination: join(lab.root, `destination-${name}`) };
    });
    const started = performance.now();
    const ends = await run(
      { file: 'plan.csv', rows },
      {
        only: [],
        dryRun: false,
        jobs: 2,
        rehash: false,
        acceptChanges: false,
        bytesPerSecond: 300_000,
        signal: new AbortController().signal,
        report: () => {},
        now: () => new Date(),
      },
    );
    const seconds = (performance.now() - started) / 1000;
    expect(ends.map(({ outcome }) => outcome)).toEqual(['written', 'written']);
    // A busy machine can only make it longer. Each with a rate of its own would need half of it.
    expect(seconds).toBeGreaterThan((600_000 - 15_000) / 300_000);
  });
});
