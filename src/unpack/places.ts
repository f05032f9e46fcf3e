import type { ArchiveFormat } from '../base/archive-format.ts';
import type { PlaceInArchive } from '../format/contents.ts';

/** An archive as its store has it. */
export interface ArchiveFile {
  readonly key: string;
  readonly format: ArchiveFormat;
}

const NONE = -1;

/** Where the content of entries lies, by their numbers. In columns, as there may be a million. */
export class Places {
  readonly #archives: ArchiveFile[] = [];
  readonly #numbers = new Map<string, number>();
  #archive = new Int32Array(0);
  #offset = new Float64Array(0);
  #length = new Float64Array(0);
  #skip = new Float64Array(0);

  /** Entry `i` has the content at `place` of `archive`, whatever was said of it before. */
  set(i: number, archive: ArchiveFile, { offset, length, skip }: PlaceInArchive): void {
    if (i >= this.#archive.length) this.#resize(Math.max(1024, Math.ceil((i + 1) * 1.5)));
    const number = this.#numbers.get(archive.key) ?? this.#archives.push(archive) - 1;
    this.#numbers.set(archive.key, number);
    this.#archive[i] = number;
    this.#offset[i] = offset;
    this.#length[i] = length;
    this.#skip[i] = skip;
  }

  /** The archive that entry `i` has its content in; undefined when nothing is known of it. */
  archive(i: number): ArchiveFile | undefined {
    return this.#archives[this.#archive[i] ?? NONE];
  }

  place(i: number): PlaceInArchive {
    return { offset: this.#offset[i] ?? 0, length: this.#length[i] ?? 0, skip: this.#skip[i] ?? 0 };
  }

  /** `numbers` in the order in which their content lies in the archives. */
  sorted(numbers: readonly number[]): readonly number[] {
    return numbers.toSorted(
      (a, b) =>
        by(this.#archive, a, b) ||
        by(this.#offset, a, b) ||
        by(this.#length, a, b) ||
        by(this.#skip, a, b) ||
        a - b,
    );
  }

  #resize(capacity: number): void {
    const archive = new Int32Array(capacity).fill(NONE);
    archive.set(this.#archive);
    this.#archive = archive;
    this.#offset = grown(this.#offset, capacity);
    this.#length = grown(this.#length, capacity);
    this.#skip = grown(this.#skip, capacity);
  }
}

function by(column: Int32Array | Float64Array, a: number, b: number): number {
  return (column[a] ?? 0) - (column[b] ?? 0);
}

function grown(from: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(capacity);
  to.set(from);
  return to;
}
