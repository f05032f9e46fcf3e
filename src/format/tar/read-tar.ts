import { Damage, within } from '../damage.ts';
import { type FoundMember, NO_PLACE, type Reading } from '../found-member.ts';
import { type Pax, parsePax } from './pax.ts';
import { readFrames } from '../zstd/read-frames.ts';
import { memberOfHeader, parseTarHeader, type TarHeader } from './tar-header.ts';
import { TarStream } from './tar-stream.ts';
import { Breath } from '../../base/breath.ts';
import { Expansion, sparseSkip } from '../sparse.ts';
import { BLOCK_BYTES, paddedBytes } from './tar.ts';

/** Far more than the paths of a member can take. */
const MAX_PAX_BYTES = 1024 * 1024;

/**
 * The members of a tar.zst. Frames may cut members anywhere, as other programs cut them: the place of a file
 * then begins with the frame that holds the end of its header, and ends with the one that holds its last byte.
 * After the two zero blocks there may be more zeros, with which other programs fill up. A part ends with a member,
 * and only the last one with those.
 *
 * @throws {@link Damage} as {@link readArchive} says.
 */
export async function* readTar(reading: Reading): AsyncGenerator<FoundMember> {
  const stream = new TarStream(readFrames(reading));
  for (;;) {
    const isMiddle = reading.part?.isLast === false;
    if (isMiddle && (await stream.isAtEnd())) return;
    const at = stream.position;
    const found = await within(`after ${at}`, async () => await readMember(stream, reading));
    if (found === undefined && isMiddle) throw new Damage(`it ends before ${at}, and something follows`);
    if (found === undefined) return;
    yield found;
  }
}

/** The next member, or undefined after the last one and all that follows it. */
async function readMember(stream: TarStream, reading: Reading): Promise<FoundMember | undefined> {
  const block = await stream.take(BLOCK_BYTES);
  if (isZero(block)) {
    await readEnd(stream);
    return undefined;
  }
  let header = parseTarHeader(block);
  let pax: Pax = {};
  if (header.type === 'pax') {
    pax = await readPax(stream, header);
    header = parseTarHeader(await stream.take(BLOCK_BYTES));
  }
  const member = memberOfHeader(header, pax);
  if (member.type !== 'file') return { member, place: NO_PLACE, hash: undefined };
  const { frameStart: offset, skip } = stream;
  const { hasher } = reading;
  hasher.reset();
  const { size, stored = size } = member;
  if (member.stored === undefined) await stream.pass(size, (piece) => hasher.update(piece));
  else await hashSparse(stream.pieces(stored), size, reading);
  const hash = hasher.digest();
  const end = stored === 0 ? await stream.endOfEmpty() : stream.frameEnd;
  await stream.take(paddedBytes(stored) - stored);
  const place = { offset, length: end - offset, skip: member.stored === undefined ? skip : sparseSkip(skip) };
  return { member, place, hash };
}

/** @throws {@link Damage} when that is not all of the content. */
async function hashSparse(
  pieces: AsyncIterable<Buffer>,
  sizeBytes: number,
  { hasher, signal }: Reading,
): Promise<void> {
  const expansion = new Expansion(sizeBytes);
  const breath = new Breath(signal);
  for await (const piece of pieces) {
    for (const own of expansion.add(piece)) {
      hasher.update(own);
      await breath.after(own.length);
    }
  }
  if (!expansion.isWhole) throw new Damage('its sparse map says more than there is');
}

async function readPax(stream: TarStream, { size }: TarHeader): Promise<Pax> {
  if (size > MAX_PAX_BYTES) throw new Damage(`its pax header claims ${size} bytes`);
  return parsePax((await stream.take(paddedBytes(size))).subarray(0, size));
}

/** The second zero block, and nothing but zeros up to the end of the last frame. */
async function readEnd(stream: TarStream): Promise<void> {
  if (!isZero(await stream.take(BLOCK_BYTES))) throw new Damage('one zero block stands alone');
  for (;;) {
    const rest = await stream.some(BLOCK_BYTES * BLOCK_BYTES);
    if (rest === undefined) return;
    if (!isZero(rest))
      throw new Damage(`something follows the end of the archive, before ${stream.position}`);
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
