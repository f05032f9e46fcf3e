import type { Writable } from 'node:stream';
import { seriesFolders } from '../jobs/address.ts';
import { reasonOf, SnapshotError } from '../base/errors.ts';
import type { ExportEnd, ExportEvent, ExportProblem } from '../jobs/export/export-events.ts';
import { exportSnapshot as exportSeries } from '../jobs/export/export.ts';
import { type ExportFormat, formatOf } from '../jobs/export/formats.ts';
import type { Output } from '../jobs/export/output.ts';
import { type CallOptions, seriesOf, type SnapshotOptions, stoppable } from './api-options.ts';

export interface ExportCall extends CallOptions<ExportEvent>, SnapshotOptions {
  /** A file, which appears whole or not at all; or a stream, which is not ended. */
  readonly to: string | Writable;
  /** Which kind of archive; by default, what the file ends with. */
  readonly as?: ExportFormat | undefined;
  /** Replaces the file, if it is there already. */
  readonly overwrite?: boolean | undefined;
}

export interface ExportResult extends Omit<ExportEnd, 'event' | 'status' | 'problems'> {
  /** What the archive lacks, as it cannot say it. */
  readonly problems: readonly ExportProblem[];
}

/**
 * Makes one ordinary archive of a snapshot, or some of it, each file verified.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it cannot begin, `E_DAMAGED` when a file is nowhere as it was, `E_SPACE`, `E_STORE`.
 *   A file that is not whole does not appear; what a stream has got by then is no whole archive.
 */
export async function exportSnapshot(options: ExportCall): Promise<ExportResult> {
  const { at = 'latest', globs = [], to, overwrite = false, onEvent } = options;
  const format = options.as ?? formatOf(typeof to === 'string' ? to : 'a stream');
  const { series, plan } = await seriesOf(options);
  const problems: ExportProblem[] = [];
  const end = await stoppable(
    options.signal,
    async (signal) =>
      await exportSeries(series, {
        at,
        globs,
        format,
        to: typeof to === 'string' ? { file: to, overwrites: overwrite } : outputTo(to, signal),
        destinations: seriesFolders(plan),
        signal,
        report: (event) => {
          if (event.event === 'problem') problems.push(event);
          onEvent?.(event);
        },
      }),
  );
  const { event: _event, status: _status, ...result } = end;
  return { ...result, problems };
}

/** A stream that nobody reads takes nothing more, and does not say so: `signal` ends the wait. */
function outputTo(stream: Writable, signal: AbortSignal): Output {
  return {
    async write(bytes) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', stop, { once: true });
        stream.write(bytes, (error) => {
          signal.removeEventListener('abort', stop);
          if (error === null || error === undefined) resolve();
          else
            reject(
              new SnapshotError('E_STORE', `Cannot write to the stream: ${reasonOf(error)}`, {
                cause: error,
              }),
            );
        });
      });
    },
  };
}
