// One run of the benchmark: all cases, all tools in turn, on one tree.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, CaseId } from './cases.ts';
import type { Command } from './measure.ts';
import { measure } from './measure.ts';
import type { Sample } from './sample.ts';
import { openPlace, takeSample } from './sample.ts';
import type { Place, Tool } from './tools.ts';
import { outOf } from './tools.ts';

/** Samples of one tool in one case; those of equal index were taken in the same round. */
export interface Measurement {
  readonly testCase: Case;
  readonly tool: Tool;
  readonly samples: readonly Sample[];
}

export interface Session {
  readonly measurements: readonly Measurement[];
  /** What went wrong, for the reader of the numbers. */
  readonly notes: readonly string[];
}

interface Settings {
  readonly work: string;
  readonly tree: string;
  readonly runs: number;
  readonly progress: (message: string) => void;
}

class Runner {
  readonly notes: string[] = [];
  readonly #settings: Settings;
  readonly #dropped = new Set<string>();
  readonly #withBackup = new Set<string>();
  #round = 0;
  #calls = 0;
  #asides = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  measureCase(testCase: Case, tools: readonly Tool[]): Measurement[] {
    const { runs, tree, progress } = this.#settings;
    const taking = tools.filter((tool) => tool.commands[testCase.id] !== undefined);
    const measurements = taking.map((tool) => ({ testCase, tool, samples: [] as Sample[] }));
    this.#warmUp();
    if (!testCase.fresh) for (const tool of taking) this.#attempt(tool, () => this.#bringUpToDate(tool));
    for (let run = 0; run < runs; run++) {
      this.#round += 1;
      testCase.change?.(tree, this.#round);
      // Another tool goes first each time, so that no place in the order favours one of them.
      for (const { tool, samples } of rotate(measurements, run)) {
        const sample = this.#attempt(tool, () => this.#measureOnce(testCase, tool));
        if (sample === undefined) continue;
        samples.push(sample);
        progress(`${testCase.title}, ${run + 1} of ${runs}: ${tool.title}, ${sample.seconds.toFixed(2)} s`);
      }
    }
    return measurements;
  }

  #place(tool: Tool): Place {
    const { work, tree } = this.#settings;
    return { tree, destination: join(work, 'to', tool.id), state: join(work, 'state', tool.id) };
  }

  /** A tool that fails is left out from then on; what was measured before, stands. */
  #attempt<T>(tool: Tool, action: () => T): T | undefined {
    if (this.#dropped.has(tool.id)) return undefined;
    try {
      return action();
    } catch (error) {
      this.#dropped.add(tool.id);
      this.notes.push(`${tool.title} failed and was left out from there on`);
      this.#settings.progress(`${tool.title}: ${String(error)}`);
      return undefined;
    }
  }

  /** Reads the whole tree once, through a pipe: tar does not read what goes to /dev/null directly. */
  #warmUp(): void {
    const { tree, work } = this.#settings;
    measure({ stages: [['tar', '-c', '-f', '-', '-C', tree, '.'], ['cat']] }, work);
  }

  /**
   * Puts what an earlier run has written out of the way, until all is done: ext4 does not use inodes again that were
   * freed within the last minutes, and looks at all of them for each file that is made.
   */
  #setAside(folder: string): void {
    if (!existsSync(folder)) return;
    const past = join(this.#settings.work, 'past');
    mkdirSync(past, { recursive: true });
    renameSync(folder, join(past, String(this.#asides++)));
  }

  #empty(tool: Tool): void {
    const place = this.#place(tool);
    this.#setAside(place.destination);
    openPlace(place, tool);
    this.#withBackup.delete(tool.id);
  }

  #bringUpToDate(tool: Tool): void {
    if (!this.#withBackup.has(tool.id)) this.#empty(tool);
    measure(this.#nextCommand(tool, 'first'), this.#place(tool).state);
    this.#withBackup.add(tool.id);
  }

  #nextCommand(tool: Tool, id: CaseId): Command {
    const build = tool.commands[id];
    if (build === undefined) throw new Error(`${tool.title} has no command for the case "${id}"`);
    this.#calls += 1;
    return build(this.#place(tool), `run-${this.#calls}`);
  }

  #measureOnce(testCase: Case, tool: Tool): Sample {
    if (testCase.fresh) this.#empty(tool);
    const out = outOf(this.#place(tool));
    this.#setAside(out);
    mkdirSync(out, { recursive: true });
    const sample = takeSample(this.#nextCommand(tool, testCase.id), this.#place(tool));
    if (testCase.id === 'first') this.#withBackup.add(tool.id);
    return sample;
  }
}

function rotate<T>(list: readonly T[], by: number): T[] {
  const start = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** Measures `tools` in `cases`, and removes every destination when done. Leaves the tree changed. */
export function runSession(cases: readonly Case[], tools: readonly Tool[], settings: Settings): Session {
  const runner = new Runner(settings);
  const measurements = cases.flatMap((testCase) => runner.measureCase(testCase, tools));
  for (const folder of ['to', 'state', 'past'])
    rmSync(join(settings.work, folder), { recursive: true, force: true });
  return { measurements, notes: runner.notes };
}
