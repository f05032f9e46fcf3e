import { SnapshotError } from '../../base/errors.ts';
import { deliver, HASTY } from '../../host/notices/deliver.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { NoticeOptions } from '../../jobs/nightly/open-channels.ts';
import { endMessage } from '../../jobs/nightly/notice-text.ts';
import { openChannels } from '../../jobs/nightly/open-channels.ts';
import { RunRecord } from '../../jobs/nightly/run-record.ts';
import type { Terminal } from '../terminal.ts';

/** Sends a test to everyone a run would tell. */
export async function notifyCommand(
  options: CommonOptions & NoticeOptions,
  terminal: Terminal,
): Promise<number> {
  const { json, quiet } = options;
  const channels = await openChannels(options, process.env);
  if (channels.length === 0) {
    throw new SnapshotError('E_USAGE', 'There is nobody to tell', {
      hint: 'Name one with --notify, in the file of --config, or in the variable SNAPSHOT_NOTIFY.',
    });
  }
  const notes = ['This is how runs will be told.'];
  const notice = new RunRecord().notice({ kind: 'test', status: 0, ends: [], notes });
  const message = endMessage(notice);
  const failures = await Promise.all(channels.map(async (channel) => await deliver(channel, message, HASTY)));
  const status = failures.some((failure) => failure !== undefined) ? 1 : 0;
  for (const [i, { label }] of channels.entries()) {
    const failure = failures[i];
    if (json) {
      const error = failure?.message ?? null;
      terminal.out(JSON.stringify({ event: 'notice', to: label, delivered: error === null, error }));
    } else if (failure !== undefined) terminal.err(failure.message);
    else if (!quiet) terminal.out(`Sent: ${label}`);
  }
  if (json) terminal.out(JSON.stringify({ event: 'end', status }));
  return status;
}
