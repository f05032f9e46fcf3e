// What the server says of changes: lines, none of which is believed before it was looked at.
import type { SnapshotError } from '../../base/errors.ts';
import { whyRefused } from '../../serve/library/file-name.ts';
import { isCount, isHash } from '../../serve/library/journal-lines.ts';
import { type BytePath, fromText } from '../../tree/path.ts';

/** A file there. */
export interface RemoteFile {
  readonly path: BytePath;
  /** Number of the change that made it what it is. */
  readonly n: number;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Hexadecimal digits. */
  readonly blake3: string;
}

/** A file there that cannot be one here. */
export interface RefusedName {
  readonly path: string;
  readonly reason: string;
  readonly n: number;
}

export interface RemoteChanges {
  /** These are all files. */
  readonly isFull: boolean;
  readonly puts: ReadonlyMap<BytePath, RemoteFile>;
  /** Paths that are gone, with the number of that change. Of all files, not those that are not among them. */
  readonly removed: ReadonlyMap<BytePath, number>;
  readonly refused: readonly RefusedName[];
  /** Number of the last change. */
  readonly n: number;
}

/** A path has 4,096 bytes at most, and in JSON each may take six. */
const LONGEST_LINE = 64 * 1024;
/** As far as `Date` goes. */
const LAST_MS = 8.64e15;

export class ChangesReader {
  readonly #unknown: () => SnapshotError;
  readonly #puts = new Map<BytePath, RemoteFile>();
  readonly #removed = new Map<BytePath, number>();
  readonly #refused: RefusedName[] = [];
  #isFull: boolean;
  #last: number | undefined;

  /** @param after - What was asked for. @param unknown - Makes the error for what is none of it. */
  constructor(after: number, unknown: () => SnapshotError) {
    this.#isFull = after === 0;
    this.#unknown = unknown;
  }

  /** @throws {@link SnapshotError} for lines that are none, or when the last one is missing. */
  async read(body: AsyncIterable<Uint8Array>): Promise<RemoteChanges> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of body) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw this.#unknown();
      for (const line of lines) this.#take(line);
    }
    if (rest !== '' || this.#last === undefined) throw this.#unknown();
    const [isFull, puts, removed] = [this.#isFull, this.#puts, this.#removed];
    return { isFull, puts, removed, refused: this.#refused, n: this.#last };
  }

  #take(line: string): void {
    const { reset, do: what, path, path64, n, size, modified, blake3 } = fieldsOf(line);
    if (reset === true) this.#isFull = true;
    else if (!isCount(n) || this.#last !== undefined) throw this.#unknown();
    else if (what === undefined) this.#last = n;
    else if (what === 'remove') {
      if (typeof path === 'string' && whyRefused(path) === undefined) this.#remove(fromText(path), n);
    } else if (what !== 'put') throw this.#unknown();
    else if (typeof path !== 'string')
      this.#refused.push({ path: String(path64), reason: 'its name is no text', n });
    else {
      const why = whyRefused(path);
      if (why !== undefined) this.#refused.push({ path, reason: why, n });
      else if (!isCount(size) || !isHash(blake3) || !isTime(modified)) throw this.#unknown();
      else this.#put({ path: fromText(path), n, size, modifiedMs: modified, blake3 });
    }
  }

  #put(file: RemoteFile): void {
    this.#removed.delete(file.path);
    this.#puts.set(file.path, file);
  }

  #remove(path: BytePath, n: number): void {
    this.#puts.delete(path);
    this.#removed.set(path, n);
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= LAST_MS;
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
