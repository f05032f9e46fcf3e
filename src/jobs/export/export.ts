// The story of an export: what is wanted, where it goes, then folders, files, and links to them.
import type { Member } from '../../format/member.ts';
import { whileShared } from '../../series/lock/shared-lock.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { Glob } from '../../tree/globs.ts';
import { display, fromText, toText } from '../../tree/path.ts';
import { UnpackPool } from '../../unpack/pool.ts';
import { chooseSnapshot } from '../address.ts';
import { Choice } from '../restore/choice.ts';
import { keepFileApart } from '../restore/keep-apart.ts';
import { Wanted } from '../restore/wanted.ts';
import type { ArchiveSink } from './archive-sink.ts';
import { Contents, type FileContent } from './contents.ts';
import type { ExportEnd, ExportEvent } from './export-events.ts';
import type { ExportFormat } from './formats.ts';
import { OutputFile, placeOf } from './output-file.ts';
import type { Output } from './output.ts';

export interface ExportOptions {
  /** Which snapshot. */
  readonly at: string;
  /** What of it, in the syntax of `.gitignore`; everything when empty. */
  readonly globs: readonly Glob[];
  /** The name of a text file to put into the archive which says what had to be left out: for who gets nothing but the archive. */
  readonly leftOutFile?: string;
  readonly format: ExportFormat;
  /** A file, or whatever takes bytes. */
  readonly to: { readonly file: string; readonly overwrites: boolean } | Output;
  /** Where the plan, if there is one, has series: no file is written there. */
  readonly destinations?: readonly string[];
  readonly signal: AbortSignal;
  readonly report: (event: ExportEvent) => void;
}

/**
 * Writes a snapshot of `series`, or some of it, as one ordinary archive. Each file is verified; what the format cannot say
 * is told, and left out.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it cannot begin; `E_DAMAGED` when nothing in the series has a file as it was;
 *   `E_SPACE`, `E_STORE`; the reason of `signal`. Then no file appears, and one that was there stays.
 */
