import { SnapshotError } from '../errors.ts';
import { Fields } from './fields.ts';
import { RUNS_FILE } from './runs-log.ts';
import type { Series } from './series.ts';

/** When the runs of `series` began that were not stopped: those that failed count too, as they had their chance. */
export async function runStarts(series: Series): Promise<readonly Date[]> {
  const text = await series.store.read(series.key(RUNS_FILE));
  if (text === undefined) return [];
  return text
    .toString('utf8')
    .split('\n')
    .flatMap((line) => startOf(line, series.place(RUNS_FILE)));
}

function startOf(line: string, where: string): readonly Date[] {
  if (line === '') return [];
  try {
    const record = Fields.parse(line, where);
    const start = new Date(record.text('started'));
    const isRun = ['written', 'unchanged', 'failed'].includes(record.text('outcome'));
    return isRun && !Number.isNaN(start.getTime()) ? [start] : [];
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // A line that a power cut has shortened: at worst a run is made that need not be.
    return [];
  }
}
