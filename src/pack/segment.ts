// Building one segment of an archive, in a worker: the members of one task.
import { crc32, deflateRawSync } from 'node:zlib';
import { uncut } from '../base/uncut.ts';
import type { Member } from '../format/member.ts';
import { maxHeaderBytes, paddedBytes, writeHeader } from '../format/tar/tar.ts';
import { centralRecord, isCompressedType, localHeader, type ZipMember } from '../format/zip/zip.ts';
import { concatInto, type Compressor } from '../format/zstd/codec.ts';

/** Where a member's content lies in the segment, once it is finished. */
export interface PlaceInSegment {
  readonly offset: number;
  /** Undefined: to the segment's end. */
  readonly length: number | undefined;
  readonly skip: number;
}

export interface Finished {
  readonly bytes: Uint8Array;
  readonly contentBytes: number;
  readonly directory: Uint8Array | undefined;
}

/** Takes members one by one. One builder serves many segments, and reuses its buffer. */
export interface SegmentBuilder {
  /** Room for a file's content; what an earlier call gave out for the same file is void. */
  room(member: Member): Buffer;
  /** Adds the file whose content (`member.size` bytes) now fills the start of that room. */
  addFile(member: Member): PlaceInSegment;
  /** Adds a folder, link or hard link. */
  add(member: Member): void;
  /** @param out - Memory to put the segment into, if it fits. */
  finish(out: Uint8Array): Finished;
}

/** One zstd frame that holds headers and contents as they stand in a tar. */
export class TarSegment implements SegmentBuilder {
  readonly #zstd: Compressor;
  #scratch = Buffer.alloc(64 * 1024);
  #buffer: Buffer;
  #length = 0;
  #headerBytes = 0;

  constructor(zstd: Compressor, capacity: number) {
    this.#zstd = zstd;
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  room(member: Member): Buffer {
    this.#reserve(maxHeaderBytes(member) + paddedBytes(member.size));
    this.#headerBytes = writeHeader(this.#buffer, this.#length, member);
    const start = this.#length + this.#headerBytes;
    return this.#buffer.subarray(start, start + member.size);
  }

  addFile(member: Member): PlaceInSegment {
    const content = this.#length + this.#headerBytes;
    // What was read may differ from what the header was made for.
    const most = maxHeaderBytes(member);
    if (this.#scratch.length < most) this.#scratch = Buffer.alloc(most);
    const headerBytes = writeHeader(this.#scratch, 0, member);
    const skip = this.#length + headerBytes;
    if (headerBytes !== this.#headerBytes) {
      this.#reserve(headerBytes + paddedBytes(member.size), content + member.size);
      this.#buffer.copyWithin(skip, content, content + member.size);
    }
    this.#scratch.copy(this.#buffer, this.#length, 0, headerBytes);
    const end = skip + member.size;
    this.#length = skip + paddedBytes(member.size);
    this.#buffer.fill(0, end, this.#length);
    return { offset: 0, length: undefined, skip };
  }

  add(member: Member): void {
    this.#reserve(maxHeaderBytes(member));
    this.#length += writeHeader(this.#buffer, this.#length, member);
  }

  finish(out: Uint8Array): Finished {
    const content = this.#buffer.subarray(0, this.#length);
    const bytes = content.length === 0 ? new Uint8Array(0) : this.#zstd.compress(content, out);
    this.#length = 0;
    return { bytes, contentBytes: content.length, directory: undefined };
  }

  /** @param filled - Where what is in the buffer ends: content that was read may stand behind its last member. */
  #reserve(bytes: number, filled = this.#length): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.ceil((this.#length + bytes) * 1.25));
    this.#buffer.copy(larger, 0, 0, filled);
    this.#buffer = larger;
  }
}

/** Local records of a zip, one after the other. */
export class ZipSegment implements SegmentBuilder {
  #room: Buffer;
  #parts: Uint8Array[] = [];
  #directory: Uint8Array[] = [];
  #length = 0;
  #contentBytes = 0;

  constructor(capacity: number) {
    this.#room = Buffer.allocUnsafeSlow(capacity);
  }

  room(member: Member): Buffer {
    if (member.size > this.#room.length) this.#room = Buffer.allocUnsafeSlow(member.size);
    return this.#room.subarray(0, member.size);
  }

  addFile(member: Member): PlaceInSegment {
    return this.#append(member, this.#room.subarray(0, member.size));
  }

  add(member: Member): void {
    this.#append(
      member,
      member.type === 'link' ? Buffer.from(member.target ?? '', 'latin1') : Buffer.alloc(0),
    );
  }

  finish(out: Uint8Array): Finished {
    const bytes = concatInto(out, this.#parts);
    const directory = concatInto(undefined, this.#directory);
    const contentBytes = this.#contentBytes;
    this.#parts = [];
    this.#directory = [];
    this.#length = 0;
    this.#contentBytes = 0;
    return { bytes, contentBytes, directory };
  }

  #append(member: Member, content: Uint8Array): PlaceInSegment {
    const worthIt = member.type === 'file' && content.length > 0 && !isCompressedType(member.path);
    const packed = worthIt ? uncut(() => deflateRawSync(content)) : content;
    const deflated = worthIt && packed.length < content.length;
    // The room is reused for the next file.
    const body = deflated ? packed : Uint8Array.from(content);
    const zip: ZipMember = {
      member,
      deflated,
      crc: crc32(content),
      compressedBytes: body.length,
      contentBytes: content.length,
      descriptor: false,
    };
    const header = localHeader(zip);
    const offset = this.#length;
    this.#directory.push(centralRecord(zip, offset));
    this.#parts.push(header, body);
    this.#length += header.length + body.length;
    this.#contentBytes += content.length;
    return { offset, length: header.length + body.length, skip: 0 };
  }
}
