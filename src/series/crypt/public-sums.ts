import { SnapshotError } from '../../base/errors.ts';
import { HashingSource } from '../../format/hashing-source.ts';
import { baseOf, folderOf } from '../../store/key.ts';
import type { Objects, SpooledFile } from '../../store/objects.ts';
import { INFO_FILE, snapshotTime, SUMS_FILE } from '../names.ts';
import { parseSums } from '../sums.ts';
import { SUFFIX } from './crypt-names.ts';

/**
 * The SHA256SUMS that everybody can read: of the objects as they are stored, so that they can be checked without a key. The one of the
 * snapshot itself is SHA256SUMS.age.
 */
export class PublicSums {
  readonly #inner: Objects;
  /** By key: of what was stored by this process, and what such files say of the rest. */
  readonly #known = new Map<string, string>();
  /** The snapshots' own check sums, by folder. */
  readonly #own = new Map<string, string>();
  /** Folders whose SHA256SUMS was read. */
  readonly #read = new Set<string>();

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
    const sum = await this.#said(from);
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
      const key = keyOf(folder, name);
      lines.push(`${(await this.#said(key)) ?? (await this.#hashOf(key))}  ${name}\n`);
    }
    lines.push(`${infoSum}  ${infoName}\n`);
    await this.#inner.put(`${folder}/${SUMS_FILE}`, Buffer.from(lines.join('')));
  }

  /**
   * What is known of an object, or what the check sums beside it say; or those of other snapshots, the newest first: one that
   * was rotated out leaves archives that others need, without its check sums.
   */
  async #said(stored: string): Promise<string | undefined> {
    if (this.#known.has(stored)) return this.#known.get(stored);
    const folder = folderOf(stored);
    await this.#readFrom(folder);
    if (this.#known.has(stored) || folder === '') return this.#known.get(stored);
    const items = await this.#inner.list(folderOf(folder));
    const dated = items.filter((item) => item.isFolder && snapshotTime(item.name) !== undefined);
    for (const { name } of dated.toSorted((a, b) => (a.name < b.name ? 1 : -1))) {
      await this.#readFrom(`${folderOf(folder)}/${name}`);
      if (this.#known.has(stored)) break;
    }
    return this.#known.get(stored);
  }

  /** What this process has stored since is known better. */
  async #readFrom(folder: string): Promise<void> {
    if (this.#read.has(folder)) return;
    this.#read.add(folder);
    const where = `${folder}/${SUMS_FILE}`;
    const bytes = await this.#inner.get(where);
    if (bytes === undefined) return;
    try {
      for (const [file, sum] of parseSums(bytes.toString('utf8'), where)) {
        const key = keyOf(folder, file);
        if (!this.#known.has(key)) this.#known.set(key, sum);
      }
    } catch (error) {
      // Damaged: then the objects are read.
      if (!(error instanceof SnapshotError)) throw error;
    }
  }

  /** Found out by reading it: of archives that a run has left that was cut short. */
  async #hashOf(stored: string): Promise<string> {
    const item = (await this.#inner.list(folderOf(stored))).find(({ name }) => name === baseOf(stored));
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const bytes = await this.#inner.get(stored, { offset, length });
      if (bytes?.length === length) return bytes;
      throw new SnapshotError('E_STORE', `Cannot read "${stored}": it ends before byte ${offset + length}`);
    };
    if (item === undefined)
      throw new SnapshotError('E_STORE', `Cannot read "${stored}": there is no such object`);
    return await new HashingSource({ sizeBytes: item.sizeBytes, read }).finish();
  }
}

/** The key of a file that SHA256SUMS in `folder` names. */
function keyOf(folder: string, file: string): string {
  return file.startsWith('../') ? `${folderOf(folder)}/${file.slice(3)}` : `${folder}/${file}`;
}
