import type { Loss } from '../../series/damage/damage.ts';

/** The first few of the files that are lost, by snapshot. */
export function lossText(losses: readonly Loss[]): string {
  return losses
    .map(({ snapshot, files, paths }) => {
      const more = files - paths.length;
      return `${paths.map((path) => `\`${path}\``).join(', ')}${more > 0 ? ` and ${more} more` : ''} of ${snapshot}`;
    })
    .slice(0, 3)
    .join('; ')
    .concat(losses.length > 3 ? `; and of ${losses.length - 3} more snapshots` : '');
}
