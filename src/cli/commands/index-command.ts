import { resolve } from 'node:path';
import { formatCountOf } from '../../base/amounts.ts';
import { indexFolder } from '../../jobs/sync/index-folder.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface IndexCommandOptions extends CommonOptions {
  readonly folder: string;
  readonly exclude: readonly string[];
}

/** Writes `.sync` of a folder. */
export async function indexCommand(options: IndexCommandOptions, terminal: Terminal): Promise<number> {
  const folder = resolve(options.folder);
  const stop = stopSignal(() => {});
  try {
    const { entries, isNew } = await indexFolder(folder, options.exclude.map(String), stop.signal);
    if (options.json) terminal.out(JSON.stringify({ event: 'end', status: 0, folder, entries, isNew }));
    else if (!options.quiet)
      terminal.out(
        `.sync of ${folder}: ${formatCountOf(entries, 'file or folder', 'files and folders')}${isNew ? '' : ', unchanged'}`,
      );
    return 0;
  } finally {
    stop.dispose();
  }
}
