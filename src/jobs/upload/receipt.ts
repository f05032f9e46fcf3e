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
      return new Receipt(file, await open(file, 'a', 0o600));
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

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
