// A folder of a test's own, with a source, a destination, a plan and a home in it.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type RowEnd, run, type RunCall, type RunEvent } from '../../src/index.ts';
import { keepThreads } from './lasting-threads.ts';
import {
  type CommandOptions,
  type Ended,
  eventsOf,
  homeVariables,
  type JsonEvent,
  Running,
  snapshot,
  tool,
} from './command.ts';

keepThreads();

const SNAPSHOT_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/;

/** What the tests look at in an info.json. */
export interface Info {
  readonly [key: string]: unknown;
  readonly name: string;
  readonly count: { readonly files: number; readonly folders: number; readonly links: number };
  readonly bytes: number;
  readonly change: { readonly added: number; readonly modified: number; readonly removed: number };
  readonly previous: string | null;
  readonly hash: { readonly tree: string };
  readonly archives: readonly {
    readonly number: number;
    readonly file: string;
    readonly bytes: number;
    readonly entries: number;
    readonly liveBytes: number;
  }[];
  readonly index: { readonly file: string };
  readonly skipped: readonly { readonly path?: string; readonly reason: string }[];
}

/** What the tests look at in a line of an index. */
export interface IndexLine {
  readonly path?: string;
  readonly pathBase64?: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly size?: number;
  readonly mode: string;
  readonly mtime: string;
  readonly hash?: string;
  readonly target?: string;
  readonly hardlink?: string;
  /** Archive number, then where in it. */
  readonly at?: readonly number[];
  readonly sparse?: boolean;
  readonly member?: string;
  readonly stale?: boolean;
  readonly kept?: string;
  readonly ctime: string;
  readonly inode: string;
}

export class Place {
  readonly root: string;
  readonly source: string;
  readonly destination: string;
  readonly plan: string;

  constructor() {
    this.root = realpathSync.native(mkdtempSync(join(tmpdir(), 'snapshot-e2e-')));
    this.source = this.path('source');
    this.destination = this.path('destination');
    this.plan = this.path('plan.csv');
    mkdirSync(this.source);
    mkdirSync(this.path('home'));
    this.writePlan('source,destination,name', 'source,destination,data');
  }

  /** One that is removed with the test that asks for it. */
  static open(): Place {
    const place = new Place();
    onTestFinished(() => place.remove());
    return place;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  /** Writes files below the source, folders made on the way. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.source, path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, content);
    }
  }

  /** So many small files in `folder`. */
  writeMany(folder: string, count: number, content = 'x'): void {
    mkdirSync(join(this.source, folder), { recursive: true });
    for (let i = 0; i < count; i++) writeFileSync(join(this.source, folder, `${i}.txt`), `${content} ${i}`);
  }

  writePlan(...lines: readonly string[]): void {
    writeFileSync(this.plan, `${lines.join('\n')}\n`);
  }

  options(more: Partial<CommandOptions> = {}): CommandOptions {
    return { cwd: this.root, home: this.path('home'), ...more };
  }

  start(args: readonly string[], more: Partial<CommandOptions> = {}): Running {
    return new Running(this.#withPlan(args), this.options(more));
  }

  async command(args: readonly string[], more: Partial<CommandOptions> = {}): Promise<Ended> {
    return await snapshot(this.#withPlan(args), this.options(more));
  }

  /** Runs the plan; `row` is how the (last) row ended. */
  async run(
    args: readonly string[] = [],
    more: Partial<CommandOptions> = {},
  ): Promise<Ended & { readonly events: readonly JsonEvent[]; readonly row: JsonEvent | undefined }> {
    const ended = await this.command(['run', '--json', ...args], more);
    const events = eventsOf(ended);
    return { ...ended, events, row: events.findLast(({ event }) => event === 'row') };
  }

  /** Runs the plan in this process, which takes a fifth of the time; all has to be well. @returns How the last row ended. */
  async night(options: RunCall = {}): Promise<RowEnd | undefined> {
    Object.assign(process.env, homeVariables(this.path('home')));
    const said: RunEvent[] = [];
    const { rows } = await run({ plan: this.plan, onEvent: (event) => said.push(event), ...options });
    expect(
      said.filter((event) => event.event === 'problem' || (event.event === 'note' && event.warning)),
    ).toEqual([]);
    expect(rows).toMatchObject(rows.map(() => ({ status: 0, error: null })));
    return rows.at(-1);
  }

  #withPlan(args: readonly string[]): readonly string[] {
    return args.includes('--plan') ? args : [...args, '--plan', this.plan];
  }

  series(name = 'data'): string {
    return join(this.destination, name);
  }

  /** Names of the dated folders of a series, oldest first. */
  snapshots(name = 'data'): readonly string[] {
    if (!existsSync(this.series(name))) return [];
    return readdirSync(this.series(name))
      .filter((entry) => SNAPSHOT_NAME.test(entry))
      .toSorted();
  }

  /** Those that are snapshots, and not left unfinished. */
  whole(name = 'data'): readonly string[] {
    return this.snapshots(name).filter((at) => existsSync(this.file('info.json', at, name)));
  }

  /** A file of a snapshot: by default, of the newest one of `data`. */
  file(file: string, at: string = this.snapshots().at(-1) ?? 'none', name: string = 'data'): string {
    return join(this.series(name), at, file);
  }

  info(at?: string, name?: string): Info {
    return JSON.parse(readFileSync(this.file('info.json', at, name), 'utf8')) as Info;
  }

  /** Paths of the archives of a snapshot, in the order in which they are to be extracted. */
  archives(name = 'data', at: string = this.snapshots(name).at(-1) ?? 'none'): readonly string[] {
    return this.info(at, name).archives.map(({ file }) =>
      file.includes('/') ? join(this.series(name), file) : this.file(file, at, name),
    );
  }

  /** The entries of a snapshot: lines of its index. A small series has no changes beside it. */
  index(at: string = this.snapshots().at(-1) ?? 'none', name = 'data'): readonly IndexLine[] {
    const { index } = this.info(at, name);
    const file = index.file.includes('/')
      ? join(this.series(name), index.file)
      : this.file(index.file, at, name);
    const lines = tool('zstd', ['-dc', file]).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as IndexLine);
  }

  /** Throws unless every file of every snapshot is what its SHA256SUMS says. */
  checkSums(name = 'data'): void {
    for (const at of this.whole(name)) {
      for (const line of readFileSync(this.file('SHA256SUMS', at, name), 'utf8')
        .trimEnd()
        .split('\n')) {
        const [sum, file = ''] = line.split('  ');
        const found = createHash('sha256')
          .update(readFileSync(this.file(file, at, name)))
          .digest('hex');
        if (found !== sum) throw new Error(`"${file}" of ${at} is not what it was`);
      }
    }
  }

  runs(name = 'data'): readonly JsonEvent[] {
    const lines = readFileSync(join(this.series(name), 'runs.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    return lines.map((line) => JSON.parse(line) as JsonEvent);
  }
}

/** Everything below `root`, sorted: what must not change when nothing may be written. */
export function listing(root: string): readonly string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
}
