import type { BytePath } from '../../tree/path.ts';
import type { Held } from './holdings.ts';
import type { Sight } from './sight.ts';

/** Files that are not there any more, until they are found elsewhere. */
export class Gone {
  readonly #files = new Map<BytePath, Held>();
  readonly #taken = new Set<BytePath>();
  readonly #bySight = new Map<string, Held[]>();
  readonly #byContent = new Map<string, Held[]>();

  add(held: Held): void {
    this.#files.set(held.path, held);
    if (held.inode !== 0) push(this.#bySight, keyOf(held), held);
    push(this.#byContent, held.blake3, held);
  }

  /** One with the same inode, size and time: a move. */
  takeBySight(sight: Sight): Held | undefined {
    return sight.inode === 0 ? undefined : this.#take(this.#bySight.get(keyOf(sight)));
  }

  takeByContent(blake3: string): Held | undefined {
    return this.#take(this.#byContent.get(blake3));
  }

  get all(): BytePath[] {
    return [...this.#files.keys()];
  }

  /** How many were found nowhere. */
  get left(): number {
    return this.#files.size - this.#taken.size;
  }

  #take(candidates: readonly Held[] = []): Held | undefined {
    const held = candidates.find(({ path }) => !this.#taken.has(path));
    if (held !== undefined) this.#taken.add(held.path);
    return held;
  }
}

function push(map: Map<string, Held[]>, key: string, held: Held): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [held]);
  else list.push(held);
}

function keyOf({ inode, size, mtimeMs }: Sight): string {
  return `${inode} ${size} ${mtimeMs}`;
}
