// Where there are two of something, and a run must not take one for the other.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LocalStore } from '../../store/local/local-store.ts';
import type { StoreWriter } from '../../store/store.ts';
import { RateStore } from '../../store/wrap/rate-store.ts';
import { run } from './run.ts';
import { contentOf, SeriesLab } from './series.lab.ts';

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

/** A folder that tells when how many bytes come. */
class TimedStore extends LocalStore {
  readonly #told: (bytes: number) => void;

  constructor(folder: string, told: (bytes: number) => void) {
    super(folder);
    this.#told = told;
  }

  override async create(key: string): Promise<StoreWriter> {
    const writer = await super.create(key);
    const write = writer.write.bind(writer);
    writer.write = async (bytes) => {
      this.#told(bytes.length);
      await write(bytes);
    };
    return writer;
  }
}

describe('two rows at a time', () => {
  const BYTES_PER_SECOND = 60_000;
  /** The most that may come at once, and what is allowed while the process waits for a processor before a write that was allowed. */
  const BURST = 4096 + 0.15 * BYTES_PER_SECOND;

  it('stay within --max-rate together', async () => {
    const lab = openLab();
    const rows = ['a', 'b'].map((name) => {
      const source = join(lab.source, name);
      mkdirSync(source);
      writeFileSync(join(source, 'file'), randomBytes(30_000));
      return { ...lab.row, name, source, destination: join(lab.root, `destination-${name}`) };
    });
    const writes: { readonly at: number; readonly bytes: number }[] = [];
    const ends = await run(
      { file: 'plan.csv', rows },
      {
        only: [],
        dryRun: false,
        jobs: 2,
        rehash: false,
        acceptChanges: false,
        bytesPerSecond: BYTES_PER_SECOND,
        signal: new AbortController().signal,
        report: () => {},
        now: () => new Date(),
        open: (folder, limit) => {
          const timed = new TimedStore(folder, (bytes) => writes.push({ at: performance.now(), bytes }));
          return limit === undefined ? timed : new RateStore(timed, limit);
        },
      },
    );
    expect(ends.map(({ outcome }) => outcome)).toEqual(['written', 'written']);
    expect(writes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(60_000);
    // Since whichever write: no more than the rate allows until any later one, and one burst.
    for (const [i, first] of writes.entries()) {
      let sum = 0;
      for (const { at, bytes } of writes.slice(i)) {
        sum += bytes;
        expect(sum).toBeLessThanOrEqual(((at - first.at) / 1000) * BYTES_PER_SECOND + BURST);
      }
    }
  });
});
