// The log of a mirror, a line for each thing that was done:
//
//     [2025-11-14 14:32:25] FILE MODIFIED: /home/ada/letter.odt - SUCCESS
import { basename, dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { printable } from '../base/errors.ts';
import { ensureFolder } from '../base/ensure-folder.ts';

export const LOG_FILE = 'backup_log.txt';

export type Action =
  | 'STARTUP'
  | 'INITIAL BACKUP'
  | 'FILE CREATED'
  | 'FILE MODIFIED'
  | 'FILE DELETED'
  | 'FILE MOVED'
  | 'FOLDER CREATED'
  | 'FOLDER DELETED'
  | 'SHUTDOWN';

/** One line, local time. @param failed - Why it was not done. */
export function actionLine(at: Date, action: Action, what: string, failed?: string): string {
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const end =
    action === 'STARTUP'
      ? 'BACKUP STARTED'
      : action === 'SHUTDOWN'
        ? 'BACKUP STOPPED'
        : failed === undefined
          ? 'SUCCESS'
          : `FAILED: ${printable(failed)}`;
  return `[${date} ${time}] ${action}: ${printable(what)} - ${end}\n`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The files that lines are added to. At 10 MiB `backup_log.txt` becomes `backup_log.txt.1`, up to `.5`. */
export class ActionLog {
  readonly #streams: readonly NodeJS.WritableStream[];
  readonly #failures: Error[] = [];

  private constructor(streams: readonly NodeJS.WritableStream[]) {
    this.#streams = streams;
    for (const stream of streams) stream.on('error', (error: Error) => this.#failures.push(error));
  }

  static async open(files: readonly string[]): Promise<ActionLog> {
    const { createStream } = await import('rotating-file-stream');
    for (const file of files) await ensureFolder(dirname(file), 0o700);
    return new ActionLog(
      files.map((file) =>
        createStream(basename(file), { path: dirname(file), size: '10M', rotate: 5, mode: 0o600 }),
      ),
    );
  }

  write(lines: string): void {
    for (const stream of this.#streams) stream.write(lines);
  }

  /** @returns Why a line is not in it; undefined when all are. */
  async close(): Promise<Error | undefined> {
    await Promise.all(
      this.#streams.map(async (stream) => {
        stream.end();
        // One that failed may have closed itself long ago, and says so no more.
        await finished(stream).catch((error: unknown) => this.#failures.push(error as Error));
      }),
    );
    return this.#failures[0];
  }
}
