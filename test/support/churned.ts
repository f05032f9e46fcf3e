// Runs on a tree that never holds still, and all that has to be true of what they store.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE, tool } from './command.ts';
import { mixIn } from './churn.ts';
import { writeCounter } from './count-tries.ts';
import { largeMixIn } from './large-churn.ts';

/** The folder of large files. */
const LARGE = 'written to';

const FORMATS = ['tar.zst', 'zip'];

/** So long may a run take before it counts as hanging. */
const HANG_MS = 120_000;

/** What was done, and how often. */
export interface ChurnCount {
  runs: number;
  snapshots: number;
  /** Stored files that were looked at, and those that a run had named as changed. */
  files: number;
  changed: number;
  /** Large files among them that were caught in the middle of a change: begun again, and in the end named all the same. */
  again: number;
  largeChanged: number;
}

interface Skipped {
  readonly path?: string;
  readonly reason: string;
}

export class ChurnedPlace {
  readonly count: ChurnCount = {
    runs: 0,
    snapshots: 0,
    files: 0,
    changed: 0,
    again: 0,
    largeChanged: 0,
  };
  readonly source: string;
  /** For files that {@link startWriting} writes to. */
  readonly large: string;
  readonly #main: string;
  readonly #root: string;
  readonly #chunks: number;
  readonly #counter: string;
  readonly #tries: string;

  /**
   * @param main - The built command.
   * @param root - An empty folder.
   * @param chunks - Of each large file.
   */
  constructor(main: string, root: string, chunks: number) {
    this.#main = main;
    this.#root = root;
    this.#chunks = chunks;
    this.source = join(root, 'source');
    this.large = join(this.source, LARGE);
    mkdirSync(this.large, { recursive: true });
    this.#tries = join(root, 'tries');
    this.#counter = writeCounter(root, main, LARGE, this.#tries);
    const rows = FORMATS.map((format) => `source,destination,${format},${format},2`);
    writeFileSync(join(root, 'plan.csv'), `source,destination,name,format,keep\n${rows.join('\n')}\n`);
  }

  /** One run, while the tree moves. Throws when anything is not as it must be. */
  run(): void {
    const { status, stdout, stderr, error } = this.#command(['run', '--accept-changes', '--json']);
    this.count.runs++;
    const tries = existsSync(this.#tries) ? readFileSync(this.#tries, 'utf8') : '';
    this.count.again = tries.split('\n').reduce((sum, again) => sum + Number(again), 0);
    if (error !== undefined || (status !== 0 && status !== 3) || stderr.length > 0)
      throw new Error(`${status} ${String(error)} ${stderr.toString()} ${stdout.toString()}`);
    const events = stdout
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    for (const row of events.filter(({ event }) => event === 'row')) {
      if (row['outcome'] !== 'written') continue;
      const named = events.filter((event) => event['event'] === 'problem' && event['row'] === row['row']);
      this.#look(String(row['folder']), named.length);
    }
  }

  /** Everything that is there is whole. */
  verify(): void {
    const { status, stdout, stderr } = this.#command(['verify', '--level', 'full']);
    if (status !== 0) throw new Error(`verify: ${stdout.toString()}${stderr.toString()}`);
  }

  /** What a snapshot holds and does not name as changed is what one moment held. */
  #look(folder: string, named: number): void {
    this.count.snapshots++;
    const info = readFileSync(join(folder, 'info.json'), 'utf8');
    const { skipped } = JSON.parse(info) as { skipped: readonly Skipped[] };
    if (skipped.length !== named) throw new Error(`${folder}: ${skipped.length} skipped, ${named} named`);
    const changed = new Set(
      skipped.flatMap(({ path, reason }) => (reason.includes('changed') ? [path] : [])),
    );
    this.count.changed += changed.size;
    for (const path of changed) if (path?.startsWith(`${LARGE}/`) === true) this.count.largeChanged++;
    const target = join(this.#root, 'restored');
    tool('sh', [join(folder, 'RESTORE.txt'), target]);
    for (const path of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
      if (!lstatSync(join(target, path)).isFile() || path.endsWith('new')) continue;
      this.count.files++;
      const mix = changed.has(path) ? undefined : this.#mixIn(join(target, path), path);
      if (mix !== undefined) throw new Error(`${folder}: "${path}" is what it was at no moment: ${mix}`);
    }
    rmSync(target, { recursive: true });
  }

  #mixIn(file: string, path: string): string | undefined {
    return path.startsWith(`${LARGE}/`) ? largeMixIn(file, this.#chunks) : mixIn(file);
  }

  #command(args: readonly string[]): ReturnType<typeof spawnSync> {
    const home = this.#root;
    const homes = { HOME: home, USERPROFILE: home, XDG_STATE_HOME: home, LOCALAPPDATA: home };
    return spawnSync(NODE, ['--import', this.#counter, this.#main, ...args, '--plan', 'plan.csv'], {
      cwd: this.#root,
      env: { ...process.env, ...homes },
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
    });
  }
}
