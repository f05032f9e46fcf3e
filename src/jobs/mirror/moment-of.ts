import { printable, SnapshotError } from '../../base/errors.ts';
import { formatLocal, lastInstant, localOffset, parseMoment, parseRelative } from '../moment.ts';

/** The last moment that `--at` means, in milliseconds since 1970. @throws {@link SnapshotError} `E_USAGE` */
export function momentOf(at: string): number {
  if (at.trim().toLowerCase() === 'latest') return Number.MAX_SAFE_INTEGER;
  const asked = at.trim();
  const moment = parseRelative(asked, Date.now(), localOffset) ?? parseMoment(asked);
  if (moment === undefined || moment === 'invalid') {
    throw new SnapshotError('E_USAGE', `\`${printable(at)}\` is no date or time`, {
      hint: `Write for example \`${formatLocal(new Date()).slice(0, 10)}\` or \`${formatLocal(new Date()).slice(0, 16)}\`.`,
    });
  }
  return lastInstant(moment, localOffset);
}
