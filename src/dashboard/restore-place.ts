// Where a restore may write: below one folder, chosen when the server was started.
import { realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { printable, SnapshotError, systemCode } from '../base/errors.ts';
import { checkName } from '../serve/library/file-name.ts';
import { Refusal } from '../serve/refusal.ts';

/**
 * The folder `name` below `root`.
 *
 * @throws {@link Refusal} 403 when the name leads elsewhere, is none on some system, or a link on the way leads out.
 */
export async function restorePlace(root: string, name: string): Promise<string> {
  checkName(name);
  const place = join(root, name);
  const top = await realpath(root).catch((cause: unknown) => {
    throw new SnapshotError('E_USAGE', `The folder "${printable(root)}" is not there any more`, { cause });
  });
  const real = await nearest(place);
  if (real === top || real.startsWith(top.endsWith(sep) ? top : top + sep)) return place;
  throw new Refusal(403, `"${printable(name)}" leads out of "${printable(root)}", by a link`);
}

/** The path, free of links, of what is there of `place`: itself, or the nearest folder above it. */
async function nearest(place: string): Promise<string> {
  try {
    return await realpath(place);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(place) === place) throw error;
    return await nearest(dirname(resolve(place)));
  }
}
