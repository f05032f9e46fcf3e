// For tests: a source, a destination and runs of one row, without the command line.
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VERSION_BOLT } from '../../series/names.ts';
import { keepThreads } from '../../../test/support/lasting-threads.ts';
import type { Row } from '../../plan/plan.ts';
import type { Info } from '../../series/info.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { RowEnd, RunEvent } from '../events.ts';
import { run, type RunOptions } from './run.ts';

keepThreads();

/** A store without hard links, as on exFAT. */
export class NoLinkStore extends LocalStore {
  override async link(): Promise<boolean> {
    return await Promise.resolve(false);
  }
}

export class SeriesLab {
  readonly root: string;
  readonly source: string;
  readonly events: RunEvent[] = [];
  row: Row;
  /** Ahead of all files, so that none of them counts as changed a moment ago. */
  #clockMs = Date.now();

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'snapshot-lab-'));
    this.source = join(this.root, 'source');
    mkdirSync(this.source);
    this.row = {
      line: 1,
      source: this.source,
      destination: join(this.root, 'destination'),
      name: 'data',
      active: true,
      keep: { last: 1000 },
      format: 'tar.zst',
      strategy: 'incremental',
      exclude: [],
      'exclude-from': '',
      excludeLines: [],
      'exclude-if-present': [],
      'exclude-larger-than': undefined,
      'one-file-system': false,
      'may-fail': [],
      before: '',
      after: '',
      'hook-limit': 3_600_000,
      encrypt: [],
      every: 86_400_000,
      shutdown: false,
    };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs the row, a day later each time. */
  async run(options: Partial<RunOptions> = {}): Promise<RowEnd> {
    this.#clockMs += 86_400_000;
    const ends = await run(
      { file: 'plan.csv', rows: [this.row] },
      {
        only: [],
        dryRun: false,
        jobs: 1,
        rehash: false,
        acceptChanges: true,
        signal: new AbortController().signal,
        report: (event) => this.events.push(event),
        now: () => new Date(this.#clockMs),
        ...options,
      },
    );
    const [end] = ends;
    if (end === undefined) throw new Error('no row ended');
    return end;
  }

  notes(): readonly string[] {
    return this.events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
  }

  /** Names of the locks in the series, of whatever kind. */
  locks(): readonly string[] {
    return readdirSync(this.folder()).filter((name) => name.startsWith('.') && name !== VERSION_BOLT);
  }

  folder(...parts: readonly string[]): string {
    return join(this.row.destination, this.row.name, ...parts);
  }

  /** Dated folders, oldest first. */
  folders(): readonly string[] {
    return readdirSync(this.folder())
      .filter((name) => /^\d{4}-/.test(name))
      .toSorted();
  }

  info(snapshot: string): Info {
    return JSON.parse(readFileSync(this.folder(snapshot, 'info.json'), 'utf8')) as Info;
  }

  /** What RESTORE.txt makes of a snapshot, as {@link contentOf} tells it. */
  restored(snapshot: string): ReadonlyMap<string, string> {
    const target = join(this.root, 'restored');
    const { status, stderr } = spawnSync('sh', [this.folder(snapshot, 'RESTORE.txt'), target]);
    if (status !== 0) throw new Error(stderr.toString());
    const content = contentOf(target);
    rmSync(target, { recursive: true });
    return content;
  }
}

/** Every path below `root`, with what it holds. */
export function contentOf(root: string): ReadonlyMap<string, string> {
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  return new Map(
    found.map((path) => {
      const stats = lstatSync(join(root, path));
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isDirectory()) return [path, `folder ${mode}`];
      if (stats.isSymbolicLink()) return [path, `link ${readlinkSync(join(root, path))}`];
      return [path, `file ${mode} ${stats.mtimeMs} ${readFileSync(join(root, path)).toString('base64')}`];
    }),
  );
}
