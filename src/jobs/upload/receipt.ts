import { type FileHandle, open } from 'node:fs/promises';
import { reasonOf, SnapshotError } from '../../base/errors.ts';

/** A file that the server has, as it says after looking at its content. */
export interface ReceiptLine {
  /** On this machine. */
  readonly path: string;
  /** What it was to be called there. */
  readonly name: string;
  /** What it is called there, where the token may know that. */
  readonly there: string | undefined;
  readonly size: number;
  readonly blake3: string;
  readonly status: 'stored' | 'known';
}

/** A file of JSON lines that says which files are safe; it is only added to. */
export class Receipt {
  readonly #file: string;
  readonly #handle: FileHandle;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** @throws {@link SnapshotError} `E_USAGE` when the file cannot be made. */
  static async open(file: string): Promise<Receipt> {
    try {
      const receipt = new Receipt(file, await open(file, 'a', 0o600));
      await receipt.#endLine();
      return receipt;
    } catch (cause) {
      throw new SnapshotError('E_USAGE', `Cannot write the receipt "${file}": ${reasonOf(cause)}`, { cause });
    }
  }

  async add(line: ReceiptLine, now: Date): Promise<void> {
    try {
      await this.#handle.appendFile(`${JSON.stringify({ ...line, at: now.toISOString() })}\n`);
    } catch (cause) {
      throw new SnapshotError('E_STORE', `Cannot write the receipt "${this.#file}": ${reasonOf(cause)}`, {
        cause,
      });
    }
  }

  /** The next line must not become a part of one that a full disk, or a kill, has cut short. */
  async #endLine(): Promise<void> {
    const stats = await this.#handle.stat();
    // A pipe has no end to be looked at.
    if (!stats.isFile() || stats.size === 0) return;
    const reading = await open(this.#file);
    try {
      const { buffer } = await reading.read(Buffer.alloc(1), 0, 1, stats.size - 1);
      if (buffer.toString() !== '\n') await this.#handle.appendFile('\n');
    } finally {
      await reading.close();
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
