// Whoever can write where series lie, as on a file server that others use too, must not lead a run elsewhere.
import { join } from 'node:path';
import { SnapshotError, systemCode } from '../../base/errors.ts';
import { files } from '../../base/file-calls.ts';
import { storeError } from '../store-error.ts';

const HINT =
  'No link below a destination is followed, as anybody who can write there could have put it. Look where it leads, and move or remove it. (The destination itself may be reached over a link.)';

/**
 * The path of `key` below `root`, of which no part below `root` is a link. What is there is a file or a folder,
 * so that opening it does not wait for anybody; or nothing is. `root` itself may be reached over links.
 *
 * Node has no calls that are relative to an open folder: another program that puts a link there at the same moment
 * could still lead a call astray. Opening with `O_NOFOLLOW` closes that gap for the last part of the path.
 *
 * @throws {@link SnapshotError} `E_STORE` that names the part.
 */
export async function withoutLinks(root: string, key: string): Promise<string> {
  let path = root;
  for (const part of key === '' ? [] : key.split('/')) {
    path = join(path, part);
    try {
      // On Windows, a junction is a link as well.
      const stats = await files.lstat(path);
      if (!stats.isFile() && !stats.isDirectory()) throw refused(path, stats.isSymbolicLink());
    } catch (error) {
      if (error instanceof SnapshotError) throw error;
      const code = systemCode(error);
      // What is not there leads nowhere, and the call that follows says what is amiss.
      if (code === 'ENOENT' || code === 'ENOTDIR') break;
      throw storeError('look at', path, error);
    }
  }
  return join(root, key);
}

function refused(path: string, isLink: boolean): SnapshotError {
  if (isLink)
    return new SnapshotError('E_STORE', `Refused to follow "${path}": it is a link`, { hint: HINT });
  const message = `Refused to open "${path}": it is neither a file nor a folder`;
  return new SnapshotError('E_STORE', message, {
    hint: 'This program did not put it there. Move or remove it.',
  });
}
