// What goes with which strategy.
import { addressKind } from '../base/address.ts';
import type { Settings } from './columns.ts';
import { formatKeep, type Keep } from './keep.ts';
import { type PlanProblem, problemAt, quoted } from './problem.ts';

const DAY_MS = 86_400_000;

/** What an empty `keep` means: seven snapshots; of a mirror, what was replaced or deleted for 30 days. */
export function defaultKeep(strategy: Settings['strategy']): Keep {
  return strategy === 'mirror' ? { within: 30 * DAY_MS } : { last: 7 };
}

/** @param destinations - Those of the line, absolute. */
export function strategyProblems(
  line: number,
  { strategy, format, encrypt, keep }: Settings,
  destinations: readonly string[],
): readonly PlanProblem[] {
  if (strategy !== 'mirror') {
    const aged = keep.find(({ within }) => within !== undefined);
    if (aged === undefined) return [];
    const message = `${quoted(formatKeep(aged))} has an age, which is for mirrors: use rules as \`daily=30\``;
    return [problemAt(line, message, { column: 'keep' })];
  }
  const far = destinations.find((destination) => addressKind(destination) !== undefined);
  return [
    ...(format === 'zip'
      ? [problemAt(line, 'a mirror holds plain files: leave `format` empty', { column: 'format' })]
      : []),
    ...(encrypt.length > 0
      ? [problemAt(line, 'a mirror holds plain files: leave `encrypt` empty', { column: 'encrypt' })]
      : []),
    ...(destinations.length > 1
      ? [problemAt(line, 'a mirror has one destination: give each a row', { column: 'destination' })]
      : []),
    ...(far !== undefined
      ? [
          problemAt(line, 'a mirror is a folder of this machine, or one that is mounted: no address', {
            column: 'destination',
            value: far,
          }),
        ]
      : []),
  ];
}
