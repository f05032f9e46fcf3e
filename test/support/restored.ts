// What comes back of a snapshot, without this program.
import { rmSync } from 'node:fs';
import { tool } from './command.ts';
import type { Place } from './place.ts';
import { lookAt, type Seen } from './trees.ts';

/** What RESTORE.txt makes of a snapshot, run by `sh`. */
export function restored(
  place: Pick<Place, 'path' | 'file'>,
  at: string,
  series = 'data',
): Map<string, Seen> {
  const target = place.path(`restored ${at}`);
  tool('sh', [place.file('RESTORE.txt', at, series), target]);
  const seen = lookAt(target);
  rmSync(target, { recursive: true, force: true });
  return seen;
}

/** A zip holds whole seconds, no times of links and no hard links. */
export function asZip(seen: Map<string, Seen>): Map<string, Seen> {
  return new Map(
    [...seen].map(([path, entry]) => {
      const mtimeNs = entry.type === 'link' ? 0n : entry.mtimeNs / 1_000_000_000n;
      return [path, { ...entry, mtimeNs, sameAs: undefined }];
    }),
  );
}
