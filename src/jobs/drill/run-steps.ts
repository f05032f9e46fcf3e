// What RESTORE.txt says, done without `sh`: where a system has none, as Windows, only its `tar` is needed.
import { chmod, copyFile, mkdir, rename, rm, rmdir, utimes } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reasonOf, systemCode } from '../../base/errors.ts';
import type { RestoreStep } from '../../series/script/read-script.ts';
import { toTime } from '../../target/mtime.ts';
import { type BytePath, fromText, parentOf, systemPath } from '../../tree/path.ts';

const ASIDE = '.aside' as BytePath;

/**
 * Does `steps` in the folder `target`, one after the other; as in RESTORE.txt, the rest goes on after what fails.
 *
 * @param folder - That of the snapshot, from which its archives are named.
 * @param extract - Extracts an archive into `target`, and gives the reason when it could not.
 * @returns What went wrong first; undefined when nothing did.
 */
export async function runSteps(
  steps: readonly RestoreStep[],
  folder: string,
  target: string,
  extract: (archive: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const at = (path: BytePath): string | Buffer => systemPath(target, path);
  const aside = (n: number): string | Buffer => at(`${ASIDE}/${n}` as BytePath);
  const doStep = async (step: RestoreStep): Promise<string | undefined> => {
    switch (step.do) {
      case 'extract':
        return await extract(resolve(folder, step.file));
      case 'drop':
        await rm(at(step.path), { force: true });
        break;
      case 'tidy':
        // One in which something is stays.
        await rmdir(at(step.path)).catch(() => {});
        break;
      case 'aside':
        await rename(at(step.path), aside(step.n));
        break;
      case 'place':
        await mkdir(at(parentOf(step.path)), { recursive: true });
        await rename(aside(step.n), at(step.path));
        break;
      case 'copy':
        await mkdir(at(parentOf(step.path)), { recursive: true });
        await copyFile(at(step.from), at(step.path));
        break;
      case 'attributes':
        // Windows has none of them.
        break;
      case 'meta':
        await chmod(at(step.path), step.mode);
        await utimes(at(step.path), Date.now() / 1000, toTime(step.mtimeNs));
    }
    return undefined;
  };
  let wrong: string | undefined;
  await mkdir(at(ASIDE), { recursive: true });
  for (const step of steps) {
    try {
      const reason = await doStep(step);
      wrong ??= reason;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      const what = step.do === 'extract' ? fromText(step.file) : step.path;
      wrong ??= `${step.do} ${what}: ${reasonOf(error)}`;
    }
  }
  await rmdir(at(ASIDE)).catch(() => {});
  return wrong;
}
