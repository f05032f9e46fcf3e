import { once } from 'node:events';
import { basename, dirname, resolve } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { ensureFolder } from '../base/ensure-folder.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A log of JSON lines: `level`, `time` (ISO 8601, UTC), `pid`, `hostname`, the fields, `msg`. */
export interface LogFile {
  /** The topmost folder that was made for it; undefined when all were there. */
  readonly made: string | undefined;
  /** An `Error` under the name `err` is written with its stack. */
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
  /** Why a line is not in the file; undefined when all of them are, so far. */
  check(): Promise<SnapshotError | undefined>;
  /**
   * Resolves when every line is in the file and the file is closed. May be called twice.
   *
   * @throws {@link SnapshotError} `E_HOST` when a line could not be written; the first failure is the cause.
   */
  close(): Promise<void>;
}

/**
 * Opens `file` to append to; makes its folder (mode 0700) and itself (mode 0600) when missing.
 *
 * At 10 MiB it becomes `file.1`, `file.1` becomes `file.2`, up to `file.5`. A failure after opening never
 * interrupts the run: lines are lost from there on, and {@link LogFile.close} says so.
 *
 * @throws {@link SnapshotError} `E_HOST` when the file cannot be opened.
 */
export async function openLog(file: string): Promise<LogFile> {
  // Imported late: commands that write no log start faster.
  const [{ pino }, { createStream }] = await Promise.all([import('pino'), import('rotating-file-stream')]);
  const path = resolve(file);
  // What stands in the way shows on opening the file, and by a better name ("not a folder").
  const made = await ensureFolder(dirname(path), 0o700).catch(() => undefined);
  const stream = createStream(basename(path), { path: dirname(path), size: '10M', rotate: 5, mode: 0o600 });
  const failures: unknown[] = [];
  stream.on('error', (error) => failures.push(error));
  const closed = new Promise<void>((done) => {
    stream.once('close', done);
  });
  await once(stream, 'open').catch((error: unknown) => {
    // So says Windows of a folder that is to be made where a file stands.
    throw cannot('open', file, error, systemCode(error) === 'EEXIST' ? 'not a folder' : undefined);
  });

  const log = pino(
    { timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    stream,
  );
  return {
    made,
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    async check() {
      // Behind all lines: it ends when they are written, or have failed.
      const refused = await new Promise<unknown>((done) => void stream.write('', done));
      // The event comes when the file is closed, a moment later.
      const failure: unknown = failures[0] ?? stream.errored ?? refused ?? undefined;
      return failure === undefined ? undefined : cannot('write', file, failure);
    },
    async close() {
      stream.end();
      await closed;
      // The first one only: those after it say that the stream is closed.
      if (failures.length > 0) throw cannot('write', file, failures[0]);
    },
  };
}

function cannot(verb: string, file: string, cause: unknown, why: string = reasonOf(cause)): SnapshotError {
  return new SnapshotError('E_HOST', `Cannot ${verb} the log "${file}": ${why}`, {
    cause,
    hint: 'Choose another place for it with --log FILE.',
  });
}
