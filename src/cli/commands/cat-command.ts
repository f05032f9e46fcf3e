import { SnapshotError } from '../../base/errors.ts';
import { findNearest } from '../../jobs/address.ts';
import { cat } from '../../jobs/export/cat.ts';
import { loadPlan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface CatCommandOptions extends CommonOptions {
  readonly series: string;
  readonly path: string;
  readonly at: string;
}

export async function catCommand(options: CatCommandOptions, terminal: Terminal): Promise<number> {
  const { path, at, json, quiet } = options;
  if (json) {
    throw new SnapshotError('E_USAGE', '--json is not for `snapshot cat`: it writes what is in the file', {
      hint: '`snapshot files --json` tells of the file.',
    });
  }
  const { series } = await findNearest(options.series, async () => await loadPlan(options.plan));
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  try {
    await cat(series, {
      path,
      at,
      signal: stop.signal,
      note: (message) => {
        if (!quiet) terminal.err(message);
      },
      // Who reads may go away; what cannot be written for another reason shows in the exit status.
      write: async (bytes) => bytes.length === 0 || (await terminal.print(bytes)),
    });
    return 0;
  } catch (error) {
    if (!stop.signal.aborted || error instanceof SnapshotError) throw error;
    throw new SnapshotError('E_STOPPED', 'Stopped by the user');
  } finally {
    stop.dispose();
  }
}
