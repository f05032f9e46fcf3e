import { once } from 'node:events';
import { formatBytes, formatCount } from '../../base/amounts.ts';
import { printable, reasonOf, SnapshotError } from '../../base/errors.ts';
import { serveFolder } from '../../serve/server.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { readServeLimits } from '../options/serve-limits.ts';
import type { ServeValues } from '../options/serve-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { syncText } from '../views/sync-text.ts';

export interface ServeCommandOptions extends CommonOptions, ServeValues {
  readonly folder: string | undefined;
  readonly watch: boolean;
}

/** Serves a folder until it is told to stop. */
export async function serveCommand(options: ServeCommandOptions, terminal: Terminal): Promise<number> {
  const { folder, json, quiet } = options;
  if (folder === undefined) throw new SnapshotError('E_USAGE', 'Which folder is to be served?');
  const limits = readServeLimits(options);
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  const status = terminal.status(!json && !quiet);
  const onError = (error: unknown): void =>
    terminal.err(`${terminal.style('red', 'error')}: ${printable(reasonOf(error))}`);
  try {
    const serving = await serveFolder({
      ...options,
      folder,
      trustedProxies: options.trustedProxy?.map(String) ?? [],
      limits,
      onRead: (account, done, total) => {
        if (total > 0)
          status.show(`${account}  reading what is new  ${formatCount(done)}/${formatCount(total)} files`);
      },
      onSync: (one) => {
        if (json) terminal.out(JSON.stringify({ event: 'sync', ...one }));
        else if (!quiet) terminal.out(syncText(one, terminal));
      },
      onError,
      signal: stop.signal,
    });
    if (json) terminal.out(JSON.stringify({ event: 'serving', url: serving.url }));
    else if (!quiet) terminal.out(`serving ${terminal.style('bold', serving.url)}  ${hint(options, limits)}`);
    const looking = serving.first.then((first) => {
      status.clear();
      for (const one of first) {
        if (json) terminal.out(JSON.stringify({ event: 'sync', ...one }));
        else if (!quiet || one.error !== undefined) terminal.out(syncText(one, terminal));
      }
    });
    // Why it was not looked at to the end, where somebody ended it, is known.
    looking.catch((error: unknown) => (stop.signal.aborted ? undefined : onError(error)));
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    await serving.close();
    return 0;
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
    return 0;
  } finally {
    status.clear();
    stop.dispose();
  }
}

function hint(
  { insecureLan, cert }: ServeCommandOptions,
  { minFreeBytes }: { readonly minFreeBytes: number },
): string {
  const open = insecureLan && cert === undefined ? 'without https; ' : '';
  return `(${open}${formatBytes(minFreeBytes)} stay free; Ctrl-C ends it)`;
}
