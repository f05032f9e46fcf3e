// Whether snapshots give back what they should, found out without the program where that is possible.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asZip } from '../support/restored.ts';
import { lookAt, type Seen } from '../support/trees.ts';
import { localStore, series, verifyJob } from './built.ts';

export type Tree = ReadonlyMap<string, Seen>;

/** How a series is kept. */
export interface Kind {
  readonly format: 'tar.zst' | 'zip';
  /** Without: as on a disk that has no hard links. */
  readonly links: boolean;
  /** Where the program finds the folder, when that is not its path. */
  readonly address?: string;
}

/** Proves each state of a series once. */
export class Proofs {
  readonly #root: string;
  readonly #folder: string;
  readonly #kind: Kind;
  readonly #proven = new Set<string>();

  /** @param folder - Of the series. */
  constructor(root: string, folder: string, kind: Kind) {
    this.#root = root;
    this.#folder = folder;
    this.#kind = kind;
  }

  /** What is wrong with what RESTORE.txt makes of a snapshot, except at `tolerated` paths. */
  faultOf(name: string, tree: Tree, tolerated: ReadonlySet<string>): string | undefined {
    // Without links, a snapshot needs files of other folders.
    const folders = this.#kind.links ? [name] : this.#dated();
    const key = [name, this.#stateOf(folders), shown(tree), ...tolerated].join('|');
    if (this.#proven.has(key)) return undefined;
    const target = join(this.#root, 'restored');
    rmSync(target, { recursive: true, force: true });
    const script = join(this.#folder, name, 'RESTORE.txt');
    const { status, stderr } = spawnSync('sh', [script, target], { encoding: 'utf8' });
    if (status !== 0) return `cannot be restored: ${stderr}`;
    if (!existsSync(target)) return 'gives nothing back';
    const found = lookAt(target);
    const isZip = this.#kind.format === 'zip';
    const difference = isZip
      ? differenceOf(asZip(new Map(tree)), asZip(found), tolerated)
      : differenceOf(tree, found, tolerated);
    if (difference === undefined) this.#proven.add(key);
    return difference;
  }

  /** What `verify` finds, in full. */
  async damages(): Promise<readonly string[]> {
    const key = `verified ${this.#stateOf(this.#dated())}`;
    if (this.#proven.has(key)) return [];
    const found: string[] = [];
    const store = new localStore.LocalStore(dirname(this.#folder));
    const { end } = await verifyJob.verify(new series.Series(store, 'data'), {
      at: undefined,
      level: 'full',
      signal: new AbortController().signal,
      report: (event) => {
        if (event.event === 'damage' || event.event === 'lost') found.push(JSON.stringify(event));
      },
    });
    if (end.status === 0) this.#proven.add(key);
    return end.status === 0 ? [] : [`verify: ${found.join(', ')}`];
  }

  #dated(): readonly string[] {
    return readdirSync(this.#folder)
      .filter((name) => /^\d{4}-\d\d-\d\dT/.test(name))
      .toSorted();
  }

  /** Stands for the content of everything in `folders`. */
  #stateOf(folders: readonly string[]): string {
    const hash = createHash('sha256');
    for (const folder of folders) {
      for (const file of readdirSync(join(this.#folder, folder)).toSorted()) {
        const path = join(this.#folder, folder, file);
        const content = lstatSync(path).isFile() ? readFileSync(path) : '';
        hash.update(`${folder}/${file} ${createHash('sha256').update(content).digest('hex')}\n`);
      }
    }
    return hash.digest('hex');
  }
}

function shown(tree: Tree): string {
  return [...tree].map(([path, entry]) => `${path} ${plain(entry)}`).join('\n');
}

function plain(entry: Seen | undefined): string {
  return JSON.stringify(entry, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** The first path that is not the same in both. */
function differenceOf(expected: Tree, found: Tree, tolerated: ReadonlySet<string>): string | undefined {
  for (const path of new Set([...expected.keys(), ...found.keys()])) {
    if (tolerated.has(path)) continue;
    const [a, b] = [plain(expected.get(path)), plain(found.get(path))];
    if (a !== b) return `differs at "${path}": expected ${a}, found ${b}`;
  }
  return undefined;
}
