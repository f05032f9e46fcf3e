// The cell `destination`, which may name several.
import { stat } from 'node:fs/promises';
import { addressKind } from '../base/address.ts';
import { expandAddress, expandPath, type Surroundings } from './expand.ts';
import { InvalidValue, quoted } from './problem.ts';

/** A bar that no path has by accident. */
const BETWEEN = /(?<=^|\s)\|(?=\s|$)/;

/**
 * The destinations that a cell names, absolute or addresses: several with ` | ` between, unless there is a folder of that very name.
 *
 * @throws {@link InvalidValue}
 */
export async function destinationsOf(text: string, around: Surroundings): Promise<readonly string[]> {
  if (text === '') return [];
  const parts = text.split(BETWEEN).map((part) => part.trim());
  if (parts.length > 1 && (await isFolder(text, around))) return [expand(text, around)];
  if (parts.includes(''))
    throw new InvalidValue(
      `nothing before or behind a bar in ${quoted(text)}`,
      'name a destination on both sides',
    );
  return parts.length === 1 ? [expand(text, around)] : parts.map((part) => expand(part, around));
}

function expand(text: string, around: Surroundings): string {
  return addressKind(text) === undefined ? expandPath(text, around) : expandAddress(text, around);
}

async function isFolder(text: string, around: Surroundings): Promise<boolean> {
  try {
    return (await stat(expand(text, around))).isDirectory();
  } catch {
    // Several, one of which may be no path.
    return false;
  }
}
