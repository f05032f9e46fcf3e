// Where this machine remembers a pair: what both sides had when they last agreed, and what the last sync did.
//
//     STATE/pairs/KEY/past.jsonl      a line about the pair, and one for each path
//     STATE/pairs/KEY/journal.jsonl   what was done since; the lines count in their order, a last one that is cut short does not
//     STATE/pairs/KEY/last.jsonl      what the last sync did, step by step, to be taken back
//     STATE/pairs/KEY/result.json     how it ended
//
// Nothing here is the only copy of anything: without it both sides are read, united, and nothing is deleted.
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { damaged, reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import { thisStateFolder } from '../host/state-folder.ts';
import { pathField, pathOf } from '../mirror/path-field.ts';
import type { EntryType } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';
import type { Agreed, Item, SideName } from './item.ts';

const VERSION = 1;

/** Who the sides of a pair were. */
export interface PairSides {
  /** Their addresses, in byte order: the pair is one whichever is given first. */
  readonly addresses: readonly [string, string];
  /** What each root says it is; undefined before the first sync. */
  readonly ids: readonly [string | undefined, string | undefined];
  /** See `Side.rootTag`. */
  readonly tags: readonly [string | undefined, string | undefined];
  /** What was mounted below each root, as paths and what they were; see `Listing.mounts`. */
  readonly mounts: readonly [Mounts, Mounts];
}

type Mounts = ReadonlyMap<BytePath, string>;

export interface StoredPast {
  readonly sides: PairSides | undefined;
  readonly past: ReadonlyMap<BytePath, Agreed>;
  /** Something was added to it: it is to be written anew before more is. */
  readonly hasJournal: boolean;
}

/** Where all pairs are remembered, a folder for each. */
export function pairsFolder(): string {
  return join(thisStateFolder(), 'pairs');
}

/** What this machine remembers of one pair. */
export class PastFile {
  readonly folder: string;
  /** Whether the side that was given first comes second in what is stored. */
  readonly #isFlipped: boolean;
  #journal: FileHandle | undefined;
  /** Of the past that was read or written last: a journal of another one does not count. */
  #generation = '';

  /** @param addresses - Those of the sides, in the order in which they were given. */
  constructor(addresses: readonly [string, string]) {
    const sorted = addresses.toSorted();
    this.#isFlipped = sorted[0] !== addresses[0];
    const key = createHash('sha256').update(sorted.join('\0')).digest('hex').slice(0, 24);
    this.folder = join(pairsFolder(), key);
  }

  /** A side as it is stored, and back: `a` is the one whose address comes first. */
  letterOf(side: SideName): 'a' | 'b' {
    return (side === 'here') === this.#isFlipped ? 'b' : 'a';
  }

  sideOf(letter: unknown): SideName {
    return (letter === 'a') === this.#isFlipped ? 'there' : 'here';
  }

  /** @returns What is known; without a past when there is none, or it cannot be understood, which `warn` is told. */
  async read(warn: (message: string) => void): Promise<StoredPast> {
    const bytes = await this.#bytesOf('past.jsonl');
    const past = new Map<BytePath, Agreed>();
    if (bytes === undefined) return { sides: undefined, past, hasJournal: false };
    try {
      const [head = '', ...lines] = bytes.toString('utf8').split('\n');
      const sides = sidesOf(JSON.parse(head) as Record<string, unknown>);
      for (const line of lines) if (line !== '') this.#take(past, line);
      this.#generation = generationOf(head);
      const [first = '', ...added] = ((await this.#bytesOf('journal.jsonl'))?.toString('utf8') ?? '').split(
        '\n',
      );
      // The last one may have been cut short.
      if (first !== '' && generationOf(first) === this.#generation)
        for (const line of added.slice(0, -1)) this.#take(past, line);
      const hasJournal = first !== '';
      return { sides: this.#isFlipped ? flipped(sides) : sides, past, hasJournal };
    } catch (error) {
      if (!(error instanceof SnapshotError || error instanceof SyntaxError)) throw error;
      warn(
        `What is known of the last sync cannot be understood (${error.message}): both sides are united, and nothing is deleted`,
      );
      return { sides: undefined, past: new Map(), hasJournal: true };
    }
  }

  /** Writes down all of it, in place of what was there. */
  async write(sides: PairSides, past: ReadonlyMap<BytePath, Agreed>): Promise<void> {
    const { mounts, ...rest } = this.#isFlipped ? flipped(sides) : sides;
    const listed = mounts.map((one) => [...one].map(([path, id]) => ({ ...pathField('path', path), id })));
    this.#generation = randomUUID();
    const head = { version: VERSION, generation: this.#generation, ...rest, mounts: listed };
    const lines = [JSON.stringify(head), ...[...past].map(([path, agreed]) => this.#line(path, agreed))];
    await this.replace('past.jsonl', `${lines.join('\n')}\n`);
    await this.#journal?.close();
    this.#journal = undefined;
    await rm(join(this.folder, 'journal.jsonl'), { force: true });
  }

  /** Adds to what {@link write} has written what both sides agree on now; undefined: neither has it. It is on both disks by then. */
  async append(changes: readonly (readonly [BytePath, Agreed | undefined])[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#remembering(async () => {
      if (this.#journal === undefined) {
        this.#journal = await files.open(join(this.folder, 'journal.jsonl'), 'w', 0o600);
        await this.#journal.appendFile(`${JSON.stringify({ generation: this.#generation })}\n`);
      }
      await this.#journal.appendFile(
        changes.map(([path, agreed]) => `${this.#line(path, agreed)}\n`).join(''),
      );
    });
  }

  /** Replaces one of the files of the pair, whole or not at all. */
  async replace(name: string, text: string): Promise<void> {
    await this.#remembering(async () => {
      const [at, part] = [join(this.folder, name), join(this.folder, `${name}.part`)];
      const file = await files.open(part, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.datasync();
      } finally {
        await file.close();
      }
      await files.rename(part, at);
    });
  }

  /** Does `work` in the folder. @throws {@link SnapshotError} `E_SPACE` where it is full, `E_HOST` where this user may not write to it. */
  async #remembering(work: () => Promise<void>): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      await work();
    } catch (cause) {
      const code = systemCode(cause);
      if (code === undefined) throw cause;
      const isFull = code === 'ENOSPC' || code === 'EDQUOT';
      const why = `Cannot write to "${this.folder}", where this machine remembers what was synced: ${reasonOf(cause)}`;
      const hint = isFull
        ? 'Make room there. What was done by then stays; the next sync goes on.'
        : 'Set HOME or XDG_STATE_HOME to where this user may write.';
      throw new SnapshotError(isFull ? 'E_SPACE' : 'E_HOST', why, { cause, hint });
    }
  }

  async text(name: string): Promise<string | undefined> {
    return (await this.#bytesOf(name))?.toString('utf8');
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    this.#journal = undefined;
  }

  async #bytesOf(name: string): Promise<Buffer | undefined> {
    return await readFile(join(this.folder, name)).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      return undefined;
    });
  }

  #line(path: BytePath, agreed: Agreed | undefined): string {
    if (agreed === undefined) return JSON.stringify({ ...pathField('path', path), gone: true });
    const { type, hash, target, here, there } = agreed;
    const [a, b] = this.#isFlipped ? [there, here] : [here, there];
    return JSON.stringify({
      ...pathField('path', path),
      type,
      ...(hash !== undefined && { hash }),
      ...(target !== undefined && pathField('target', target)),
      a: rawItem(a),
      b: rawItem(b),
    });
  }

  #take(past: Map<BytePath, Agreed>, line: string): void {
    const raw = JSON.parse(line) as Record<string, unknown>;
    const path = pathOf(raw, 'path');
    if (path === undefined || path === '') throw damaged(this.folder, 'a line names no path');
    if (raw['gone'] === true) {
      past.delete(path);
      return;
    }
    const type = raw['type'];
    const hash = raw['hash'];
    if (type !== 'file' && type !== 'folder' && type !== 'link')
      throw damaged(this.folder, 'a line has no type');
    const isHash = typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
    if (isHash !== (type === 'file')) throw damaged(this.folder, 'a line has no hash');
    const target = targetOf(raw);
    const [a, b] = [itemOf(raw['a'], type, target), itemOf(raw['b'], type, target)];
    const [here, there] = this.#isFlipped ? [b, a] : [a, b];
    past.set(path, { type, hash: isHash ? hash : undefined, target, here, there });
  }
}

