// Runs that are killed at any moment, and all that has to be true after that.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { NODE } from './command.ts';
import { LivingTree, randomOf } from './history.ts';
import { asZip, restored } from './restored.ts';
import { lookAt, type Seen } from './trees.ts';
import { withoutLinks } from './without-links.ts';

const KEEP = 3;
const WITHOUT_LINKS = 'without-links';
const SNAPSHOT_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/;

interface Row {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly isZip: boolean;
}

const ROWS: readonly Row[] = [
  { name: 'tar', source: 'one', destination: 'backups', isZip: false },
  { name: 'zip', source: 'two', destination: 'backups', isZip: true },
  { name: 'tar', source: 'one', destination: WITHOUT_LINKS, isZip: false },
  { name: 'zip', source: 'two', destination: WITHOUT_LINKS, isZip: true },
];

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly stderr: string;
}

/** What was done, and how often. */
export interface KillCount {
  /** All that were tried; of them, those that came before the run had ended by itself. */
  kills: number;
  hits: number;
  /** Of those, the ones that left a series locked, and that left a folder unfinished. */
  locked: number;
  unfinished: number;
  /** Snapshots that were found whole or rotated out in order, after a kill or a run. */
  snapshots: number;
  restores: number;
}

export class KilledPlace {
  readonly count: KillCount = { kills: 0, hits: 0, locked: 0, unfinished: 0, snapshots: 0, restores: 0 };
  readonly #main: string;
  readonly #root: string;
  readonly #random: (below: number) => number;
  readonly #trees: ReadonlyMap<string, LivingTree>;
  /** What the source of each snapshot looked like, by series and snapshot. */
  readonly #moments = new Map<string, Map<string, Seen>>();
  readonly #foreign = new Map<string, string>();
  #runMs = 0;
  #night = 0;

