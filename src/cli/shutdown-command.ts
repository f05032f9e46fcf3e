import { requestCancel } from '../host/countdown.ts';
import type { CommonOptions } from './common-options.ts';
import { thisStateFolder } from './state.ts';
import type { Terminal } from './terminal.ts';

export async function shutdownCommand({ json, quiet }: CommonOptions, terminal: Terminal): Promise<number> {
  const cancelled = await requestCancel(thisStateFolder());
  const status = cancelled ? 0 : 1;
  if (json) terminal.out(JSON.stringify({ event: 'end', status, cancelled }));
  else if (!quiet) terminal.out(cancelled ? 'The shutdown is cancelled.' : 'No shutdown is announced.');
  return status;
}