function generationOf(line: string): string {
  const raw = JSON.parse(line) as { generation?: unknown };
  return typeof raw.generation === 'string' ? raw.generation : '';
}

function flipped({ addresses, ids, tags, mounts }: PairSides): PairSides {
  return {
    addresses: [addresses[1], addresses[0]],
    ids: [ids[1], ids[0]],
    tags: [tags[1], tags[0]],
    mounts: [mounts[1], mounts[0]],
  };
}

function sidesOf(raw: Record<string, unknown>): PairSides {
  if (raw['version'] !== VERSION) throw damaged('past.jsonl', `it is of version ${String(raw['version'])}`);
  const pair = (key: string): readonly [string | undefined, string | undefined] => {
    const value = Array.isArray(raw[key]) ? (raw[key] as readonly unknown[]) : [];
    const [a, b] = value.map((one) => (typeof one === 'string' ? one : undefined));
    return [a, b];
  };
  const [a, b] = pair('addresses');
  if (a === undefined || b === undefined) throw damaged('past.jsonl', 'it does not say of which pair it is');
  const listed = Array.isArray(raw['mounts']) ? (raw['mounts'] as readonly unknown[]) : [];
  return {
    addresses: [a, b],
    ids: pair('ids'),
    tags: pair('tags'),
    mounts: [mountsOf(listed[0]), mountsOf(listed[1])],
  };
}

function mountsOf(raw: unknown): Mounts {
  const mounts = new Map<BytePath, string>();
  for (const one of Array.isArray(raw) ? (raw as readonly Record<string, unknown>[]) : []) {
    const path = pathOf(one, 'path');
    if (path !== undefined) mounts.set(path, String(one['id']));
  }
  return mounts;
}

function rawItem({ size, mtimeMs, mode, tag }: Item): readonly unknown[] {
  return [size, mtimeMs, mode ?? null, tag];
}

function itemOf(raw: unknown, type: EntryType, target: BytePath | undefined): Item {
  const [size, mtimeMs, mode, tag] = Array.isArray(raw) ? (raw as readonly unknown[]) : [];
  if (typeof size !== 'number' || typeof mtimeMs !== 'number' || typeof tag !== 'string')
    throw damaged('past.jsonl', 'a line does not say what a side had');
  return { type, size, mtimeMs, mode: typeof mode === 'number' ? mode : undefined, tag, target };
}

/** What a link says may lead anywhere. */
function targetOf(raw: Record<string, unknown>): BytePath | undefined {
  const { target, targetBase64 } = raw;
  if (typeof target === 'string') return Buffer.from(target, 'utf8').toString('latin1') as BytePath;
  if (typeof targetBase64 === 'string')
    return Buffer.from(targetBase64, 'base64').toString('latin1') as BytePath;
  return undefined;
}
