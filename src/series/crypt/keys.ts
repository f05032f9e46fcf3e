// Whose keys a series is encrypted with.
import type { Identity, Recipient } from '../../format/age/keys.ts';

/** What is needed to write and to read encrypted objects. */
export interface Keys {
  /** Whom new objects are for: one at least. */
  readonly recipients: readonly Recipient[];
  /** Those of this machine; asked for when the first object is read. @throws E_KEY when there is none. */
  readonly identities: () => Promise<readonly Identity[]>;
}

/** Whether both name the same recipients: what was encrypted for others is not shared. */
export function isForSame(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((one) => right.has(one));
}
