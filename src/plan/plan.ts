import { readFile } from 'node:fs/promises';
import { commandLine } from '../base/command-line.ts';
import path from 'node:path';
import { SnapshotError, reasonOf } from '../base/errors.ts';
import { homeFolder } from '../base/home.ts';
import type { Settings } from './columns.ts';
import { type CsvRecord, readCsv } from './csv.ts';
import type { Surroundings } from './expand.ts';
import { makeRows } from './make-rows.ts';
import { overlapProblem, seriesProblems } from './overlap.ts';
import { initHint, PlanError, type PlanProblem, shown, problemAt } from './problem.ts';
import type { Plan, Row } from './row.ts';
import { readHeader, readSettings } from './table.ts';

export type { Plan, Row } from './row.ts';

/**
 * Reads and checks the whole plan in `file`.
 *
 * Sources and destinations need not exist. Nothing is written anywhere.
 *
 * @param env - What variables in paths stand for, the home folder included.
 * @throws {@link PlanError} with every problem of the plan, when it has any.
 * @throws {@link SnapshotError} `E_PLAN` when the file cannot be read.
 */
export async function loadPlan(file: string, env: NodeJS.ProcessEnv = process.env): Promise<Plan> {
  return await parsePlan(await readBytes(file), file, env);
}

/** Checks the whole plan that `bytes` are, or are to be, in `file`. @throws {@link PlanError} */
export async function parsePlan(
  bytes: Uint8Array,
  file: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Plan> {
  const { records, problems } = readCsv(bytes);
  const absolute = path.resolve(file);
  const around = { path, env, home: homeFolder(env), base: path.dirname(absolute) };
  const checked = await checkRecords(records, around, problems.length > 0);
  const all = [...problems, ...checked.problems].toSorted((a, b) => a.line - b.line);
  if (all.length > 0) throw new PlanError(file, all);
  return { file: absolute, rows: checked.rows };
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const hint = `\`${commandLine('init')}\` writes one; \`--plan FILE\` names another.`;
    throw new SnapshotError('E_PLAN', `Cannot read the plan "${shown(file)}": ${reasonOf(error)}`, {
      cause: error,
      hint,
    });
  }
}

interface Checked {
  readonly rows: readonly Row[];
  readonly problems: readonly PlanProblem[];
}

/** @param isBroken - Whether the file has problems already, so that missing lines are no news. */
async function checkRecords(
  [first, ...others]: readonly CsvRecord[],
  around: Surroundings,
  isBroken: boolean,
): Promise<Checked> {
  if (first === undefined) {
    const problem = problemAt(1, 'the plan is empty: it needs a header and a row', { hint: initHint() });
    return { rows: [], problems: isBroken ? [] : [problem] };
  }
  const { header, problems: headerProblems } = readHeader(first);
  if (header.columns.every((column) => column === undefined)) return { rows: [], problems: headerProblems };
  if (others.length === 0 && !isBroken) {
    const problem = problemAt(first.line, 'no rows: add one below the header', { hint: initHint() });
    return { rows: [], problems: [...headerProblems, problem] };
  }
  const lines: CheckedLine[] = [];
  for (const record of others) {
    const { settings, problems } = readSettings(record, header);
    lines.push(await checkLine(record.line, settings, problems, around));
  }
  return {
    rows: lines.flatMap(({ rows }) => rows),
    problems: [
      ...headerProblems,
      ...lines.flatMap(({ problems }) => problems),
      ...(await seriesProblems(lines.flatMap(({ contenders }) => contenders))),
    ],
  };
}

interface CheckedLine extends Checked {
  /** The rows whose series must be theirs alone. */
  readonly contenders: readonly Row[];
}

/**
 * Turns a line's settings into rows and checks each. A check is left out when a column it depends on has a
 * problem already: it would name a second one that is none.
 */
async function checkLine(
  line: number,
  settings: Settings,
  cellProblems: readonly PlanProblem[],
  around: Surroundings,
): Promise<CheckedLine> {
  const wrong = new Set(cellProblems.map(({ column }) => column));
  const made = await makeRows(line, settings, around);
  const problems = [...cellProblems, ...made.problems];
  const isNamed = !wrong.has('name');
  if (isNamed && !wrong.has('exclude')) {
    for (const row of made.rows) {
      const problem = await overlapProblem(row, settings);
      if (problem !== undefined) problems.push(problem);
    }
  }
  // A glob without matches is named for the report only.
  const isContender =
    settings.active && isNamed && !wrong.has('active') && (!made.isPattern || settings.name !== '');
  return { rows: made.rows, problems, contenders: isContender ? made.rows : [] };
}
