import { printable, SnapshotError } from '../base/errors.ts';

/** One thing that is wrong in a plan: where, what, and what would be right. */
export interface PlanProblem {
  /** Line in the file, from 1; where the row begins when quoted values span several. */
  readonly line: number;
  /** Name of the column, as `docs/cli.md` spells it; undefined when no single column is to blame. */
  readonly column: string | undefined;
  /** The cell as it was read, or the unknown column's name; undefined when there is none. */
  readonly value: string | undefined;
  /** One line; complete without the fields above. */
  readonly message: string;
  /** A next step that is no part of the message; a line of its own. */
  readonly hint: string | undefined;
}

/** Every problem of one plan. Nothing of a plan that has any is used. */
export class PlanError extends SnapshotError {
  /** The plan, as the caller named it. */
  readonly file: string;
  /** At least one, in the order of their lines. */
  readonly problems: readonly PlanProblem[];

  constructor(file: string, problems: readonly PlanProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super('E_PLAN', `Cannot use the plan "${shown(file)}": ${count}`);
    this.file = file;
    this.problems = problems;
  }
}

/** A cell that cannot be read. What is wrong and what would be right stay apart, to name a column between. */
export class InvalidValue extends SnapshotError {
  readonly #wrong: string;
  readonly #right: string;

  constructor(wrong: string, right: string) {
    super('E_PLAN', `${wrong}: ${right}`);
    this.#wrong = wrong;
    this.#right = right;
  }

  /** "unknown value `tar` in column `format`: use `tar.zst` or `zip`"; where it begins with the value, the column comes first. */
  inColumn(column: string): string {
    if (this.#wrong.startsWith('`')) return `column \`${column}\`: ${this.#wrong}: ${this.#right}`;
    return `${this.#wrong} in column \`${column}\`: ${this.#right}`;
  }
}

/** Makes a {@link PlanProblem}; what is not given is undefined. */
export function problemAt(
  line: number,
  message: string,
  details: { column?: string; value?: string; hint?: string } = {},
): PlanProblem {
  return { line, column: details.column, value: details.value, message, hint: details.hint };
}

const LONGEST_SHOWN = 200;

/** `text` on one line of sensible length: a plan may hold anything, and a terminal obeys control characters. */
export function shown(text: string): string {
  const escaped = printable(text);
  return escaped.length > LONGEST_SHOWN ? `${escaped.slice(0, LONGEST_SHOWN)}...` : escaped;
}

/** A column or a value in a message: in backticks, printable. */
export function quoted(text: string): string {
  return `\`${shown(text)}\``;
}

/** What to do about a plan that says nothing. That of another name, as this one is there already. */
export function initHint(): string {
  return '`snapshot init --plan FILE` writes another one to start from.';
}
