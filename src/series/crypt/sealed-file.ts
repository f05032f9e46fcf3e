import { randomBytes } from 'node:crypto';
import { damaged, type DamagedError, SnapshotError } from '../../base/errors.ts';
import { FILE_KEY_BYTES, fileKeyOf, type Header, makeHeader, parseHeader } from '../../format/age/header.ts';
import type { Identity, Recipient } from '../../format/age/keys.ts';
import { NONCE_BYTES, Payload, sealedSize } from '../../format/age/payload.ts';
import type { ByteRange, SpooledFile } from '../../store/objects.ts';

/** Enough for the header of a file for ten recipients. */
const HEAD_BYTES = 1024;

/** A finished file on its way out, encrypted with a key of its own. It is the same each time it is read. */
export class SealedFile implements SpooledFile {
  readonly sizeBytes: number;
  /** Bytes before the content. */
  readonly headerBytes: number;
  readonly payload: Payload;
  readonly #plain: SpooledFile;
  readonly #header: Buffer;

  constructor(plain: SpooledFile, recipients: readonly Recipient[]) {
    const fileKey = randomBytes(FILE_KEY_BYTES);
    this.#plain = plain;
    this.#header = makeHeader(fileKey, recipients);
    this.headerBytes = this.#header.length;
    this.payload = new Payload(fileKey, randomBytes(NONCE_BYTES));
    this.sizeBytes = this.#header.length + sealedSize(plain.sizeBytes);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const head = this.#header.subarray(offset, offset + length);
    const behind = await this.payload.sealed(
      async (at, bytes) => await this.#plain.read(at, bytes),
      this.#plain.sizeBytes,
      Math.max(0, offset - this.#header.length),
      length - head.length,
    );
    return Buffer.concat([head, behind]);
  }
}

/** Small files. */
export function inMemory(bytes: Uint8Array): SpooledFile {
  const all = Buffer.from(bytes);
  return {
    sizeBytes: all.length,
    read: async (offset, length) => await Promise.resolve(all.subarray(offset, offset + length)),
  };
}

/** How a stored object is read: what comes before its content, and the way to open that. */
export interface Opened {
  readonly headerBytes: number;
  readonly payload: Payload;
}

/** Reads a part of an encrypted file. @returns Undefined when there is none. */
export type GetPart = (range: ByteRange) => Promise<Buffer | undefined>;

/** The header of an encrypted file, and the first bytes behind it. @returns Undefined when there is no file. @throws E_DAMAGED */
export async function readHeader(
  get: GetPart,
  where: string,
): Promise<(Header & { readonly nonce: Buffer }) | undefined> {
  for (let length = HEAD_BYTES; ; length *= 8) {
    const bytes = await get({ offset: 0, length });
    if (bytes === undefined) return undefined;
    const header = parseHeader(bytes, where);
    if (header !== undefined) {
      const nonce = bytes.subarray(header.length, header.length + NONCE_BYTES);
      if (nonce.length === NONCE_BYTES) return { ...header, nonce };
    }
    if (bytes.length < length) throw changedError(where);
  }
}

/**
 * Opens an encrypted file by its first bytes.
 *
 * @returns Undefined when there is none.
 * @throws {@link SnapshotError} `E_KEY` when it is for others, `E_DAMAGED`.
 */
export async function openSealed(
  get: GetPart,
  identities: readonly Identity[],
  where: string,
): Promise<Opened | undefined> {
  const header = await readHeader(get, where);
  if (header === undefined) return undefined;
  const fileKey = fileKeyOf(header, identities, where);
  if (fileKey === undefined) throw foreignKey(where);
  return { headerBytes: header.length, payload: new Payload(fileKey, header.nonce) };
}

function foreignKey(where: string): SnapshotError {
  return new SnapshotError('E_KEY', `"${where}" is encrypted for others: no identity here opens it`, {
    hint: 'Name the file of the one that does: `--identity FILE`.',
  });
}

/** All of an encrypted file. @throws As {@link openSealed}. */
export async function openWhole(
  bytes: Buffer,
  identities: readonly Identity[],
  where: string,
): Promise<{ readonly plain: Buffer; readonly headerBytes: number }> {
  const get: GetPart = async ({ length }) => await Promise.resolve(bytes.subarray(0, length));
  const opened = await openSealed(get, identities, where);
  const plain = opened?.payload.all(bytes.subarray(opened.headerBytes));
  if (opened === undefined || plain === undefined) throw changedError(where);
  return { plain, headerBytes: opened.headerBytes };
}

export function changedError(where: string): DamagedError {
  return damaged(where, 'it was changed, or cut short');
}