export async function exportSnapshot(series: Series, options: ExportOptions): Promise<ExportEnd> {
  const startedMs = performance.now();
  const { to, report } = options;
  const note = (message: string): void => report({ event: 'note', row: series.name, message });
  if (!('file' in to)) {
    return await whileShared(series, note, async () => await writeTo(series, to, null, options, startedMs));
  }
  const path = await placeOf(to.file);
  await keepFileApart(path, options.destinations ?? []);
  const file = await OutputFile.create(path, to.overwrites);
  try {
    const end = await whileShared(
      series,
      note,
      async () => await writeTo(series, file, path, options, startedMs),
    );
    await file.commit();
    return end;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

async function writeTo(
  series: Series,
  to: Output,
  file: string | null,
  options: ExportOptions,
  startedMs: number,
): Promise<ExportEnd> {
  const { at, globs, format, signal, report } = options;
  const survey = await series.survey();
  const note = (message: string): void => report({ event: 'note', row: series.name, message });
  for (const { error } of survey.damaged) note(error.message);
  const snapshot = chooseSnapshot(survey, at);
  const choice = new Choice(globs);
  const wanted = await Wanted.read(series, snapshot, choice, signal, 'as noted');
  choice.refuseUnmatched(snapshot.name, series.place());
  const out = new Counted(to);
  const sink = await openSink(format, out);
  const pool = new UnpackPool();
  try {
    const whenLost =
      file === null
        ? 'What was written is no whole archive.'
        : 'Nothing was written. `snapshot restore` gets back what is whole.';
    const contents = new Contents({
      series,
      snapshots: survey.snapshots,
      wanted,
      pool,
      signal,
      note,
      whenLost,
    });
    const exporting = new Exporting(series, wanted, sink, options);
    await exporting.write(contents);
    sink.notes().forEach(note);
    return exporting.end(snapshot, file, out.length, performance.now() - startedMs);
  } catch (error) {
    sink.destroy();
    throw error;
  } finally {
    await pool.close();
  }
}

async function openSink(format: ExportFormat, out: Output): Promise<ArchiveSink> {
  // Each is loaded when it is used: archiver brings a lot along.
  if (format === 'zip') return await (await import('./zip-sink.ts')).openZip(out);
  return await (await import('./tar-sink.ts')).openTar(format, out);
}

class Counted implements Output {
  length = 0;
  readonly #out: Output;

  constructor(out: Output) {
    this.#out = out;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#out.write(bytes);
    this.length += bytes.length;
  }
}

const NOTHING = new Uint8Array(0);

class Exporting {
  readonly #series: Series;
  readonly #wanted: Wanted;
  readonly #sink: ArchiveSink;
  readonly #options: ExportOptions;
  readonly #done = { files: 0, bytes: 0, folders: 0, links: 0 };
  #problems = 0;
  readonly #totals = { totalFiles: 0, totalBytes: 0 };

  constructor(series: Series, wanted: Wanted, sink: ArchiveSink, options: ExportOptions) {
    this.#series = series;
    this.#wanted = wanted;
    this.#sink = sink;
    this.#options = options;
  }

  /** Folders come first, as files need them; links last, so that nothing is extracted through one. */
  async write(contents: Contents): Promise<void> {
    const { entries } = this.#wanted;
    const { leftOutFile } = this.#options;
    const [folders, files, links]: number[][] = [[], [], []];
    const leftOut: string[] = [];
    for (let i = 0; i < entries.length; i++) {
      if (entries.path(i) === '') continue;
      const refusal = this.#refuse(i);
      if (refusal !== undefined) {
        leftOut.push(refusal);
        continue;
      }
      const { type } = this.#member(i);
      if (type === 'hardlink') this.#totals.totalFiles++;
      (type === 'folder' ? folders : type === 'file' ? files : links)?.push(i);
    }
    this.#totals.totalFiles += files?.length ?? 0;
    this.#totals.totalBytes = (files ?? []).reduce((sum, i) => sum + entries.size(i), 0);
    if (leftOutFile !== undefined && leftOut.length > 0) await this.#addText(leftOutFile, leftOut);
    for (const i of folders ?? []) await this.#add(i, NOTHING);
    for await (const { i, content } of contents.read(files ?? [])) await this.#add(i, content);
    for (const i of links ?? []) await this.#add(i, NOTHING);
    await this.#sink.end();
  }

  end(snapshot: Snapshot, file: string | null, archiveBytes: number, durationMs: number): ExportEnd {
    return {
      event: 'end',
      status: this.#problems > 0 ? 3 : 0,
      series: this.#series.name,
      snapshot: snapshot.name,
      file,
      format: this.#options.format,
      ...this.#done,
      archiveBytes,
      problems: this.#problems,
      durationMs: Math.round(durationMs),
    };
  }

  /** @returns What is left out, and why. */
  #refuse(i: number): string | undefined {
    const member = this.#member(i);
    const reason = this.#sink.refusal(member);
    if (reason === undefined) return undefined;
    this.#problems++;
    const path = display(this.#wanted.entries.path(i));
    this.#options.report({ event: 'problem', row: this.#series.name, kind: 'refused', path, reason });
    return `${path}: ${reason}`;
  }

  async #addText(name: string, lines: readonly string[]): Promise<void> {
    const { entries } = this.#wanted;
    const paths = new Set(Array.from({ length: entries.length }, (_, i) => entries.path(i)));
    let path = fromText(name);
    while (paths.has(path)) path = fromText(`_${toText(path) ?? ''}`);
    const content = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const mtimeNs = BigInt(Date.now()) * 1_000_000n;
    const who = { uid: 0, gid: 0, user: undefined, group: undefined };
    const file = { type: 'file', size: content.length, mode: 0o644, mtimeNs, target: undefined } as const;
    await this.#sink.add({ path, ...file, ...who }, content);
  }

  async #add(i: number, content: FileContent['content']): Promise<void> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    const member = this.#member(i);
    if (content instanceof Uint8Array) {
      await this.#sink.add(member, content);
      this.#done.bytes += content.length;
    } else await this.#sink.add(member, this.#counted(content));
    if (member.type === 'folder') this.#done.folders++;
    else if (member.type === 'link') this.#done.links++;
    else this.#done.files++;
    this.#progress();
  }

  async *#counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      yield piece;
      this.#done.bytes += piece.length;
      this.#progress();
    }
  }

  #progress(): void {
    const { files, bytes } = this.#done;
    const row = this.#series.name;
    this.#options.report({ event: 'progress', row, phase: 'export', files, bytes, ...this.#totals });
  }

  #member(i: number): Member {
    const { entries, names, users, groups } = this.#wanted;
    const { path, type, size, mode, uid, gid, mtimeNs, target, attributes } = entries.at(i);
    const first = this.#sink.hasHardlinks ? names.get(i) : undefined;
    const common = { path, mode, uid, gid, mtimeNs, user: users.get(uid), group: groups.get(gid) };
    if (first !== undefined) return { ...common, type: 'hardlink', size: 0, target: entries.path(first) };
    return { ...common, type, size: type === 'file' ? size : 0, target, attributes };
  }
}
