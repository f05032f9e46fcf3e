import { createHash } from 'node:crypto';
import { Damage } from '../damage.ts';
import { ENTRY_BYTES, type FrameSize, seekTableEnds } from './seek-table.ts';
import type { SourceReader } from '../source-reader.ts';

const PIECE_BYTES = 1024 * 1024;

/** Holds a seek table against the frames that were read. It keeps a digest of them only, however many they are. */
export class SeekTableCheck {
  readonly #entries = createHash('sha256');
  readonly #entry: Buffer = Buffer.alloc(ENTRY_BYTES);
  #frames = 0;

  add({ compressedBytes, contentBytes }: FrameSize): void {
    this.#entry.writeUInt32LE(compressedBytes, 0);
    this.#entry.writeUInt32LE(contentBytes, 4);
    this.#entries.update(this.#entry);
    this.#frames++;
  }

  /**
   * Reads the rest of `reader`, which must be the table of all frames so far and nothing else.
   *
   * @throws {@link Damage}
   */
  async check(reader: SourceReader): Promise<void> {
    const { at, leftBytes } = reader;
    const damage = new Damage(`the seek table at byte ${at} is not that of the frames before it`);
    const entryBytes = this.#frames * ENTRY_BYTES;
    const { header, footer } = seekTableEnds(this.#frames);
    if (leftBytes !== header.length + entryBytes + footer.length) throw damage;
    if (!(await reader.take(header.length)).equals(header)) throw damage;
    const found = createHash('sha256');
    for await (const piece of reader.pieces(entryBytes, PIECE_BYTES)) found.update(piece);
    if (!found.digest().equals(this.#entries.digest())) throw damage;
    if (!(await reader.take(footer.length)).equals(footer)) throw damage;
  }
}
