import { SnapshotError } from '../../base/errors.ts';
import { parseShard } from '../../jobs/run/rows-to-run.ts';
import type { RunLimits } from '../../jobs/nightly/nightly.ts';
import { parseRate } from './max-rate.ts';
import type { RunCommandOptions } from './run-options.ts';

/** Checks the options of a run. @throws {@link SnapshotError} `E_USAGE` */
export function runLimits({ jobs, shutdown, ...options }: RunCommandOptions): RunLimits {
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64) {
    throw new SnapshotError('E_USAGE', '--jobs takes a whole number from 1 to 64');
  }
  if (shutdown !== undefined && shutdown !== '' && shutdown !== 'always') {
    throw new SnapshotError('E_USAGE', `--shutdown=${shutdown}: it takes no value, or \`always\``);
  }
  const shard = options.shard === undefined ? undefined : parseShard(options.shard);
  const bytesPerSecond = options.maxRate === undefined ? undefined : parseRate(options.maxRate);
  if (shard !== undefined && shutdown !== undefined) {
    throw new SnapshotError('E_USAGE', '--shard and --shutdown do not go together', {
      hint: 'One shard does not know whether another one still runs on this machine.',
    });
  }
  return { shard, bytesPerSecond };
}
