import type { RowProblem } from '../../jobs/events.ts';

/** The problems of each row, until the row is shown. */
export class ProblemLists {
  readonly #byRow = new Map<string, RowProblem[]>();

  add(problem: RowProblem): void {
    const list = this.#byRow.get(problem.row);
    if (list === undefined) this.#byRow.set(problem.row, [problem]);
    else list.push(problem);
  }

  of(row: string): readonly RowProblem[] {
    return this.#byRow.get(row) ?? [];
  }
}
