import { relative, resolve, sep } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import { type BytePath, fromText } from '../../tree/path.ts';

/** Paths whose guards the user overrules, and which of them turned out to be about one. */
export class AcceptedPaths {
  /** What the user gave, by what it is from the source on. */
  readonly #open = new Map<BytePath, string>();
  readonly #taken = new Set<BytePath>();

  /** @param given - Relative to the source, or whole. */
  constructor(source: string, given: readonly string[]) {
    for (const text of given) {
      const path = relative(source, resolve(source, text)).replaceAll(sep, '/');
      this.#open.set(fromText(path), text);
    }
  }

  /** Whether `path` is one of them. */
  take(path: BytePath | undefined): boolean {
    if (path === undefined || !this.#open.has(path)) return false;
    this.#taken.add(path);
    return true;
  }

  /** @throws {@link SnapshotError} `E_USAGE` when one of them was never taken. */
  refuseOthers(): void {
    for (const [path, text] of this.#open) {
      if (this.#taken.has(path)) continue;
      throw new SnapshotError(
        'E_USAGE',
        `--accept-changes=${text}: no guard is about that path; nothing was written`,
        {
          hint: 'Which ones there are, and what they are about, a run without it says.',
        },
      );
    }
  }
}
