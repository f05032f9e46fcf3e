import { formatBytes } from '../../base/amounts.ts';
import { formatOf } from '../../base/archive-format.ts';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DamagedError, SnapshotError } from '../../base/errors.ts';
import { removeTree } from '../../host/remove-tree.ts';
import { needPrograms, runScript } from '../../host/run-script.ts';
import { extractWithTar, needTar, windowsTar } from '../../host/windows-tar.ts';
import { isSparse } from '../../format/sparse.ts';
import type { At } from '../../series/index/index-line.ts';
import { whileShared } from '../../series/lock/shared-lock.ts';
import { RESTORE_FILE } from '../../series/names.ts';
import { parseRestore, type RestoreStep } from '../../series/script/read-script.ts';
import { appendOrNote, type DrillRecord } from '../../series/runs-log.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { freeBytesIn } from '../../store/local/free-bytes.ts';
import { compareTree } from './drill-compare.ts';
import { makeRoom } from './drill-room.ts';
import { fetchFiles } from './fetch-files.ts';
import { runSteps } from './run-steps.ts';
import type { DrillEnd } from '../verify/verify-events.ts';
import { whatOf } from '../verify/verify-survey.ts';

const ON_WINDOWS = process.platform === 'win32';

/** What an entry takes on a disk beside its content, at most and about. */
const ENTRY_BYTES = 4096;

/**
 * Extracts a snapshot with the system's own programs, as RESTORE.txt says (on Windows, where no `sh` can run that, by its `tar`), compares what comes of it with the
 * index, and records the result in the log of the series. Nothing is rotated out meanwhile.
 *
 * @param note - Told when that cannot be made sure, or the log cannot be written: what was tried is true all the same.
 * @throws {@link SnapshotError} `E_HOST` when this machine lacks a program, `E_SPACE` when the temporary folder has
 * not enough room, `E_DAMAGED` when the index cannot be read. Then nothing is recorded, as nothing was tried.
 */
export async function drill(
  series: Series,
  snapshot: Snapshot,
  signal: AbortSignal,
  note: (message: string) => void,
): Promise<DrillEnd> {
  return await whileShared(series, note, async () => await drillOf(series, snapshot, signal, note));
}

async function drillOf(
  series: Series,
  snapshot: Snapshot,
  signal: AbortSignal,
  note: (message: string) => void,
): Promise<DrillEnd> {
  const isZip = snapshot.info.archives.some(({ file }) => formatOf(file) === 'zip');
  const isTar = snapshot.info.archives.some(({ file }) => formatOf(file) === 'tar.zst');
  if (ON_WINDOWS) needTar(windowsTar(), isTar);
  else needPrograms(['sh', ...(isTar ? ['tar', 'zstd'] : []), ...(isZip ? ['unzip'] : [])]);
  await needRoom(series, snapshot);
  const started = new Date();
  const room = await makeRoom();
  try {
    const target = join(room, 'tree');
    const error = await extract(series, snapshot, { room, target }, signal, note);
    const nothing = { paths: 0, bytes: 0, differences: [], differenceCount: 0 };
    const compared =
      error === undefined
        ? await compareTree(target, await series.entries(snapshot), isZip, signal)
        : nothing;
    const finished = new Date();
    const isSame = error === undefined && compared.differenceCount === 0;
    const end: DrillEnd = {
      event: 'drill',
      series: series.name,
      snapshot: snapshot.name,
      result: isSame ? 'passed' : 'failed',
      ...compared,
      durationMs: finished.getTime() - started.getTime(),
      error: error ?? null,
    };
    const { result, paths, bytes, differenceCount, durationMs } = end;
    const record: DrillRecord = {
      started: started.toISOString(),
      finished: finished.toISOString(),
      outcome: 'drill',
      snapshot: snapshot.name,
      result,
      paths,
      bytes,
      differences: differenceCount,
      durationMs,
      error: end.error,
    };
    await appendOrNote(series, record, note);
    return end;
  } finally {
    await removeTree(room);
  }
}

/** @returns Why it could not be done. */
async function extract(
  series: Series,
  snapshot: Snapshot,
  places: { readonly room: string; readonly target: string },
  signal: AbortSignal,
  note: (message: string) => void,
): Promise<string | undefined> {
  try {
    const isHere = series.store.files !== undefined;
    const folder = isHere ? undefined : await fetchFiles(series, snapshot, places.room, signal, note);
    return await extractHere(series, snapshot.name, { ...places, folder }, signal);
  } catch (error) {
    // Whoever wants to restore it finds the same.
    if (!(error instanceof DamagedError)) throw error;
    return error.message;
  }
}

/** @returns Why it could not be done. */
async function extractHere(
  series: Series,
  snapshot: string,
  {
    room,
    target,
    folder,
  }: { readonly room: string; readonly target: string; readonly folder: string | undefined },
  signal: AbortSignal,
): Promise<string | undefined> {
  const where = series.place(snapshot, RESTORE_FILE);
  const text = await series.store.read(series.key(snapshot, RESTORE_FILE));
  if (text === undefined) return `${RESTORE_FILE} is missing`;
  let steps: readonly RestoreStep[];
  try {
    // A shell runs it: only what this program writes there.
    steps = parseRestore(text.toString('latin1'), where);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return `${RESTORE_FILE} is damaged: ${whatOf(error)}`;
  }
  if (ON_WINDOWS) {
    const extractOne = async (archive: string): Promise<string | undefined> =>
      await extractWithTar(windowsTar(), archive, target, signal);
    return await runSteps(steps, folder ?? dirname(where), target, extractOne);
  }
  // The very bytes that were read: others may be able to write where series lie.
  const script = join(room, RESTORE_FILE);
  await writeFile(script, text, { mode: 0o600, flag: 'wx' });
  return await runScript(script, folder === undefined ? where : join(folder, RESTORE_FILE), target, signal);
}

/** What a file takes once it is extracted; of one with holes, at least. */
function takenBytes(size: number, at: At | undefined): number {
  return at !== undefined && isSparse(at[3]) ? at[2] : size;
}

async function needRoom(series: Series, snapshot: Snapshot): Promise<void> {
  let needed = 0;
  for (const { entry, at } of await series.entries(snapshot))
    needed += ENTRY_BYTES + takenBytes(entry.size, at);
  // It is extracted as well, and removed again.
  for await (const { size, at } of series.dead(snapshot)) needed += ENTRY_BYTES + takenBytes(size, at);
  // So are archives that lie somewhere else, or are encrypted: as they are stored, and as they are.
  if (series.store.files === undefined) for (const { bytes } of snapshot.info.archives) needed += 2 * bytes;
  const free = await freeBytesIn(tmpdir());
  if (free === undefined || free >= needed) return;
  const [inNeed, left] = [needed, free].map(formatBytes);
  throw new SnapshotError(
    'E_SPACE',
    `A drill of ${snapshot.name} needs ${inNeed} in "${tmpdir()}", which has ${left}`,
    {
      hint: 'TMPDIR names another folder for temporary files (on Windows, TEMP).',
    },
  );
}
