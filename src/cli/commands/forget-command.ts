import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { SnapshotError } from '../../base/errors.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { Memory } from '../../jobs/status/memory.ts';
import { rememberLog } from '../../jobs/status/remember-log.ts';
import { findThere } from '../../jobs/upkeep/find-there.ts';
import { forget, type Forgetting } from '../../jobs/upkeep/forget.ts';
import { canAsk, confirm } from '../confirm.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { recallFor } from '../state.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface ForgetCommandOptions extends CommonOptions {
  readonly series: string;
  readonly snapshot: string;
  readonly yes: boolean;
}

const now = (): Date => new Date();

/** Removes one snapshot. */
export async function forgetCommand(options: ForgetCommandOptions, terminal: Terminal): Promise<number> {
  const { yes, json, quiet } = options;
  const { series } = await findThere(options.series, options.plan, recallFor(terminal), now());
  const note = (message: string): void => {
    if (json) terminal.out(JSON.stringify({ event: 'note', series: series.name, message }));
    else terminal.err(`${series.name}: ${message}`);
  };
  const stop = stopSignal(() => {});
  try {
    const ask = async (question: Forgetting): Promise<void> => {
      if (!yes) await askFirst(question, canAsk() && !json, stop.signal);
    };
    const snapshot = await forget(series, options.snapshot, { now, note, confirm: ask });
    await rememberLog(series, new Memory(thisStateFolder()), now(), note);
    if (json) {
      terminal.out(JSON.stringify({ event: 'forgotten', series: series.name, snapshot }));
      terminal.out(JSON.stringify({ event: 'end', status: 0 }));
    } else if (!quiet) terminal.out(`${series.name}: ${snapshot} is removed.`);
    return 0;
  } catch (error) {
    if (!stop.signal.aborted || error instanceof SnapshotError) throw error;
    throw new SnapshotError('E_STOPPED', 'Stopped by the user', { hint: 'Nothing was done.' });
  } finally {
    stop.dispose();
  }
}

/** @throws {@link SnapshotError} when the answer is no, or nobody can be asked. */
async function askFirst(question: Forgetting, isTerminal: boolean, signal: AbortSignal): Promise<void> {
  const { snapshot, isLastCopy, isNewest } = question;
  const { files } = snapshot.info.count;
  const what = `Snapshot ${snapshot.name} of ${formatLocal(snapshot.at)}, with ${formatCountOf(files, 'file')} (${formatBytes(snapshot.info.bytes)})`;
  const more = [
    ...(isNewest ? ['It is the newest one.'] : []),
    ...(isLastCopy ? ['It has the last sound copy of what is damaged in another one.'] : []),
  ].join(' ');
  if (!isTerminal) {
    throw new SnapshotError('E_USAGE', `${what}, would be removed. ${more}`.trim(), {
      hint: 'Nothing was done. --yes removes it.',
    });
  }
  if (await confirm(`${what}. ${more}\nRemove it for good? [y/N] `, signal)) return;
  throw new SnapshotError('E_STOPPED', 'Not removed', { hint: 'Nothing was done.' });
}
