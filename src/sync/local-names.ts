// Names that a file of this machine gets beside, or in place of, the one it has.
import { systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import { NO_LINKS } from '../base/hard-links.ts';

/** Where a file can have one name only, or not this one. */
const NO_LINK: ReadonlySet<string> = new Set([...NO_LINKS, 'EINVAL']);

/** Gives a file one more name, at which nothing is. @returns False where a file can have only one. */
export async function linkAt(from: string | Buffer, to: string | Buffer): Promise<boolean> {
  try {
    await files.link(from, to);
    return true;
  } catch (error) {
    if (NO_LINK.has(systemCode(error) ?? '')) return false;
    throw error;
  }
}

/** Gives a file the name `to`, in one step. @returns False when something has it already. */
export async function claimAt(from: string | Buffer, to: string | Buffer): Promise<boolean> {
  try {
    if (await hasLink(from, to)) await files.unlink(from);
    else {
      // Nobody else gets the name, which then is replaced.
      await (await files.open(to, 'wx')).close();
      await files.rename(from, to).catch(async (error: unknown) => {
        await files.unlink(to).catch(() => {}); // It is told why the other one failed.
        throw error;
      });
    }
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Whatever keeps a link from being made, an exclusive file is the way that all file systems have. */
async function hasLink(from: string | Buffer, to: string | Buffer): Promise<boolean> {
  try {
    return await linkAt(from, to);
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(systemCode(error) ?? '')) throw error;
    return false;
  }
}
