import { parseBytes, UNIT_NAMES } from '../base/byte-size.ts';
import { InvalidValue, quoted } from './problem.ts';

/** Reads a cell with a size, as `2GB`. A size that is guessed wrong would leave out what is wanted. */
export function parseSize(text: string): number {
  const bytes = parseBytes(text.trim());
  if (bytes === undefined) {
    throw new InvalidValue(
      `${quoted(text)} is no size`,
      `write a number and a unit, as 2GB; units: ${UNIT_NAMES}`,
    );
  }
  if (bytes > 0) return bytes;
  throw new InvalidValue(`${quoted(text)} would leave out all`, 'leave the cell empty for no limit');
}
