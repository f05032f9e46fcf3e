import { formatCountOf } from '../../base/amounts.ts';
import { commandLine } from '../../base/command-line.ts';
import { SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { type Accepted, isAccepted, readAccepted } from '../../series/accepted.ts';
import { seriesWord } from '../../series/guards.ts';
import type { Series } from '../../series/series.ts';
import type { Problem } from '../../tree/entry.ts';
import { Excludes } from '../../tree/exclude.ts';
import { display } from '../../tree/path.ts';

/** Problems that are no news: somebody has accepted them, or the plan says that they may come. */
export class KnownProblems {
  readonly #mayFail: Excludes;
  readonly #accepted: readonly Accepted[];
  readonly #series: string;
  readonly #met: Problem[] = [];

  /** @param mayFail - Globs in gitignore syntax. */
  constructor(series: string, mayFail: readonly string[], accepted: readonly Accepted[]) {
    this.#series = series;
    this.#mayFail = Excludes.of(mayFail);
    this.#accepted = accepted;
  }

  /** @param note - Told when what is accepted cannot be read: then nothing counts as known. */
  static async of(row: Row, series: Series, note: (message: string) => void): Promise<KnownProblems> {
    let accepted: readonly Accepted[] = [];
    try {
      accepted = await readAccepted(series);
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
      note(`what is accepted cannot be read, so nothing is: ${error.message}. ${error.hint ?? ''}`);
    }
    return new KnownProblems(row.name, row['may-fail'], accepted);
  }

  /** Those that were met so far. */
  get met(): readonly Problem[] {
    return this.#met;
  }

  /** Whether `problem` is one of them. That content has rotted is told by a guard, and each time. */
  take(problem: Problem): boolean {
    const { kind, path } = problem;
    if (kind === 'rot' || !(isAccepted(this.#accepted, path) || this.#mayFailAt(problem))) return false;
    this.#met.push(problem);
    return true;
  }

  /** What there is to say of them; undefined when none was met. */
  summary(): string | undefined {
    const [first] = this.#met;
    if (first === undefined) return undefined;
    const isListed = this.#met.some(({ path }) => isAccepted(this.#accepted, path));
    const where = isListed
      ? `; \`${commandLine(`accept ${seriesWord(this.#series)}`)}\` lists what is accepted`
      : '';
    const what = formatCountOf(this.#met.length, 'known problem was', 'known problems were');
    return `${what} passed over, as "${display(first.path)}" (${first.reason})${where}`;
  }

  // Nobody knows whether it is a folder, as it cannot be looked at.
  #mayFailAt({ path }: Problem): boolean {
    if (path === '') return false;
    return this.#mayFail.excludes(path, false) || this.#mayFail.excludes(path, true);
  }
}
