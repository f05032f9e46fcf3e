import type { Row } from '../../plan/row.ts';
import type { Series } from '../../series/series.ts';
import type { OutOfReach } from '../reach.ts';
import { levelOf, nothingEnd, type VerifyOptions } from './verify.ts';
import type { VerifyEnd } from './verify-events.ts';

/**
 * The end of a series that could not be looked into. A disk that is away is no failure until its row is overdue; nor are missing
 * snapshots of a row that is switched off.
 */
export function unseenEnd(
  series: Series,
  options: VerifyOptions,
  { message, isAway, isOverdue }: OutOfReach,
  row: Row | undefined,
): VerifyEnd {
  const isFine = isAway ? !isOverdue : row?.active === false;
  const end = nothingEnd(series, levelOf(options), message, isFine ? 0 : 1);
  return isAway ? { ...end, isAway } : end;
}
