import { once } from 'node:events';
import { resolve } from 'node:path';
import { formatCountOf } from '../../base/amounts.ts';
import { rememberGiven } from '../../base/command-line.ts';
import { printable, reasonOf } from '../../base/errors.ts';
import { openDashboard } from '../../dashboard/server.ts';
import { openBrowser } from '../../host/open-browser.ts';
import { localPath } from '../../plan/local-path.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface WebCommandOptions extends CommonOptions {
  readonly listen: string;
  readonly restoreTo: string | undefined;
  readonly open: boolean;
}

/** Shows the plan in a browser, until it is told to stop. */
export async function webCommand(options: WebCommandOptions, terminal: Terminal): Promise<number> {
  const { json, quiet } = options;
  // Commands that a page shows are pasted in any folder.
  const plan = resolve(localPath('--plan', options.plan));
  rememberGiven(plan, options.identity === undefined ? undefined : resolve(options.identity));
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  let isFirst = true;
  const tellUrl = (url: string): void => {
    if (json) terminal.out(JSON.stringify({ event: isFirst ? 'serving' : 'address', url }));
    else if (isFirst) {
      terminal.out(`The dashboard is at ${terminal.style('bold', url)}`);
      if (!quiet) terminal.out(terminal.style('dim', hintOf(options)));
    } else if (!quiet) terminal.out(`That address was used. For another page: ${url}`);
    if (isFirst && options.open && !openBrowser(url))
      terminal.err('warning: no browser could be opened: this machine has no screen');
    isFirst = false;
  };
  try {
    const dashboard = await openDashboard({
      plan,
      listen: options.listen,
      restoreTo: options.restoreTo === undefined ? undefined : localPath('--restore-to', options.restoreTo),
      log: options.log,
      onUrl: tellUrl,
      onError: (error) => terminal.err(`${terminal.style('red', 'error')}: ${printable(reasonOf(error))}`),
    });
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    const working = dashboard.working();
    if (working > 0) terminal.err(`${formatCountOf(working, 'task')} under way: stopped, and waited for`);
    await dashboard.close();
    return 0;
  } finally {
    stop.dispose();
  }
}

function hintOf({ restoreTo }: WebCommandOptions): string {
  const restoring =
    restoreTo === undefined
      ? 'It restores nothing without --restore-to FOLDER'
      : `It restores below ${printable(resolve(restoreTo))}`;
  return `The address works once, on this machine. ${restoring}. Ctrl-C ends it.`;
}
