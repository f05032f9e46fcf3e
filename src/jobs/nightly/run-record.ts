import { hostname } from 'node:os';
import type { RowProblem, RunEvent } from '../events.ts';
import { makeNotice, MOST_PROBLEMS, type Notice, type RunOutcome } from './notice.ts';

/** What is remembered of a run until somebody is told. */
export class RunRecord {
  readonly #started = new Date();
  readonly #problems = new Map<string, RowProblem[]>();

  event(event: RunEvent): void {
    if (event.event !== 'problem') return;
    const list = this.#problems.get(event.row) ?? [];
    this.#problems.set(event.row, list);
    if (list.length < MOST_PROBLEMS) list.push(event);
  }

  notice(outcome: RunOutcome): Notice {
    return makeNotice({
      ...outcome,
      host: hostname(),
      started: this.#started,
      finished: new Date(),
      problems: (row) => this.#problems.get(row) ?? [],
    });
  }
}
