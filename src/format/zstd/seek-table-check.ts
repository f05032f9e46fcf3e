import { createHash } from 'node:crypto';
import { Damage } from '../damage.ts';
import { type FrameSize, seekTable } from './seek-table.ts';
import type { SourceReader } from '../source-reader.ts';

/** The magic number and the length before a table, and what follows its entries; `seek-table.ts`. */
const HEAD_BYTES = 8;
const FOOT_BYTES = 9;
const ENTRY_BYTES = 8;
const PIECE_BYTES = 1024 * 1024;

/** Holds a seek table against the frames that were read. It keeps a digest of them only, however many they are. */
export class SeekTableCheck {
  readonly #entries = createHash('sha256');
  #frames = 0;

  add(frame: FrameSize): void {
    this.#entries.update(seekTable([frame]).subarray(HEAD_BYTES, HEAD_BYTES + ENTRY_BYTES));
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
    if (leftBytes !== HEAD_BYTES + entryBytes + FOOT_BYTES) throw damage;
    const head = Buffer.from(seekTable([]));
    head.writeUInt32LE(entryBytes + FOOT_BYTES, 4);
    head.writeUInt32LE(this.#frames, HEAD_BYTES);
    if (!(await reader.take(HEAD_BYTES)).equals(head.subarray(0, HEAD_BYTES))) throw damage;
    const found = createHash('sha256');
    for await (const piece of reader.pieces(entryBytes, PIECE_BYTES)) found.update(piece);
    if (!found.digest().equals(this.#entries.digest())) throw damage;
    if (!(await reader.take(FOOT_BYTES)).equals(head.subarray(HEAD_BYTES))) throw damage;
  }
}
