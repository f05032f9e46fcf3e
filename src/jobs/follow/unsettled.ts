// Which changes there are not here yet, after they were looked at. Pure.
import type { BytePath } from '../../tree/path.ts';
import type { RoundPlan } from './plan-round.ts';
import type { RemoteChanges } from './remote-changes.ts';

export class Unsettled {
  /** By path, or what a refused name says. */
  readonly #numbers = new Map<string, number>();

  get size(): number {
    return this.#numbers.size;
  }

  /** Begins anew: all of them are looked at once more. */
  clear(): void {
    this.#numbers.clear();
  }

  /** Remembers what of `changes` could not be done. @param failed - Paths. */
  note(changes: RemoteChanges, { fromHere }: RoundPlan, failed: ReadonlySet<BytePath>): void {
    const { puts, removed, refused } = changes;
    for (const path of [...puts.keys(), ...removed.keys()]) this.#numbers.delete(path);
    for (const { path, n } of refused) this.#numbers.set(path, n);
    const add = (path: BytePath): void => {
      // Of what is only missing there, when all files are listed, nobody knows when it went.
      this.#numbers.set(path, puts.get(path)?.n ?? removed.get(path) ?? 1);
    };
    for (const path of failed) add(path);
    // What could not be moved has its old name still.
    for (const { file, from } of fromHere) if (failed.has(file.path) && !puts.has(from.path)) add(from.path);
  }

  /** The last change up to `last` of which, and of all before, nothing is missing here. */
  before(last: number): number {
    let before = last;
    for (const n of this.#numbers.values()) before = Math.min(before, n - 1);
    return before;
  }
}
