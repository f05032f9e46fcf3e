// A small series with a history, and damage to it at random places that `snapshot verify` has to find.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LivingTree, randomOf } from '../support/history.ts';

export type Format = 'tar.zst' | 'zip';

/** What a command came to. */
export interface Outcome {
  readonly status: number | null;
  readonly events: readonly { readonly event: string; readonly [field: string]: unknown }[];
  readonly stderr: string;
}

/** One round: what was done to which file, and what is wrong with the answer; undefined when nothing is. */
export interface Round {
  readonly damage: string;
  readonly fault: string | undefined;
}

/** Files that `--level quick` reads whole; of an archive it sees the size only. */
const SMALL = /(?:info\.json|\.jsonl\.zst|SHA256SUMS|RESTORE\.txt)$/;

export class DamagedSeries {
  readonly #main: string;
  readonly #root: string;
  readonly #random: (below: number) => number;
  readonly #format: Format;

  /**
   * @param main - The built command.
   * @param root - An empty folder.
   */
  constructor(main: string, root: string, format: Format, seed: number) {
    this.#main = main;
    this.#root = root;
    this.#random = randomOf(seed);
    this.#format = format;
  }

  get series(): string {
    return join(this.#root, 'destination', 'data');
  }

  /**
   * Makes a series with a history of so many snapshots.
   *
   * @param files - So many more files: from some thousands on, snapshots share an index and have changes.
   */
  make(nights: number, files: number): void {
    const source = join(this.#root, 'source');
    mkdirSync(join(source, 'many'), { recursive: true });
    for (let i = 0; i < files; i++) writeFileSync(join(source, 'many', `${i}`), `${i} ${this.#random(1e9)}`);
    const plan = `source,destination,name,format,keep\nsource,destination,data,${this.#format},100\n`;
    writeFileSync(join(this.#root, 'plan.csv'), plan);
    const tree = new LivingTree(source, this.#random(1e9));
    for (let night = 0; night < nights; night++) {
      tree.change(night === 0 ? 25 : 6);
      writeFileSync(join(source, 'night'), `${night}`);
      const { status, stderr } = this.command(['run', '--accept-changes', '--plan', 'plan.csv']);
      if (status !== 0) throw new Error(`night ${night}: ${stderr}`);
    }
  }

  command(args: readonly string[]): Outcome {
    const home = this.#root;
    const env = { ...process.env, HOME: home, USERPROFILE: home, XDG_STATE_HOME: home, LOCALAPPDATA: home };
    const options = { cwd: this.#root, env, maxBuffer: 1 << 28 };
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [this.#main, ...args, '--json'],
      options,
    );
    if (signal !== null) throw new Error(`someone ended the command: ${signal}`);
    const lines = stdout.toString().split('\n').slice(0, -1);
    return {
      status,
      events: lines.map((line) => JSON.parse(line) as Outcome['events'][number]),
      stderr: stderr.toString(),
    };
  }

  verify(...args: readonly string[]): Outcome {
    return this.command(['verify', this.series, ...args]);
  }

  /** What is said of the series as it is, which is healthy; undefined when nothing is. */
  faultOfHealthy(level: 'quick' | 'full'): string | undefined {
    const { status, events, stderr } = this.verify('--level', level);
    const said = events.filter(({ event }) => event === 'damage' || event === 'lost');
    return status === 0 && said.length === 0 && stderr === ''
      ? undefined
      : `healthy, and ${level} says ${status} ${JSON.stringify(said)} ${stderr}`;
  }

  /** Damages a file, looks whether that is found, and takes it back. */
  round(): Round {
    const folders = readdirSync(this.series).filter((name) => /^\d{4}-/.test(name));
    const folder = folders[this.#random(folders.length)] ?? '';
    const names = readdirSync(join(this.series, folder));
    const name = names[this.#random(names.length)] ?? '';
    const path = join(this.series, folder, name);
    const before = readFileSync(path);
    const spare = join(this.#root, 'spare');
    const { damage, restore, isCut } = this.#damage(path, before, spare);
    const after = existsSync(path) ? readFileSync(path) : undefined;
    const named = [name, ...standIns(name, before, after)];
    const fault = this.#faultOf(folder, named, 'full');
    const isQuick = SMALL.test(name) || isCut;
    const quickFault = isQuick ? this.#faultOf(folder, named, 'quick') : undefined;
    restore();
    if (!readFileSync(path).equals(before)) throw new Error('the damage was not taken back');
    return { damage: `${folder}/${name}: ${damage}`, fault: fault ?? quickFault };
  }

  #damage(
    path: string,
    before: Buffer,
    spare: string,
  ): { damage: string; restore: () => void; isCut: boolean } {
    // Written into the file that is there: all its names are damaged.
    const restore = (): void => writeFileSync(path, before);
    const what = this.#random(10);
    const at = this.#random(before.length);
    if (what <= 5) {
      const bit = this.#random(8);
      const bytes = Buffer.from(before);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      writeFileSync(path, bytes);
      return { damage: `bit ${bit} of byte ${at} flipped`, restore, isCut: false };
    }
    if (what === 6) {
      truncateSync(path, before.length - 1);
      return { damage: 'the last byte cut off', restore, isCut: true };
    }
    if (what <= 8) {
      writeFileSync(path, Buffer.concat([before.subarray(0, at), before.subarray(at + 1)]));
      return { damage: `byte ${at} cut out`, restore, isCut: true };
    }
    renameSync(path, spare);
    return { damage: 'removed', restore: () => renameSync(spare, path), isCut: true };
  }

  /** @param names - One of these files of the snapshot has to be named. */
  #faultOf(folder: string, names: readonly string[], level: 'quick' | 'full'): string | undefined {
    const { status, events, stderr } = this.verify('--level', level);
    const isNamed = events.some(
      ({ event, file, snapshots }) =>
        event === 'damage' &&
        Array.isArray(snapshots) &&
        snapshots.includes(folder) &&
        names.some((name) => String(file).endsWith(`/${name}`)),
    );
    return status === 1 && isNamed && stderr === ''
      ? undefined
      : `${level} says ${status} ${JSON.stringify(events.filter(({ event }) => event === 'damage'))} ${stderr}`;
  }
}

/** Files that may be named in place of SHA256SUMS, where nobody can know which of the two is wrong. */
function standIns(name: string, before: Buffer, after: Buffer | undefined): readonly string[] {
  if (name !== 'SHA256SUMS') return [];
  // SHA256SUMS and info.json speak of each other; of RESTORE.txt nothing else knows the sum.
  return isOnlyAbout('RESTORE.txt', before, after) ? ['info.json', 'RESTORE.txt'] : ['info.json'];
}

/** Whether two texts of SHA256SUMS differ in the sum of `file`, and in nothing else. */
function isOnlyAbout(file: string, before: Buffer, after: Buffer | undefined): boolean {
  const [old, now = []] = [before, after].map((text) => text?.toString('latin1').split('\n'));
  const isOfFile = (line: string | undefined): boolean => line?.endsWith(`  ${file}`) === true;
  return (
    old?.length === now.length &&
    old.every((line, i) => line === now[i] || (isOfFile(line) && isOfFile(now[i])))
  );
}
