import { parseBytes } from '../../base/byte-size.ts';
import { SnapshotError } from '../../base/errors.ts';

/** The bytes that `text` says. @param name - The option. @throws {@link SnapshotError} `E_USAGE` for what is no amount. */
export function readByteAmount(name: string, text: string): number {
  const bytes = parseBytes(text) ?? (text === '0' ? 0 : undefined);
  if (bytes !== undefined) return bytes;
  throw new SnapshotError('E_USAGE', `--${name} ${text}: it takes a number and a unit, as 1GB`);
}
