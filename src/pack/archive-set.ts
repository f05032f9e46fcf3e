import { maxHeaderBytes, writeHeader } from '../format/tar/tar.ts';
import { centralRecord, dataDescriptor, localHeader, type ZipMember } from '../format/zip/zip.ts';
import type { Compressor } from '../format/zstd/codec.ts';
import type { StoreWriter } from '../store/store.ts';
import type { Entry } from '../tree/entry.ts';
import { ArchiveWriter, type Mark, type PackedArchive } from './archive-writer.ts';
import type { Begin, End } from './large-file.ts';
import { memberOf } from './member-of.ts';
import type { Place } from '../format/contents.ts';
import { sparseSkip } from '../format/sparse.ts';
import type { PackResult } from './tasks.ts';

/** Begins archive number `n` of those written now, counted from 0. */
export type CreateArchive = (n: number) => Promise<{ readonly file: string; readonly writer: StoreWriter }>;

interface LargeMember {
  readonly mark: Mark;
  readonly zip: ZipMember;
  /** Bytes before the content, in the decompressed stream. */
  readonly skip: number;
  /** Where its compressed content begins. */
  readonly start: number;
}

/**
 * Archives of one snapshot, filled one after the other. One ends at the first member past `archiveBytes`;
 * a member never spans two.
 */
export class ArchiveSet {
  readonly #create: CreateArchive;
  readonly #firstNumber: number;
  readonly #archiveBytes: number;
  /** Undefined for zips. */
  readonly #zstd: Compressor | undefined;
  readonly #finished: PackedArchive[] = [];
  /** A disk takes its time to flush half a gigabyte; the next archive is filled meanwhile. */
  readonly #commits: Promise<void>[] = [];
  #open: ArchiveWriter | undefined;
  #large: LargeMember | undefined;

  /** @param firstNumber - What places call the first of these archives; the others follow. */
  constructor(
    create: CreateArchive,
    firstNumber: number,
    archiveBytes: number,
    zstd: Compressor | undefined,
  ) {
    this.#create = create;
    this.#firstNumber = firstNumber;
    this.#archiveBytes = archiveBytes;
    this.#zstd = zstd;
  }

  /** Adds the segment that a worker made; says where its entry `n` lies. @param written - As in {@link ArchiveWriter.append}. */
  async addSegment(result: PackResult, written: () => void): Promise<(n: number) => Place> {
    if (result.members === 0) {
      written();
      return noPlace;
    }
    const archive = await this.#archive();
    const base = archive.bytes;
    const number = this.#firstNumber + this.#finished.length;
    if (result.directory !== undefined) archive.addDirectory(result.directory, base, result.members);
    await archive.append(result.bytes, result.contentBytes, written);
    return (n) => ({
      archive: number,
      offset: base + (result.offsets[n] ?? 0),
      length: result.lengths[n] ?? 0,
      skip: result.skips[n] ?? 0,
    });
  }

  /** Begins a file that comes in pieces. */
  async beginLarge(entry: Entry, begin: Begin): Promise<void> {
    const archive = await this.#archive();
    const mark = archive.mark();
    const { seen, stored } = begin;
    const member = {
      ...memberOf({ ...entry, ...seen }, this.#zstd === undefined ? 'zip' : 'tar.zst'),
      stored,
    };
    const zip = {
      member,
      deflated: true,
      crc: 0,
      compressedBytes: 0,
      contentBytes: member.size,
      descriptor: true,
    };
    let skip = 0;
    if (this.#zstd === undefined) {
      await archive.append(localHeader(zip), 0);
    } else {
      const header = Buffer.alloc(maxHeaderBytes(member));
      skip = writeHeader(header, 0, member);
      await archive.append(this.#zstd.compress(header.subarray(0, skip)), skip);
    }
    this.#large = { mark, zip, skip, start: archive.bytes };
  }

  /** Adds a compressed piece of that file, of `contentBytes` before compression. */
  async addPiece(bytes: Uint8Array, contentBytes: number, written: () => void): Promise<void> {
    await this.#open?.append(bytes, contentBytes, written);
  }

  /** Ends that file: it stays and has a place, or is taken out again. */
  async endLarge(outcome: End['outcome']): Promise<Place | undefined> {
    const archive = this.#open;
    const large = this.#large;
    this.#large = undefined;
    // A file that could not even be opened was never begun.
    if (archive === undefined || large === undefined) return undefined;
    const { mark, zip: begun } = large;
    const skip = begun.member.stored === undefined ? large.skip : sparseSkip(large.skip);
    if (outcome.kind !== 'read') {
      await archive.rewind(mark);
      if (archive.bytes === 0) await this.discard();
      return undefined;
    }
    if (this.#zstd === undefined) {
      const zip = { ...large.zip, crc: outcome.crc, compressedBytes: archive.bytes - large.start };
      await archive.append(dataDescriptor(zip), 0);
      archive.addDirectory(centralRecord(zip, 0), mark.bytes, 1);
    }
    const number = this.#firstNumber + this.#finished.length;
    return { archive: number, offset: mark.bytes, length: archive.bytes - mark.bytes, skip };
  }

  /** Ends the last archive. {@link committed} is still to come. */
  async end(): Promise<readonly PackedArchive[]> {
    if (this.#open !== undefined) await this.#end(this.#open);
    return this.#finished;
  }

  /** Waits until all archives are on disk. */
  async committed(): Promise<void> {
    await Promise.all(this.#commits);
  }

  /** Gives up the archive at work; finished ones stay. */
  async discard(): Promise<void> {
    await this.#open?.discard();
    this.#open = undefined;
    // None is at work any more when the caller clears up.
    await Promise.allSettled(this.#commits);
  }

  async #archive(): Promise<ArchiveWriter> {
    if (this.#open !== undefined && this.#open.bytes >= this.#archiveBytes) await this.#end(this.#open);
    if (this.#open === undefined) {
      const { file, writer } = await this.#create(this.#finished.length);
      this.#open = new ArchiveWriter(file, writer, this.#zstd);
    }
    return this.#open;
  }

  async #end(archive: ArchiveWriter): Promise<void> {
    this.#finished.push(await archive.finish());
    this.#open = undefined;
    const committed = archive.commit();
    // It is awaited in committed(); failing earlier than that is not unhandled.
    committed.catch(() => {});
    this.#commits.push(committed);
  }
}

function noPlace(): never {
  throw new Error('nothing was written');
}
