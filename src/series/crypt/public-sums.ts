import { createHash } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';
import type { Objects, SpooledFile } from '../../store/objects.ts';
import { INFO_FILE, SUMS_FILE } from '../names.ts';
import { parseSums } from '../sums.ts';
import { baseOf, folderOf, SUFFIX } from './crypt-names.ts';

const READ_BYTES = 8 * 1024 * 1024;

/**
 * The SHA256SUMS that everybody can read: of the objects as they are stored, so that they can be checked without a key. The one of the
 * snapshot itself is SHA256SUMS.age.
 */
export class PublicSums {
  readonly #inner: Objects;
  /** Of what was stored by this process, by key. */
  readonly #known = new Map<string, string>();
  /** The snapshots' own check sums, by folder. */
  readonly #own = new Map<string, string>();

  constructor(inner: Objects) {
    this.#inner = inner;
  }

  /** @param own - When it is the snapshot's own SHA256SUMS: that. */
  async add(stored: string, sum: string, own?: SpooledFile): Promise<void> {
    this.#known.set(stored, sum);
    if (own === undefined) return;
    this.#own.set(folderOf(stored), (await own.read(0, own.sizeBytes)).toString('utf8'));
  }

  /** `to` is the same object as `from`. */
  async same(from: string, to: string): Promise<void> {
    const sum = this.#known.get(from) ?? (await this.#said(from));
    if (sum !== undefined) this.#known.set(to, sum);
  }

  /** Writes that of a snapshot of which all is stored but info.json. */
  async write(folder: string, infoName: string, infoSum: string): Promise<void> {
    const text = this.#own.get(folder);
    if (text === undefined) throw new Error(`${folder}: info.json comes after ${SUMS_FILE}`);
    const lines: string[] = [];
    for (const file of [...parseSums(text, `${folder}/${SUMS_FILE}`).keys(), SUMS_FILE]) {
      if (file === INFO_FILE) continue;
      const name = `${file}${SUFFIX}`;
      const key = name.startsWith('../') ? `${folderOf(folder)}/${name.slice(3)}` : `${folder}/${name}`;
      lines.push(`${this.#known.get(key) ?? (await this.#said(key)) ?? (await this.#read(key))}  ${name}\n`);
    }
    lines.push(`${infoSum}  ${infoName}\n`);
    await this.#inner.put(`${folder}/${SUMS_FILE}`, Buffer.from(lines.join('')));
  }

  /** What the check sums beside an object say of it. */
  async #said(stored: string): Promise<string | undefined> {
    const where = `${folderOf(stored)}/${SUMS_FILE}`;
    const bytes = await this.#inner.get(where);
    if (bytes === undefined) return undefined;
    try {
      for (const [file, sum] of parseSums(bytes.toString('utf8'), where))
        if (!file.includes('/')) this.#known.set(`${folderOf(stored)}/${file}`, sum);
    } catch (error) {
      // Damaged: then the object is read.
      if (!(error instanceof SnapshotError)) throw error;
    }
    return this.#known.get(stored);
  }

  /** What it is, found out by reading it: of archives that a run has left that was cut short. */
  async #read(stored: string): Promise<string> {
    const hash = createHash('sha256');
    for (let offset = 0; ;) {
      const bytes = await this.#inner.get(stored, { offset, length: READ_BYTES });
      if (bytes === undefined)
        throw new SnapshotError('E_STORE', `Cannot read "${baseOf(stored)}": there is no such object`);
      hash.update(bytes);
      offset += bytes.length;
      if (bytes.length < READ_BYTES) return hash.digest('hex');
    }
  }
}
