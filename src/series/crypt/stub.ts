// The info.json of an encrypted snapshot: it says that, and nothing else. The true one is info.json.age. A version of this
// program that knows no encryption finds a version that it does not know, and removes nothing.
import { SnapshotError } from '../../base/errors.ts';

interface Stub {
  readonly version: 2;
  readonly encrypted: { readonly format: string; readonly recipients: readonly string[] };
}

const FORMAT = 'age-encryption.org/v1';
/** A true info.json of a series with so little to say is no stub, whatever it holds. */
const MOST_BYTES = 1024 * 1024;

/** @param recipients - As age writes them. */
export function stubFor(recipients: readonly string[]): Buffer {
  const stub: Stub = { version: 2, encrypted: { format: FORMAT, recipients } };
  return Buffer.from(`${JSON.stringify(stub, undefined, 2)}\n`);
}

/** Whom a snapshot is encrypted for, by its info.json; undefined when that is no stub. */
export function recipientsOf(bytes: Uint8Array | undefined): readonly string[] | undefined {
  if (bytes === undefined || bytes.length > MOST_BYTES) return undefined;
  try {
    const { encrypted } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Stub>;
    return Array.isArray(encrypted?.recipients) ? encrypted.recipients.map(String) : undefined;
  } catch {
    // Damaged, which others say better.
    return undefined;
  }
}

/** What is said of a snapshot that is encrypted, to who did not expect that. */
export function encryptedError(where: string): SnapshotError {
  return new SnapshotError('E_KEY', `"${where}" is encrypted, and its row says nothing of that`, {
    hint: 'Name the recipients in the column `encrypt`; `snapshot key show` says those of this machine.',
  });
}
