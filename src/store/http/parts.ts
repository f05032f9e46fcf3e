// Large objects go in parts, several at once.
import { SnapshotError } from '../../base/errors.ts';
import type { SpooledFile } from '../objects.ts';

const MIB = 1024 * 1024;
/** From this size on an object goes in parts. All but the last one are of one size, which some servers demand. */
export const PART_BYTES: number = 16 * MIB;
const PARALLEL = 4;
/** Parts are in memory while they are sent: this is the most, unless one of a huge object is larger. */
const MOST_IN_MEMORY = PARALLEL * PART_BYTES;

export interface Parts {
  readonly partBytes: number;
  readonly count: number;
  readonly parallel: number;
}

/** How an object of `sizeBytes` is cut, where it may have `most` parts. */
export function partsOf(sizeBytes: number, usualBytes: number, most: number): Parts {
  const least = Math.ceil(sizeBytes / most / MIB) * MIB;
  const partBytes = Math.max(usualBytes, least);
  const parallel = Math.max(1, Math.min(PARALLEL, Math.floor(MOST_IN_MEMORY / partBytes)));
  return { partBytes, count: Math.ceil(sizeBytes / partBytes), parallel };
}

/**
 * Sends each part that is missing in `done`, and puts there what `send` gives for it. When one fails, those under way end
 * their part, as it counts for the next try; then the first failure is thrown.
 */
export async function sendParts(
  file: SpooledFile,
  { partBytes, count, parallel }: Parts,
  done: (string | undefined)[],
  what: string,
  send: (body: Uint8Array, index: number) => Promise<string>,
): Promise<void> {
  const missing = Array.from({ length: count }, (_, i) => i).filter((i) => done[i] === undefined);
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (let i = missing.shift(); i !== undefined && failure === undefined; i = missing.shift()) {
      try {
        const length = Math.min(partBytes, file.sizeBytes - i * partBytes);
        done[i] = await send(await readAll(file, i * partBytes, length, what), i);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  if (failure !== undefined) throw failure.error;
}

/** @throws E_STORE when the file has become shorter. */
export async function readAll(
  file: SpooledFile,
  offset: number,
  length: number,
  what: string,
): Promise<Buffer> {
  const bytes = await file.read(offset, length);
  if (bytes.length === length) return bytes;
  throw new SnapshotError('E_STORE', `${what}: the file that waits for it on this machine became shorter`);
}
