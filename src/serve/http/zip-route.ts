// A folder as a zip, which is made while it is sent: nothing of it lies on the disk or in memory.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { ZipArchive } from 'archiver';
import { reasonOf } from '../../base/errors.ts';
import { baseName, type BytePath, display, toText } from '../../tree/path.ts';
import { checkName } from '../library/file-name.ts';
import type { Held } from '../library/holdings.ts';
import type { Library } from '../library/library.ts';
import { filesBelow } from '../library/listing.ts';
import { openFile } from '../library/sight.ts';
import { Refusal } from '../refusal.ts';
import { attachment, LEFT_OUT } from './attachment.ts';
import { exactly } from './exactly.ts';

/** Photos do not get smaller; texts do, somewhat. Stored, a zip could not be read from a pipe. */
const LEVEL = 1;

/** Answers with all files below `folder`. What cannot be read is named in a text in the zip; what breaks off, breaks the answer off. */
export async function sendZip(library: Library, folder: BytePath): Promise<Response> {
  const files = filesBelow(library.holdings.all(), folder);
  if (files.length === 0) throw new Refusal(404, 'There is nothing in that folder');
  const archiver = await import('archiver');
  const zip = new archiver.ZipArchive({ zlib: { level: LEVEL }, forceLocalTime: true });
  const name = folder === '' ? 'library' : (toText(baseName(folder)) ?? 'folder');
  // Whoever reads it hears of it as well; without a listener, the process would end.
  zip.on('error', () => {});
  void fill(zip, library, folder, files).catch((error: unknown) => {
    zip.destroy(error instanceof Error ? error : new Error(reasonOf(error)));
  });
  return new Response(Readable.toWeb(zip) as ReadableStream, {
    headers: { 'Content-Type': 'application/zip', 'Content-Disposition': attachment(`${name}.zip`) },
  });
}

async function fill(
  zip: ZipArchive,
  library: Library,
  folder: BytePath,
  files: readonly Held[],
): Promise<void> {
  const parent = folder.length - baseName(folder).length;
  const leftOut: string[] = [];
  for (const { path } of files) {
    const why = await addFile(zip, library.files, path, toText(path.slice(parent) as BytePath) ?? '');
    if (why !== undefined) leftOut.push(`${display(path)}: ${why}`);
    if (zip.destroyed) return;
  }
  if (leftOut.length > 0) zip.append(Buffer.from(`${leftOut.join('\n')}\n`), { name: LEFT_OUT });
  await zip.finalize();
}

/** @returns Why it is left out; undefined when it is in. @throws What happens in the middle of a file. */
async function addFile(
  zip: ZipArchive,
  root: string,
  path: BytePath,
  name: string,
): Promise<string | undefined> {
  try {
    // As for a single file: what some system cannot have is not handed out.
    checkName(toText(path) ?? '');
  } catch {
    return 'not every system can have that name';
  }
  const handle = await openFile(root, path).catch(() => undefined);
  if (handle === undefined) return 'it cannot be read, or is there no more';
  try {
    const { size, mtime } = await handle.stat();
    let failed: Error | undefined;
    // archiver passes no errors of its sources on: it would wait for ever. So each source ends, and says why.
    const telling = async function* (): AsyncGenerator<Buffer> {
      try {
        yield* exactly(handle, 0, size - 1);
      } catch (error) {
        failed = error instanceof Error ? error : new Error(reasonOf(error));
      }
    };
    const added = once(zip, 'entry');
    const closed = new AbortController();
    const gone = once(zip, 'close', { signal: closed.signal }).catch(() => undefined);
    zip.append(Readable.from(telling(), { objectMode: false }), { name, date: mtime });
    await Promise.race([added, gone]);
    closed.abort();
    if (failed !== undefined) throw failed;
    return undefined;
  } finally {
    await handle.close();
  }
}
