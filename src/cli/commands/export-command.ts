import { seriesFolders } from '../../jobs/address.ts';
import { SnapshotError } from '../../base/errors.ts';
import { exportSnapshot } from '../../jobs/export/export.ts';
import { type ExportFormat, formatOf } from '../../jobs/export/formats.ts';
import type { Output } from '../../jobs/export/output.ts';
import { localPath } from '../../plan/local-path.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { openSeries } from '../state.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { exportView } from '../views/export-view.ts';

export interface ExportCommandOptions extends CommonOptions {
  readonly series: string;
  readonly glob: readonly string[];
  readonly to: string;
  readonly as: ExportFormat | undefined;
  readonly at: string;
  readonly overwrite: boolean;
}

export async function exportCommand(options: ExportCommandOptions, terminal: Terminal): Promise<number> {
  const { at, json, quiet, overwrite } = options;
  const to = localPath('--to', options.to);
  const isOut = to === '-';
  if (isOut) refuseOut(options, terminal);
  const format = options.as ?? formatOf(to);
  let plan: Plan | undefined;
  const series = await openSeries(
    options.series,
    async () => (plan = await loadPlan(options.plan)),
    terminal,
  );
  const view = exportView(terminal, { json, quiet, isOut });
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  try {
    const end = await exportSnapshot(series, {
      at,
      globs: options.glob.map(String),
      format,
      to: isOut ? standardOutput(terminal) : { file: to, overwrites: overwrite },
      destinations: seriesFolders(plan),
      signal: stop.signal,
      report: (event) => view.event(event),
    });
    view.end(end);
    return end.status;
  } catch (error) {
    if (!stop.signal.aborted || error instanceof SnapshotError) throw error;
    const hint = isOut ? 'What was written is no whole archive.' : 'Nothing was written.';
    throw new SnapshotError('E_STOPPED', 'Stopped by the user', { hint });
  } finally {
    view.close();
    stop.dispose();
  }
}

/** @throws {@link SnapshotError} `E_USAGE` when an archive is not to be written there. */
function refuseOut({ as, json, overwrite }: ExportCommandOptions, { isTerminal }: Terminal): void {
  if (isTerminal) {
    throw new SnapshotError('E_USAGE', 'An archive is not written to a terminal', {
      hint: 'Name a file, or send it on: `snapshot export ... --to - | ...`.',
    });
  }
  if (as === undefined) {
    throw new SnapshotError('E_USAGE', '--to - does not say which kind of archive it is to be', {
      hint: 'Say so: --as zip, --as tar, --as tar.gz or --as tar.zst.',
    });
  }
  if (json) {
    throw new SnapshotError('E_USAGE', '--json and --to - both want the standard output');
  }
  if (overwrite) throw new SnapshotError('E_USAGE', '--overwrite is for files, not for --to -');
}

/** Unlike a list that is cut short, an archive of which some is missing is of no use: that nobody reads is a failure. */
function standardOutput(terminal: Terminal): Output {
  return {
    async write(bytes) {
      if (bytes.length === 0 || (await terminal.print(bytes))) return;
      throw new SnapshotError('E_STORE', 'Cannot write to the standard output', {
        hint: `What was written is no whole archive: ${terminal.lost() ?? 'whoever was to read it has gone away'}.`,
      });
    },
  };
}
