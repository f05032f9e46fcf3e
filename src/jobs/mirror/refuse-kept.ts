// A mirror never lies in, or around, what belongs to a series: what is foreign to it would become a version, and go.
import { dirname, sep } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import { keptAt, keptIn } from '../../series/recognise.ts';
import { DATA_FOLDER } from '../../mirror/held.ts';
import { type BytePath, display } from '../../tree/path.ts';

const TOP = '' as BytePath;

/**
 * @param root - The mirror; it need not exist.
 * @throws {@link SnapshotError} `E_ROW` that names the series or snapshot.
 */
export async function refuseKept(root: string): Promise<void> {
  const own = await keptAt(root, TOP);
  if (own !== undefined && own.kind !== 'destination') throw refused(root, `is a ${own.kind}`, root);
  for (const { kind, path } of await keptIn(root, TOP))
    if (path !== DATA_FOLDER) throw refused(root, `holds a ${kind}`, `${root}${sep}${display(path)}`);
  for (let at = dirname(root); ; at = dirname(at)) {
    const place = await keptAt(at, TOP);
    if (place !== undefined && place.kind !== 'destination')
      throw refused(root, `lies in a ${place.kind}`, at);
    if (dirname(at) === at) return;
  }
}

function refused(root: string, what: string, place: string): SnapshotError {
  const which = place === root ? '' : ` ("${place}")`;
  return new SnapshotError(
    'E_ROW',
    `The folder of the mirror, "${root}", ${what}${which}; nothing was written`,
    {
      hint: 'Give the row another `name` or `destination`.',
    },
  );
}
