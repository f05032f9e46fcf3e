import { findThere } from '../../jobs/upkeep/find-there.ts';
import { pin, unpin } from '../../jobs/upkeep/pin.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { recallFor } from '../state.ts';
import type { Terminal } from '../terminal.ts';

export interface PinCommandOptions extends CommonOptions {
  readonly series: string;
  readonly snapshot: string;
}

/** Pins a snapshot. */
export async function pinCommand(
  options: PinCommandOptions & { readonly reason: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const now = new Date();
  const { series } = await findThere(options.series, options.plan, recallFor(terminal), now);
  const { reason = '', json, quiet } = options;
  const snapshot = await pin(series, options.snapshot, reason, now);
  if (json) {
    terminal.out(JSON.stringify({ event: 'pinned', series: series.name, snapshot, reason }));
    terminal.out(JSON.stringify({ event: 'end', status: 0 }));
  } else if (!quiet) terminal.out(`${series.name}: ${snapshot} stays, whatever \`keep\` says.`);
  return 0;
}

/** Takes a pin back. */
export async function unpinCommand(options: PinCommandOptions, terminal: Terminal): Promise<number> {
  const now = new Date();
  const { series } = await findThere(options.series, options.plan, recallFor(terminal), now);
  const { name: snapshot, pin: found } = await unpin(series, options.snapshot, now);
  if (options.json) {
    terminal.out(JSON.stringify({ event: 'unpinned', series: series.name, snapshot, reason: found.reason }));
    terminal.out(JSON.stringify({ event: 'end', status: 0 }));
  } else if (!options.quiet)
    terminal.out(`${series.name}: ${snapshot} is no longer pinned; \`keep\` says whether it stays.`);
  return 0;
}
