// The bytes of SFTP, version 3: draft-ietf-secsh-filexfer-02. Pure.
import { SnapshotError } from '../../base/errors.ts';

/** What packets are, section 3. */
export const KIND = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 200,
  extendedReply: 201,
} as const;

/** How a file is opened, section 6.3. */
export const OPEN = { read: 1, write: 2, create: 8, exclusive: 32 } as const;

/** Which attributes follow, section 5. */
const HAS = { size: 1, owner: 2, mode: 4, times: 8, extended: 0x8000_0000 } as const;

export interface Attributes {
  readonly sizeBytes: number;
  /** Type and permissions as in `st_mode`; undefined when the server does not say. */
  readonly mode: number | undefined;
  readonly modifiedMs: number;
}

/** The type of a file by its mode. */
export function typeOf(mode: number): 'file' | 'folder' | 'link' | 'other' {
  const type = mode & 0o170_000;
  if (type === 0o120_000) return 'link';
  return type === 0o100_000 ? 'file' : type === 0o040_000 ? 'folder' : 'other';
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function uint64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** A string of the protocol: its length, then its bytes. */
export function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Attributes that say only who may do what. */
export function onlyMode(mode: number): Buffer {
  return Buffer.concat([uint32(HAS.mode), uint32(mode)]);
}

/** Attributes that say who may do what, where `mode` does, and when a file was changed: whole seconds of 32 bits. */
export function modeAndTime(mode: number | undefined, modifiedMs: number): Buffer {
  const seconds = Math.min(Math.max(Math.floor(modifiedMs / 1000), 0), 0xffff_ffff);
  const modes = mode === undefined ? [] : [uint32(mode)];
  const flags = HAS.times | (mode === undefined ? 0 : HAS.mode);
  return Buffer.concat([uint32(flags), ...modes, uint32(seconds), uint32(seconds)]);
}

/** Reads what a packet holds, one value after the other. A packet that ends too early is an error: `E_STORE`. */
export class PacketReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  uint64(): number {
    return Number(this.#take(8).readBigUInt64BE());
  }

  string(): Buffer {
    return this.#take(this.uint32());
  }

  attributes(): Attributes {
    const flags = this.uint32();
    const sizeBytes = (flags & HAS.size) === 0 ? 0 : this.uint64();
    if ((flags & HAS.owner) !== 0) this.#take(8);
    const mode = (flags & HAS.mode) === 0 ? undefined : this.uint32();
    let modifiedMs = 0;
    if ((flags & HAS.times) !== 0) {
      this.#take(4);
      modifiedMs = this.uint32() * 1000;
    }
    if ((flags & HAS.extended) !== 0) {
      for (let left = this.uint32(); left > 0; left--) {
        this.string();
        this.string();
      }
    }
    return { sizeBytes, mode, modifiedMs };
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length)
      throw new SnapshotError('E_STORE', 'An answer of the SFTP server is cut short');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
