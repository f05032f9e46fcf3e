// Which changes there are not here yet, after they were looked at. Pure.
import { type BytePath, display } from '../../tree/path.ts';
import type { RoundPlan } from './plan-round.ts';
import type { RemoteChanges } from './remote-changes.ts';

export interface FollowProblem {
  /** For people. */
  readonly path: string;
  readonly reason: string;
}

interface Change {
  readonly n: number;
  /** Undefined where another one says it. */
  readonly problem: FollowProblem | undefined;
}

export class Unsettled {
  /** By path, or what a refused name says. */
  readonly #changes = new Map<string, Change>();

  get size(): number {
    return this.#changes.size;
  }

  get problems(): readonly FollowProblem[] {
    return [...this.#changes.values()].flatMap(({ problem }) => problem ?? []);
  }

  /** Begins anew: all of them are looked at once more. */
  clear(): void {
    this.#changes.clear();
  }

  /** Remembers what of `changes` could not be done. @param failed - Why, by path. */
  note(
    { puts, removed, refused }: RemoteChanges,
    { fromHere }: RoundPlan,
    failed: ReadonlyMap<BytePath, string>,
  ): void {
    for (const path of [...puts.keys(), ...removed.keys()]) this.#changes.delete(path);
    for (const { path, reason, n } of refused) this.#changes.set(path, { n, problem: { path, reason } });
    // Of what is only missing there, when all files are listed, nobody knows when it went.
    const numberOf = (path: BytePath): number => puts.get(path)?.n ?? removed.get(path) ?? 1;
    for (const [path, reason] of failed)
      this.#changes.set(path, { n: numberOf(path), problem: { path: display(path), reason } });
    // What could not be moved has its old name still.
    for (const { file, from } of fromHere)
      if (failed.has(file.path) && !puts.has(from.path))
        this.#changes.set(from.path, { n: numberOf(from.path), problem: undefined });
  }

  /** The last change up to `last` of which, and of all before, nothing is missing here. */
  before(last: number): number {
    let before = last;
    for (const { n } of this.#changes.values()) before = Math.min(before, n - 1);
    return before;
  }
}
