import { PIECE_BYTES } from './batches.ts';

/** A piece, and what makes it larger when it does not compress, or the member that begins in it does not end. */
const BUFFER_BYTES = PIECE_BYTES + 1024 * 1024;

/**
 * Memory that all threads see, used over and over: content on its way to the workers, and archives on their
 * way back. Sending buffers back and forth instead keeps the garbage collectors busy: it cost a fifth of the
 * whole run.
 */
export class SharedBuffers {
  readonly #free: SharedArrayBuffer[] = [];

  /** A buffer of a little more than a piece; what it holds is void. */
  take(): SharedArrayBuffer {
    return this.#free.pop() ?? new SharedArrayBuffer(BUFFER_BYTES);
  }

  give(buffer: SharedArrayBuffer): void {
    this.#free.push(buffer);
  }
}
