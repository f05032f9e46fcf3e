// A zip, by the package archiver. It takes names as text, and would alter some of them: those are refused, or written so that
// it does not.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { EntryData, ZipArchive } from 'archiver';
import type { Member } from '../../format/member.ts';
import { isCompressedType } from '../../format/zip/zip.ts';
import { type BytePath, toText } from '../../tree/path.ts';
import type { ArchiveSink } from './archive-sink.ts';
import type { FileContent } from './contents.ts';
import { type Output, Pump } from './output.ts';

const LEVEL = 6;
/** Two bytes say how long a name is. */
const MAX_NAME_BYTES = 0xffff;
/** The years that archiver writes; the fields would go on to 2107. */
const FIRST_YEAR = 1980;
const LAST_YEAR = 2043;

const TYPE = { file: 'file', hardlink: 'file', folder: 'directory', link: 'symlink' } as const;

export async function openZip(out: Output): Promise<ArchiveSink> {
  const archiver = await import('archiver');
  // The time fields of a zip are on the clock of whoever reads them; in UTC they would be hours off.
  return new ZipSink(new archiver.ZipArchive({ zlib: { level: LEVEL }, forceLocalTime: true }), out);
}

class ZipSink implements ArchiveSink {
  readonly hasHardlinks = false;
  readonly #archive: ZipArchive;
  readonly #pump: Pump;
  #wrongTimes = 0;

  constructor(archive: ZipArchive, out: Output) {
    this.#archive = archive;
    // Whoever waits hears of it as well; without a listener, the process would end.
    archive.on('error', () => {});
    this.#pump = new Pump(archive, out);
  }

  refusal({ path, type, target = '' }: Member): string | undefined {
    const name = toText(path as BytePath);
    if (name === undefined)
      return 'its name is not UTF-8, and a zip of other names is read differently everywhere';
    if (name.includes('\\')) return 'a zip has no names with a backslash: it stands for a folder there';
    if (path.length + './'.length + '/'.length > MAX_NAME_BYTES) return 'its name is too long for a zip';
    const isLost = type === 'link' && toText(target as BytePath) === undefined;
    return isLost ? 'what the link says is not UTF-8, and this zip has only text' : undefined;
  }

  async add(member: Member, content: FileContent['content']): Promise<void> {
    let failed: { readonly error: unknown } | undefined;
    // archiver pipes what it gets, and pipes pass no errors on: it would wait for ever. So the stream ends, and says why.
    const recorded = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      try {
        yield* pieces;
      } catch (error) {
        failed = { error };
      }
    };
    const source =
      content instanceof Uint8Array
        ? Buffer.from(content.buffer, content.byteOffset, content.length)
        : Readable.from(recorded(content), { objectMode: false });
    const added = once(this.#archive, 'entry');
    this.#archive.append(source, this.#data(member, content instanceof Uint8Array));
    await this.#pump.during(added);
    if (failed !== undefined) throw failed.error;
  }

  async end(): Promise<void> {
    await this.#pump.during(this.#archive.finalize());
    await this.#pump.done;
  }

  destroy(): void {
    this.#archive.abort();
    this.#archive.destroy();
  }

  notes(): readonly string[] {
    if (this.#wrongTimes === 0) return [];
    const are = this.#wrongTimes === 1 ? '1 time is' : `${this.#wrongTimes} times are`;
    return [`${are} before ${FIRST_YEAR} or after ${LAST_YEAR}; the zip has the nearest one that it can say`];
  }

  #data(member: Member, isWhole: boolean): EntryData & { linkname?: string; store?: boolean } {
    const { path, type, mode, mtimeNs, target = '' } = member;
    const date = new Date(Number(mtimeNs / 1_000_000n));
    if (date.getFullYear() < FIRST_YEAR || date.getFullYear() > LAST_YEAR) this.#wrongTimes++;
    const name = toText(path as BytePath) ?? '';
    return {
      // It takes `Re:` at the beginning for a drive, and leaves it out.
      name: /^\w+:/.test(name) ? `./${name}` : name,
      type: TYPE[type],
      mode,
      date,
      // What is stored must say its size before its content, to be read from a pipe.
      store: isWhole && isCompressedType(path),
      ...(type === 'link' ? { linkname: toText(target as BytePath) ?? '' } : {}),
    };
  }
}
