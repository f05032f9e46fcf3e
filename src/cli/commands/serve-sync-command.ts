import { formatCount } from '../../base/amounts.ts';
import { syncFolder } from '../../serve/sync-folder.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';
import { syncText } from '../views/sync-text.ts';

export interface ServeSyncOptions extends CommonOptions {
  readonly folder: string;
  readonly rehash: boolean;
}

/** Looks at the folders of all accounts. */
export async function serveSyncCommand(
  { folder, rehash, json, quiet }: ServeSyncOptions,
  terminal: Terminal,
): Promise<number> {
  const line = terminal.status(!json && !quiet);
  const results = await syncFolder(folder, rehash, (account, done, total) => {
    if (total > 0) line.show(`${account}  reading  ${formatCount(done)}/${formatCount(total)} files`);
  });
  line.clear();
  const isFailed = results.some(({ error }) => error !== undefined);
  const status = isFailed ? 1 : results.some(({ problems }) => problems.length > 0) ? 3 : 0;
  for (const one of results) {
    if (json) terminal.out(JSON.stringify({ event: 'sync', ...one }));
    else if (one.error !== undefined || one.problems.length > 0) terminal.err(syncText(one, terminal));
    else if (!quiet) terminal.out(syncText(one, terminal));
  }
  if (json) terminal.out(JSON.stringify({ event: 'end', status }));
  return status;
}
