// What comes after the header of an age file: pieces of 64 KiB, each encrypted and vouched for by itself, so that a part can be
// read without the rest. https://age-encryption.org/v1, "Payload"; the way is called STREAM.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { hkdf } from './header.ts';

const PIECE_BYTES: number = 64 * 1024;
const TAG_BYTES = 16;
/** Behind the header, before the first piece. */
export const NONCE_BYTES = 16;
const SEALED_BYTES = PIECE_BYTES + TAG_BYTES;

/** Bytes that `plainBytes` take behind the header. An empty file has one empty piece. */
export function sealedSize(plainBytes: number): number {
  return NONCE_BYTES + plainBytes + TAG_BYTES * Math.max(1, Math.ceil(plainBytes / PIECE_BYTES));
}

/** The other way round; undefined when nothing takes so many. */
export function plainSize(sealedBytes: number): number | undefined {
  const pieces = Math.ceil((sealedBytes - NONCE_BYTES) / SEALED_BYTES);
  const size = sealedBytes - NONCE_BYTES - pieces * TAG_BYTES;
  return size >= 0 && sealedSize(size) === sealedBytes ? size : undefined;
}

/** Reads some bytes of a file, from `offset` on: fewer, where it ends. */
export type ReadPart = (offset: number, length: number) => Promise<Buffer>;

/** The pieces of one file. */
export class Payload {
  readonly #key: Buffer;
  readonly #nonce: Buffer;

  /** @param nonce - 16 bytes; never the same for another content under the same key. */
  constructor(fileKey: Buffer, nonce: Buffer) {
    this.#key = hkdf(fileKey, nonce, 'payload');
    this.#nonce = nonce;
  }

  /** Bytes of the encrypted file behind its header, from `offset` on. @param read - Reads the file of `plainBytes`. */
  async sealed(read: ReadPart, plainBytes: number, offset: number, length: number): Promise<Buffer> {
    const parts = [this.#nonce.subarray(offset, Math.min(offset + length, NONCE_BYTES))];
    const end = Math.min(offset + length, sealedSize(plainBytes)) - NONCE_BYTES;
    const start = Math.max(0, offset - NONCE_BYTES);
    if (end <= start) return Buffer.concat(parts);
    const first = Math.floor(start / SEALED_BYTES);
    const past = Math.ceil(end / SEALED_BYTES);
    const plain = await read(first * PIECE_BYTES, (past - first) * PIECE_BYTES);
    for (let i = first; i < past; i++) {
      const piece = plain.subarray((i - first) * PIECE_BYTES, (i - first + 1) * PIECE_BYTES);
      const from = Math.max(0, start - i * SEALED_BYTES);
      parts.push(
        this.#seal(piece, i, (i + 1) * PIECE_BYTES >= plainBytes).subarray(from, end - i * SEALED_BYTES),
      );
    }
    return Buffer.concat(parts);
  }

  /**
   * Bytes of the file itself, from `offset` on: fewer, where it ends.
   *
   * @param read - Reads the encrypted file behind its header.
   * @returns Undefined when it was changed or cut.
   */
  async opened(read: ReadPart, offset: number, length: number): Promise<Buffer | undefined> {
    const first = Math.floor(offset / PIECE_BYTES);
    const past = Math.max(first + 1, Math.ceil((offset + length) / PIECE_BYTES));
    const sealed = await read(NONCE_BYTES + first * SEALED_BYTES, (past - first) * SEALED_BYTES);
    const parts: Buffer[] = [];
    for (let at = 0; at < sealed.length; at += SEALED_BYTES) {
      const piece = this.#open(sealed.subarray(at, at + SEALED_BYTES), first + at / SEALED_BYTES);
      if (piece === undefined) return undefined;
      parts.push(piece);
    }
    const skip = offset - first * PIECE_BYTES;
    return Buffer.concat(parts).subarray(skip, skip + length);
  }

  /** All of the file. @returns Undefined when it was changed or cut. */
  all(sealed: Buffer): Buffer | undefined {
    const parts: Buffer[] = [];
    for (let at = NONCE_BYTES, i = 0; at < sealed.length; at += SEALED_BYTES, i++) {
      const isLast = at + SEALED_BYTES >= sealed.length;
      const piece = this.#unseal(sealed.subarray(at, at + SEALED_BYTES), i, isLast);
      if (piece === undefined) return undefined;
      parts.push(piece);
    }
    return parts.length === 0 ? undefined : Buffer.concat(parts);
  }

  #seal(piece: Buffer, number: number, isLast: boolean): Buffer {
    const options = { authTagLength: TAG_BYTES };
    const cipher = createCipheriv('chacha20-poly1305', this.#key, nonceOf(number, isLast), options);
    return Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
  }

  /** Of a piece that is as long as it can be, nobody knows whether it is the last one. */
  #open(sealed: Buffer, number: number): Buffer | undefined {
    const whole = sealed.length === SEALED_BYTES ? this.#unseal(sealed, number, false) : undefined;
    return whole ?? this.#unseal(sealed, number, true);
  }

  #unseal(sealed: Buffer, number: number, isLast: boolean): Buffer | undefined {
    const length = sealed.length - TAG_BYTES;
    if (length < 0 || (length === 0 && number > 0)) return undefined;
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv('chacha20-poly1305', this.#key, nonceOf(number, isLast), options);
    decipher.setAuthTag(sealed.subarray(length));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, length)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

/** 11 bytes that count, and one that is 1 for the last piece. */
function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 3);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