  /**
   * @param main - The built command.
   * @param root - An empty folder.
   * @param files - So many more files in each source.
   */
  constructor(main: string, root: string, seed: number, files: number) {
    this.#main = main;
    this.#root = root;
    this.#random = randomOf(seed);
    const trees = ['one', 'two'].map((source): [string, LivingTree] => {
      const folder = join(root, source);
      mkdirSync(join(folder, 'many'), { recursive: true });
      for (let i = 0; i < files; i++) writeFileSync(join(folder, 'many', `${i}`), `${i} `.repeat(i * 3));
      return [source, new LivingTree(folder, this.#random(1e9))];
    });
    this.#trees = new Map(trees);
    const lines = ROWS.map(
      ({ name, source, destination, isZip }) =>
        `${source},${destination},${name},${isZip ? 'zip' : 'tar.zst'},${KEEP}`,
    );
    writeFileSync(join(root, 'plan.csv'), `source,destination,name,format,keep\n${lines.join('\n')}\n`);
  }

  /** Makes the first snapshots, and measures how long a run takes. */
  async begin(): Promise<void> {
    await this.check();
    for (const row of ROWS) {
      this.#addForeign(row.destination, 'not ours.txt');
      this.#addForeign(row.destination, row.name, 'notes.txt');
      this.#addForeign(row.destination, row.name, '2020-01-01', 'photo.jpg');
      this.#addForeign(row.destination, row.name, this.#whole(row)[0] ?? '', 'within a snapshot.txt');
    }
  }

  /** One night whose run is killed. Throws when anything is not as it must be. */
  async kill(): Promise<void> {
    const seen = this.#change();
    const before = this.#leftovers();
    const delayMs = this.#random(Math.ceil(this.#runMs * 1.1));
    const { status, signal, output, stderr } = await this.#command(this.#runArgs(), delayMs);
    this.count.kills++;
    if (signal === 'SIGKILL') {
      this.count.hits++;
      const left = this.#leftovers().filter((path) => !before.includes(path));
      if (left.some((path) => /\.lock-[0-9a-f]/.test(path))) this.count.locked++;
      if (left.some((path) => SNAPSHOT_NAME.test(basename(path)))) this.count.unfinished++;
    } else if (status !== 0) throw new Error(`a run that was not killed: ${status}\n${output}${stderr}`);
    this.#look(seen);
  }

  /** The next run needs no hand; all that is there is whole, and comes back as it was. */
  async check(): Promise<void> {
    const seen = this.#change();
    const begin = performance.now();
    await this.#expectFine(this.#runArgs());
    this.#runMs = performance.now() - begin;
    this.#look(seen);
    // What only a snapshot needed that was rotated out is cleared away by the run after that.
    await this.#expectFine(this.#runArgs());
    await this.#expectFine(['verify', '--level', 'full', '--plan', 'plan.csv']);
    for (const row of ROWS) {
      this.#expectTidy(row);
      for (const at of this.#whole(row)) this.#expectRestored(row, at);
    }
  }

  async #expectFine(args: readonly string[]): Promise<void> {
    const { status, stderr, output } = await this.#command(args);
    if (status !== 0 || stderr !== '') throw new Error(`${args.join(' ')}: ${status}\n${output}${stderr}`);
  }

  #change(): Map<string, Map<string, Seen>> {
    this.#night++;
    const seen = [...this.#trees].map(([source, tree]): [string, Map<string, Seen>] => {
      tree.change(1 + this.#random(8));
      writeFileSync(join(this.#root, source, 'night'), `${this.#night}`);
      return [source, lookAt(join(this.#root, source))];
    });
    return new Map(seen);
  }

  #runArgs(): readonly string[] {
    const jobs = this.#random(2) === 0 ? ['--jobs', '3'] : [];
    return ['run', '--accept-changes', '--plan', 'plan.csv', ...jobs];
  }

  /** Notes new snapshots; the newest ones that are known have to be there. */
  #look(seen: ReadonlyMap<string, Map<string, Seen>>): void {
    for (const row of ROWS) {
      const whole = this.#whole(row);
      for (const at of whole) {
        const key = this.#key(row, at);
        const moment = seen.get(row.source);
        if (!this.#moments.has(key) && moment !== undefined) this.#moments.set(key, moment);
      }
      const known = [...this.#moments.keys()].filter((key) => key.startsWith(this.#key(row, '')));
      for (const key of known.toSorted().slice(-KEEP)) {
        if (!whole.some((at) => this.#key(row, at) === key)) throw new Error(`${key} is gone`);
        this.count.snapshots++;
      }
    }
    for (const [path, content] of this.#foreign) {
      if (readFileSync(path, 'utf8') !== content) throw new Error(`${path} was touched`);
    }
  }

  /** Locks and unfinished folders. */
  #leftovers(): readonly string[] {
    return ROWS.flatMap((row) => {
      const locks = readdirSync(this.#series(row)).filter((name) => /^\.lock-[0-9a-f]/.test(name));
      return [...locks, ...this.#unfinished(row)].map((name) => this.#key(row, name));
    });
  }

  /** After a run that was left alone, there is nothing of those that were not. */
  #expectTidy(row: Row): void {
    const whole = this.#whole(row);
    if (whole.length > KEEP) throw new Error(`not rotated: ${whole.join(' ')}`);
    const names = readdirSync(this.#series(row));
    // One that was cut short while it was written cannot tell whose it is, and stays until it is old.
    const locks = names.filter((name) => /^\.lock-[0-9a-f]/.test(name) && !name.endsWith('.part'));
    if (locks.length > 0) throw new Error(`locks are left: ${locks.join(' ')}`);
    const named = new Set(whole.flatMap((at) => this.#filesOf(row, at)));
    // What is kept of a snapshot that was let go says so.
    for (const at of this.#unfinished(row)) named.add(`${at}/LET-GO`);
    for (const at of [...whole, ...this.#unfinished(row)]) {
      for (const name of readdirSync(join(this.#series(row), at))) {
        if (!named.has(`${at}/${name}`) && !this.#foreign.has(join(this.#series(row), at, name)))
          throw new Error(`${this.#key(row, at)}/${name} is left`);
      }
    }
  }

  /** What belongs to a snapshot, its own files and those in other folders. */
  #filesOf(row: Row, at: string): readonly string[] {
    const sums = readFileSync(join(this.#series(row), at, 'SHA256SUMS'), 'utf8')
      .trimEnd()
      .split('\n');
    const names = sums.map((line) => line.split('  ')[1] ?? '');
    return [
      `${at}/SHA256SUMS`,
      ...names.map((name) => (name.startsWith('../') ? name.slice(3) : `${at}/${name}`)),
    ];
  }

  #expectRestored(row: Row, at: string): void {
    const place = {
      path: (...parts: readonly string[]): string => join(this.#root, ...parts),
      file: (file: string): string => join(this.#series(row), at, file),
    };
    const [found, wanted] = [restored(place, at), this.#moments.get(this.#key(row, at)) ?? new Map()];
    this.count.restores++;
    if (isDeepStrictEqual(row.isZip ? asZip(found) : found, row.isZip ? asZip(wanted) : wanted)) return;
    throw new Error(`${this.#key(row, at)} does not come back as it was`);
  }

  #whole(row: Row): readonly string[] {
    return this.#dated(row).filter((at) => existsSync(join(this.#series(row), at, 'info.json')));
  }

  #unfinished(row: Row): readonly string[] {
    return this.#dated(row).filter((at) => !existsSync(join(this.#series(row), at, 'info.json')));
  }

  #dated(row: Row): readonly string[] {
    const series = this.#series(row);
    return existsSync(series)
      ? readdirSync(series)
          .filter((name) => SNAPSHOT_NAME.test(name))
          .toSorted()
      : [];
  }

  #series({ destination, name }: Row): string {
    return join(this.#root, destination, name);
  }

  #key({ destination, name }: Row, at: string): string {
    return `${destination}/${name}/${at}`;
  }

  #addForeign(...parts: readonly string[]): void {
    const path = join(this.#root, ...parts);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `somebody else's: ${parts.join('/')}`);
    this.#foreign.set(path, readFileSync(path, 'utf8'));
  }

  async #command(args: readonly string[], killMs?: number): Promise<Ended> {
    const home = this.#root;
    const homes = { HOME: home, USERPROFILE: home, XDG_STATE_HOME: home, LOCALAPPDATA: home };
    const child = spawn(NODE, [this.#main, ...args], {
      cwd: this.#root,
      env: { ...process.env, ...homes, ...withoutLinks(WITHOUT_LINKS) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    const timer = killMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killMs);
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => {
        clearTimeout(timer);
        const [output, stderr] = [Buffer.concat(out).toString(), Buffer.concat(err).toString()];
        resolve({ status, signal, output, stderr });
      });
    });
  }
}
