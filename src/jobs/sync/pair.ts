// The two sides of a pair, opened, and what must not be one.
import { basename, sep } from 'node:path';
import { addressKind, checkedAddress } from '../../base/address.ts';
import { SnapshotError } from '../../base/errors.ts';
import { keptAt, keptIn } from '../../series/recognise.ts';
import { snapshotTime } from '../../series/names.ts';
import { STATE_FILE } from '../../mirror/state-file.ts';
import { LocalSide } from '../../sync/local-side.ts';
import { DATA_FOLDER } from '../../sync/own-paths.ts';
import type { Listings, Sides } from '../../sync/see.ts';
import type { Side } from '../../sync/side.ts';
import { type BytePath, display, join, parentOf } from '../../tree/path.ts';

const TOP = '' as BytePath;

/**
 * @param here, there - Absolute folders, or addresses.
 * @throws {@link SnapshotError} `E_USAGE` when a side is of a kind that cannot be synced, or one lies in the other; `E_ROW` when one
 *   belongs to a series or a mirror.
 */
export async function openPair(here: string, there: string): Promise<Sides> {
  const first = await openSide(here);
  try {
    const second = await openSide(there);
    try {
      for (const [a, b] of [
        [first, second],
        [second, first],
      ] as const) {
        if (a.address === b.address) throw new SnapshotError('E_USAGE', `Both sides are "${a.label}"`);
        const inside = `${a.address.replace(/[\\/]+$/, '')}${a instanceof LocalSide ? sep : '/'}`;
        if (b.address.startsWith(inside))
          throw new SnapshotError(
            'E_USAGE',
            `"${b.label}" lies in "${a.label}": a pair is of two trees apart`,
          );
      }
      if (first instanceof LocalSide && second instanceof LocalSide) {
        first.isApartFrom(second.address);
        second.isApartFrom(first.address);
      }
      for (const side of [first, second]) await refuseKept(side);
      return { here: first, there: second };
    } catch (error) {
      await second.close();
      throw error;
    }
  } catch (error) {
    await first.close();
    throw error;
  }
}

async function openSide(place: string): Promise<Side> {
  const kind = addressKind(place);
  if (kind === undefined) return await LocalSide.open(place);
  if (kind !== 'sftp') {
    throw new SnapshotError(
      'E_USAGE',
      `"${place}" cannot be synced with: a side is a folder, or one on a server by \`sftp://\``,
    );
  }
  const { SftpSide } = await import('../../sync/sftp-side.ts');
  return await SftpSide.open(checkedAddress(place));
}

/** What belongs to a series or a mirror has one writer. */
async function refuseKept(side: Side): Promise<void> {
  const refused = (what: string): SnapshotError =>
    new SnapshotError('E_ROW', `"${side.label}" ${what}; nothing was synced`, {
      hint: 'Choose another folder.',
    });
  if ((await side.look(join(DATA_FOLDER, STATE_FILE as BytePath))) !== undefined)
    throw refused('is a mirror');
  if (!(side instanceof LocalSide)) return;
  const own = await keptAt(side.address, TOP);
  if (own !== undefined) throw refused(`is a ${own.kind}`);
  for (const { kind, path } of await keptIn(side.address, TOP))
    if (path !== DATA_FOLDER) throw refused(`holds a ${kind} ("${display(path)}")`);
}

/** @throws {@link SnapshotError} `E_ROW` when there are snapshots anywhere in a tree: a sync would make versions of their files. */
export function refuseSnapshots(listings: Listings, sides: Sides): void {
  for (const side of ['here', 'there'] as const) {
    for (const path of listings[side].items.keys()) {
      const folder = parentOf(path);
      if (!path.endsWith('/info.json') || snapshotTime(basename(folder)) === undefined) continue;
      throw new SnapshotError(
        'E_ROW',
        `"${sides[side].label}" holds a snapshot ("${display(folder)}"); nothing was synced`,
        {
          hint: 'A series has one writer: leave it out with --exclude, or sync another folder.',
        },
      );
    }
  }
}
