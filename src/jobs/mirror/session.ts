// A mirror that is open, for one pass or many.
import { ActionLog, actionLine, LOG_FILE } from '../../mirror/action-log.ts';
import { DATA_FOLDER } from '../../mirror/held.ts';
import { Mirror } from '../../mirror/mirror.ts';
import type { MirrorThread } from '../../mirror/thread.ts';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { WATCH_FILE } from '../../series/names.ts';
import { readOwner, writeOwner } from '../../series/owner.ts';
import type { Apart } from '../../tree/apart.ts';
import type { LeftOut } from '../../tree/left-out.ts';
import { leftOutOf } from '../left-out.ts';
import { RowContext } from '../run/row-context.ts';

export interface MirrorSession {
  readonly mirror: Mirror;
  readonly thread: MirrorThread;
  /** Undefined in a dry run. */
  readonly log: ActionLog | undefined;
  /** What a scan of the source leaves out. */
  readonly leftOut: LeftOut;
  readonly apart: readonly Apart[];
  /** That of the first pass. */
  readonly context: RowContext;
}

/** Where the mirror of a row is. */
export function mirrorFolder({ destination, name }: Pick<Row, 'destination' | 'name'>): string {
  return join(destination, name);
}

/** Opens the mirror, whose lock is held. A dry run makes nothing. */
export async function openSession(context: RowContext, thread: MirrorThread): Promise<MirrorSession> {
  const { row, series, options, machine } = context;
  const { dryRun, places, actionLog } = options;
  const folder = mirrorFolder(row);
  const root = await realpath(folder).catch((error: unknown) => {
    if (!dryRun) throw error;
    return folder;
  });
  const mirror = await open(root, thread, context);
  if (!dryRun && (await readOwner(series)) === undefined)
    await writeOwner(series, { host: machine.host, machine: machine.id, source: row.source });
  // Whoever has the lock knows that nobody keeps it: it was left by one that was killed.
  if (!dryRun) await series.store.remove(series.key(WATCH_FILE));
  const logs = [join(root, DATA_FOLDER, LOG_FILE), ...(actionLog === undefined ? [] : [actionLog])];
  const log = dryRun ? undefined : await ActionLog.open(logs);
  log?.write(actionLine(options.now(), 'STARTUP', row.name));
  const leftOut = leftOutOf(row);
  return {
    mirror,
    thread,
    log,
    leftOut: { ...leftOut, patterns: [...leftOut.patterns, `${DATA_FOLDER}/`, '/.sync'] },
    apart: (await places?.apartFrom(row)) ?? [],
    context,
  };
}

export async function closeSession({ log, context }: MirrorSession): Promise<void> {
  const { row, options, report } = context;
  log?.write(actionLine(options.now(), 'SHUTDOWN', row.name));
  const lost = await log?.close();
  if (lost !== undefined) report.warn(`the log of the mirror is not complete: ${lost.message}`);
}

/** For one more pass: what came up in an earlier one is told, and what was accepted was so for the first one. */
export async function contextOf({ context }: MirrorSession): Promise<RowContext> {
  const { row, series, options, report, lock } = context;
  const next = new RowContext(row, series, { ...options, acceptChanges: false }, report);
  next.lock = lock;
  await next.readKnown();
  return next;
}

async function open(root: string, thread: MirrorThread, context: RowContext): Promise<Mirror> {
  try {
    return await Mirror.open(root, thread);
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
    context.report.warn(`what is known of the mirror cannot be read, so both sides are: ${error.message}`);
    return Mirror.unknown(root, thread);
  }
}
