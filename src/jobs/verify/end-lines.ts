// What verifying has found, on a line each.
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../base/amounts.ts';
import { formatLocal } from '../moment.ts';
import type { Damage, DrillEnd, Lost, VerifyEnd } from './verify-events.ts';

/** Only who has read everything calls a series healthy. */
const VERDICTS = { quick: 'in place', sample: 'sound as far as read', full: 'healthy' } as const;

/** What colours words, where there are colours. */
interface Painter {
  readonly style: (style: 'green' | 'yellow' | 'red' | 'bold' | 'dim', text: string) => string;
}

export function damageLine({ series, file, what, snapshots }: Damage, { style }: Painter): string {
  const needed = snapshots.length > 1 ? ` (${snapshots.length} snapshots need it)` : '';
  return `${style('red', 'damaged:')} ${series}/${file}: ${what}${needed}`;
}

export function lostLine({ snapshot, path, stillIn }: Lost, { style }: Painter): string {
  const n = stillIn.length;
  const newest = stillIn.at(-1) ?? '';
  const still =
    n === 0 ? 'in no snapshot any more' : `still in ${newest}${n > 1 ? ` and ${n - 1} more` : ''}`;
  return `${style('red', 'lost:')} ${path} of ${snapshot}, ${still}`;
}

/** How a series ended, of which something could be looked at. */
export function verifyEndLines(end: VerifyEnd, painter: Painter): readonly string[] {
  if (end.mirror !== undefined) return mirrorLines(end, end.mirror, painter);
  return [end.pair === undefined ? seriesLine(end, painter) : pairLine(end, end.pair, painter)];
}

function seriesLine(end: VerifyEnd, { style }: Painter): string {
  const { series, snapshots, archives, readBytes, readPieces, pieces, damages, lost, seed, durationMs } = end;
  const read = end.isKeyless
    ? `${readBytes === 0 ? 'names of stored files' : `${formatBytes(readBytes)} read as stored`}; without a key`
    : readBytes === 0
      ? 'names, sizes and small files; contents were not read'
      : `${formatBytes(readBytes)} read, ${formatCount(readPieces)} of ${formatCountOf(pieces, 'content')} checked`;
  const sample = seed === undefined ? '' : `, seed ${seed}`;
  const verdict =
    damages + lost === 0
      ? style('green', end.isKeyless ? 'stored as it was' : VERDICTS[end.looked])
      : style('red', 'DAMAGED');
  return (
    `${verdict}  ${style('bold', series)}  ${formatCountOf(snapshots, 'snapshot')}, ` +
    `${formatCountOf(archives, 'archive')}, ${read}${sample}, ${formatDuration(durationMs)}`
  );
}

function mirrorLines(
  { series, damages, looked, readBytes, durationMs }: VerifyEnd,
  { files, scanned, busy }: NonNullable<VerifyEnd['mirror']>,
  { style }: Painter,
): readonly string[] {
  const well = busy === 0 ? style('green', VERDICTS[looked]) : style('yellow', 'not all compared');
  const verdict = damages === 0 ? well : style('red', 'CHANGED');
  const as = scanned === null ? 'never whole' : `as of ${formatLocal(new Date(scanned))}`;
  const read = looked === 'full' ? `${formatBytes(readBytes)} read` : 'contents were not read';
  const unseen = busy === 0 ? '' : `, ${formatCount(busy)} of them not compared`;
  const line = `${verdict}  ${style('bold', series)}  mirror ${as}, ${formatCountOf(files, 'file')}${unseen}, ${read}, ${formatDuration(durationMs)}`;
  if (damages === 0) return [line];
  const wayOut = 'The next run puts it right; with `--rehash` also what differs in content alone.';
  return [line, `  ${style('dim', wayOut)}`];
}

function pairLine(
  { series, looked, readBytes, durationMs, status }: VerifyEnd,
  { files, differing, troubles }: NonNullable<VerifyEnd['pair']>,
  { style }: Painter,
): string {
  const isLooked = looked === 'full' && troubles === 0;
  const verdict =
    status === 0 ? style('green', isLooked ? VERDICTS.full : VERDICTS.quick) : style('red', 'TROUBLE');
  const read = looked === 'full' ? `${formatBytes(readBytes)} read` : 'contents were not read';
  const news = differing === 0 ? '' : `, ${formatCountOf(differing, 'path')} for the next one`;
  return `${verdict}  ${style('bold', series)}  sync, ${formatCountOf(files, 'file')} at the last one${news}, ${read}, ${formatDuration(durationMs)}`;
}

/** How a drill ended; one that failed has a line for each of the first differences. */
export function drillLines(end: DrillEnd, { style }: Painter): readonly string[] {
  const { series, snapshot, paths, bytes, durationMs, differences, differenceCount, error } = end;
  if (end.result === 'passed') {
    const text = `${formatCountOf(paths, 'path')}, ${formatBytes(bytes)}, ${formatDuration(durationMs)}`;
    return [`${style('green', 'drill passed')}  ${series}  ${snapshot}, ${text}`];
  }
  const more = differenceCount - differences.length;
  return [
    `${style('red', 'drill FAILED')}  ${series}  ${snapshot}: ${error ?? `${differenceCount} differences`}`,
    ...differences.map((difference) => `  ${difference}`),
    ...(more > 0 ? [`  ... and ${formatCount(more)} more`] : []),
  ];
}
