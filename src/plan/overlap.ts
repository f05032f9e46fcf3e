import path from 'node:path';
import { addressKind } from '../base/address.ts';
import { caseless } from '../base/same-name.ts';
import { isInside, realPlace } from './place.ts';
import { type PlanProblem, shown, problemAt, quoted } from './problem.ts';
import type { Row } from './row.ts';
import { isTogether } from './together.ts';

/** The cells that a row was made from. */
type Written = Pick<Row, 'source' | 'destination'>;

/**
 * Refuses a row that would back up its own snapshots, or write over its own source.
 *
 * Names and real places are both looked at: a link may hide an overlap today and show it tomorrow. The row's
 * `exclude` is honored as the scan does it: it never comes to a series that is excluded itself or by any
 * folder above it.
 */
export async function overlapProblem(row: Row, written: Written): Promise<PlanProblem | undefined> {
  const { source, destination, line } = row;
  if (row.strategy === 'sync') return await sidesProblem(row, written);
  const exclude = [...row.excludeLines, ...row.exclude];
  // No source of this machine is on another one.
  if (addressKind(destination) !== undefined) return undefined;
  const series = path.join(destination, row.name);
  const pairs = [
    { from: source, into: series },
    { from: await realPlace(source), into: await realPlace(series) },
  ];
  if (pairs.some(({ from, into }) => isInside(from, into))) {
    const message = `the source "${shown(source)}" is in its own series "${shown(series)}": choose another destination or \`name\``;
    return problemAt(line, message, { column: 'source', value: written.source });
  }
  for (const { from, into } of pairs) {
    if (!isInside(into, from) || (await isExcluded(into, from, exclude))) continue;
    const message = `the destination "${shown(destination)}" is in the source "${shown(source)}": choose another, or name it in \`exclude\``;
    return problemAt(line, message, { column: 'destination', value: written.destination });
  }
  return undefined;
}

/** Of a pair, neither side lies in the other. */
async function sidesProblem(
  { source, destination, line }: Row,
  written: Written,
): Promise<PlanProblem | undefined> {
  const isFar = [source, destination].map((side) => addressKind(side) !== undefined);
  if (isFar.includes(true)) {
    if (source !== destination) return undefined;
  } else {
    const [here, there] = [await realPlace(source), await realPlace(destination)];
    if (!isInside(here, there) && !isInside(there, here)) return undefined;
  }
  const message = `one side of the sync, "${shown(destination)}", is the other, or lies in it, or holds it: choose two folders`;
  return problemAt(line, message, { column: 'destination', value: written.destination });
}

async function isExcluded(folder: string, source: string, exclude: readonly string[]): Promise<boolean> {
  if (exclude.length === 0) return false;
  const { default: ignore } = await import('ignore');
  const way = path.relative(source, folder);
  // The slash says that it is a folder; `ignores` looks at the folders above by itself.
  return ignore({ ignorecase: false })
    .add(exclude)
    .ignores(`${way.split(path.sep).join('/')}/`);
}

/**
 * Refuses rows that would write into one series. Destinations count as the same folder when they really are,
 * and case makes no difference anywhere: the disk may be moved to a system that ignores it.
 */
export async function seriesProblems(rows: readonly Row[]): Promise<PlanProblem[]> {
  const firsts = new Map<string, Row>();
  const problems: PlanProblem[] = [];
  for (const row of rows) {
    // It makes no series, and several may have one side in common.
    if (row.strategy === 'sync') continue;
    const isFar = addressKind(row.destination) !== undefined;
    const key = caseless(
      isFar ? `${row.destination}/${row.name}` : path.join(await realPlace(row.destination), row.name),
    );
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, row);
    else {
      const column = isTogether(first, row)
        ? { column: 'destination', value: row.destination }
        : { column: 'name', value: row.name };
      problems.push(problemAt(row.line, sameSeries(first, row), column));
    }
  }
  return problems;
}

function sameSeries(first: Row, second: Row): string {
  const series = `the series ${quoted(second.name)} in "${shown(second.destination)}"`;
  if (isTogether(first, second))
    return `the destination "${shown(second.destination)}" is named twice: a copy beside itself is none`;
  if (first.line === second.line) {
    const both = `"${shown(first.source)}" and "${shown(second.source)}"`;
    return `${both}, matches of one glob, both have ${series}: give each a row and a \`name\` of its own`;
  }
  return `lines ${first.line} and ${second.line} both have ${series}: give one of them another \`name\``;
}
