import type { SideName } from '../../sync/item.ts';
import type { Conflict } from './result.ts';

/** What became of a path that both sides had changed, and where the other content lies. */
export function conflictText(
  { path, winner, why, version }: Conflict,
  places: Readonly<Record<SideName, string>>,
): string {
  const loser = winner === 'here' ? 'there' : 'here';
  const reason =
    why === 'newer' ? `the one ${winner} is newer` : `both are of the same time; the one ${winner} was taken`;
  const kept = version === undefined ? '' : `; the other one is ${loser}, "${places[loser]}", as ${version}`;
  return `conflict: ${path}: ${reason}${kept}`;
}
