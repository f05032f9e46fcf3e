// The content of a zip record, read through with bounded memory.
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { uncut } from '../../base/uncut.ts';
import { reasonOf } from '../../base/errors.ts';
import { Damage } from '../damage.ts';
import type { SourceReader } from '../source-reader.ts';
import type { CentralRecord } from './zip-central.ts';

const STORED = 0;
const DEFLATED = 8;

/** Up to this a record is inflated at once, which is many times faster for small ones; else in pieces. */
const AT_ONCE_BYTES = 8 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

const ENDS_EARLY = 'its compressed content ends too early';

/**
 * Hands the content of a record to `take`, piece by piece, and checks its size and CRC.
 *
 * @throws {@link Damage} when it is anything else; as soon as there is more of it than `central` says.
 */
export async function readContent(
  reader: SourceReader,
  central: Pick<CentralRecord, 'method' | 'compressedBytes' | 'contentBytes' | 'crc'>,
  take: (piece: Buffer) => void,
): Promise<void> {
  const { method, compressedBytes, contentBytes } = central;
  if (compressedBytes > reader.leftBytes) throw new Damage(`it claims ${compressedBytes} bytes`);
  let crc = 0;
  let done = 0;
  const takePiece = (piece: Buffer): void => {
    done += piece.length;
    if (done > contentBytes) throw new Damage(`it holds more than ${contentBytes} bytes`);
    crc = crc32(piece, crc);
    take(piece);
  };
  if (method === STORED) {
    for await (const piece of reader.pieces(compressedBytes, PIECE_BYTES)) takePiece(piece);
  } else if (method !== DEFLATED) {
    throw new Damage(`its compression method is ${method}, not 0 or 8`);
  } else if (Math.max(compressedBytes, contentBytes) <= AT_ONCE_BYTES) {
    takePiece(inflatedAtOnce(await reader.take(compressedBytes), contentBytes));
  } else {
    await inflateInPieces(reader, compressedBytes, takePiece);
  }
  if (done !== contentBytes) throw new Damage(`it holds ${done} bytes, not ${contentBytes}`);
  if (crc !== central.crc) throw new Damage('its CRC is wrong');
}

/** The option `info` changes what is returned, which the type definitions do not say. */
interface WithInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function inflatedAtOnce(bytes: Buffer, contentBytes: number): Buffer {
  // One byte more, so that there is room for finding out that there is more.
  const options = { info: true, maxOutputLength: contentBytes + 1, chunkSize: chunkBytes(contentBytes + 1) };
  let result: WithInfo;
  try {
    result = uncut(() => inflateRawSync(bytes, options)) as unknown as WithInfo;
  } catch (error) {
    throw inflateDamage(error);
  }
  if (result.engine.bytesWritten !== bytes.length) throw new Damage(ENDS_EARLY);
  return result.buffer;
}

/** One piece for what is small, as each takes memory of its own. */
function chunkBytes(contentBytes: number): number {
  return Math.min(Math.max(contentBytes, 64), PIECE_BYTES);
}

async function inflateInPieces(
  reader: SourceReader,
  compressedBytes: number,
  take: (piece: Buffer) => void,
): Promise<void> {
  const inflate = uncut(() => createInflateRaw({ chunkSize: PIECE_BYTES }));
  // What the two ends throw stays what it is. All else is zlib's refusal, in one of several forms: content that
  // ends too early closes the pipeline, and aborts whoever still writes or reads.
  const own: unknown[] = [];
  const note = (error: unknown): never => {
    own.push(error);
    throw error;
  };
  const pieces = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* reader.pieces(compressedBytes, PIECE_BYTES);
    } catch (error) {
      note(error);
    }
  };
  const takeNoted = (piece: Buffer): void => {
    try {
      take(piece);
    } catch (error) {
      note(error);
    }
  };
  try {
    await pipeline(pieces, inflate, async (contents: AsyncIterable<Buffer>) => {
      for await (const piece of contents) takeNoted(piece);
    });
  } catch (error) {
    throw own.length > 0 ? own[0] : inflateDamage(error);
  }
  if (inflate.bytesWritten !== compressedBytes) throw new Damage(ENDS_EARLY);
}

function inflateDamage(error: unknown): Damage {
  return new Damage(`its content cannot be inflated: ${reasonOf(error)}`, { cause: error });
}
