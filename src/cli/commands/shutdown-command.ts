import { SnapshotError } from '../../base/errors.ts';
import { requestCancel } from '../../host/countdown.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import type { Terminal } from '../terminal.ts';

export async function shutdownCommand(
  { json, quiet, cancel }: CommonOptions & { readonly cancel: boolean },
  terminal: Terminal,
): Promise<number> {
  if (!cancel) {
    throw new SnapshotError('E_USAGE', '`snapshot shutdown --cancel` cancels an announced shutdown', {
      hint: '`snapshot run --shutdown` shuts down after a run.',
    });
  }

  const cancelled = await requestCancel(thisStateFolder());
  const status = cancelled ? 0 : 1;
  if (json) terminal.out(JSON.stringify({ event: 'end', status, cancelled }));
  else if (!quiet) terminal.out(cancelled ? 'The shutdown is cancelled.' : 'No shutdown is announced.');
  return status;
}
