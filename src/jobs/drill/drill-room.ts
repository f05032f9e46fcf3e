// Where a drill extracts to: a folder of its own on this machine, which holds a whole snapshot for a while.
import { lstat, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../host/remove-tree.ts';
import { attempt } from '../../store/attempt.ts';

const PREFIX = 'snapshot-drill-';
/** Processes of another container are not seen from here, and may share the folder. */
const SURELY_OLD_MS = 86_400_000;

/**
 * Makes a folder that only this user may read. What drills have left that were killed is removed first.
 *
 * @throws {@link SnapshotError} when none can be made in the temporary folder.
 */
export async function makeRoom(): Promise<string> {
  for (const name of await readdir(tmpdir()).catch(() => []))
    if (name.startsWith(PREFIX)) await removeDead(join(tmpdir(), name), name.slice(PREFIX.length));
  return await attempt(
    'make a folder in',
    tmpdir(),
    async () => await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)),
  );
}

async function removeDead(folder: string, rest: string): Promise<void> {
  const pid = Number.parseInt(rest, 10);
  if (!(pid > 0) || isAlive(pid)) return;
  try {
    const { uid, mtimeMs } = await lstat(folder);
    const isOwn = uid === (process.geteuid?.() ?? uid);
    if (isOwn && Date.now() - mtimeMs > SURELY_OLD_MS) await removeTree(folder);
  } catch {
    // Gone since, or it cannot be: no reason not to drill.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
