// What a library holds, as far as it was seen: path -> file, content -> paths. In memory.
import type { BytePath } from '../../tree/path.ts';

/** A file of a library, as it was when its content was read. */
export interface Held {
  readonly path: BytePath;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, with what the file system has below them. */
  readonly mtimeMs: number;
  /** 0 where the system has none. */
  readonly inode: number;
  /** Hexadecimal digits, as all hashes here. */
  readonly blake3: string;
  /** Where a client has given it, and it was right. */
  readonly sha256?: string | undefined;
  /** Id of the token by which it was uploaded; undefined when it came by other means. */
  readonly by?: string | undefined;
  /** When it was uploaded, in milliseconds since 1970. */
  readonly atMs?: number | undefined;
  /** Number of the change that made it what it is. */
  readonly n: number;
}

export class Holdings {
  readonly #byPath = new Map<BytePath, Held>();
  readonly #byBlake3 = new Map<string, BytePath[]>();
  readonly #bySha256 = new Map<string, string>();
  #bytes = 0;

  get size(): number {
    return this.#byPath.size;
  }

  /** Of all files together. */
  get bytes(): number {
    return this.#bytes;
  }

  at(path: BytePath): Held | undefined {
    return this.#byPath.get(path);
  }

  all(): IterableIterator<Held> {
    return this.#byPath.values();
  }

  /** All files with this content. */
  of(blake3: string): readonly Held[] {
    return (this.#byBlake3.get(blake3) ?? []).flatMap((path) => this.#byPath.get(path) ?? []);
  }

  /** The BLAKE3 of the content with this SHA-256, if a client has ever given both. */
  blake3Of(sha256: string): string | undefined {
    return this.#bySha256.get(sha256);
  }

  put(held: Held): void {
    this.remove(held.path);
    this.#byPath.set(held.path, held);
    this.#bytes += held.size;
    const paths = this.#byBlake3.get(held.blake3);
    if (paths === undefined) this.#byBlake3.set(held.blake3, [held.path]);
    else paths.push(held.path);
    if (held.sha256 !== undefined) this.#bySha256.set(held.sha256, held.blake3);
  }

  remove(path: BytePath): Held | undefined {
    const held = this.#byPath.get(path);
    if (held === undefined) return undefined;
    this.#byPath.delete(path);
    this.#bytes -= held.size;
    const others = (this.#byBlake3.get(held.blake3) ?? []).filter((other) => other !== path);
    if (others.length > 0) this.#byBlake3.set(held.blake3, others);
    else this.#byBlake3.delete(held.blake3);
    return held;
  }
}
