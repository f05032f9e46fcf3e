// Walks through a tree on a server, several folders at once.
import { entriesOf } from '../store/sftp/folders.ts';
import { type Attributes, OPEN, typeOf } from '../store/sftp/packet.ts';
import type { FolderEntry, SftpSession } from '../store/sftp/session.ts';
import { STATUS, SftpStatus } from '../store/sftp/status.ts';
import { whyUnsafe } from '../target/contained.ts';
import { Excludes } from '../tree/exclude.ts';
import type { LeftOut } from '../tree/left-out.ts';
import { type BytePath, comparePaths, fromBytes, join, parentOf } from '../tree/path.ts';
import { patternText } from '../tree/pattern-text.ts';
import { IGNORE_FILE } from '../tree/walk.ts';
import { readOn } from './far-content.ts';
import type { Item } from './item.ts';
import { isPairData, withoutNested } from './nested.ts';
import { isOwnPath } from './own-paths.ts';
import { isPart, type Listing, type Unknown } from './side.ts';

/** So many folders are listed at once. */
const FOLDERS_AT_ONCE = 16;

/** A walk through all folders of a root, several at once. */
export class FarWalk {
  readonly #session: SftpSession;
  readonly #at: (path: BytePath) => Buffer;
  readonly #limits: LeftOut;
  readonly #signal: AbortSignal;
  readonly #items: [BytePath, Item][] = [];
  readonly #problems: Unknown[] = [];
  readonly #parts: BytePath[] = [];
  readonly #rules = new Map<BytePath, Excludes>();
  readonly #waiting: BytePath[] = ['' as BytePath];

  constructor(session: SftpSession, at: (path: BytePath) => Buffer, leftOut: LeftOut, signal: AbortSignal) {
    this.#session = session;
    this.#at = at;
    this.#limits = leftOut;
    this.#signal = signal;
    this.#rules.set('' as BytePath, Excludes.of(leftOut.patterns));
  }

  async run(): Promise<Listing> {
    let busy = 0;
    await new Promise<void>((resolve, reject) => {
      const next = (): void => {
        if (busy === 0 && this.#waiting.length === 0) resolve();
        while (busy < FOLDERS_AT_ONCE) {
          const folder = this.#waiting.pop();
          if (folder === undefined) return;
          busy++;
          void (async () => {
            await this.#folder(folder);
            busy--;
            next();
          })().catch(reject);
        }
      };
      next();
    });
    const items = new Map(this.#items.toSorted(([a], [b]) => comparePaths(a, b)));
    return withoutNested({
      items,
      mounts: new Map(),
      problems: this.#problems,
      parts: this.#parts,
      isLeftOut: (path) => this.#isLeftOut(path),
    });
  }

  async #folder(folder: BytePath): Promise<void> {
    this.#signal.throwIfAborted();
    const at = folder === '' ? this.#at('x' as BytePath).subarray(0, -1) : this.#at(folder);
    let entries: readonly FolderEntry[] | undefined;
    try {
      entries = await entriesOf(this.#session, at.length === 0 ? Buffer.from('.') : at, this.#signal);
    } catch (error) {
      // A root that cannot be listed looks empty.
      if (!(error instanceof SftpStatus) || folder === '') throw error;
      this.#problems.push({ path: folder, reason: error.message, kind: 'trouble' });
      return;
    }
    const excludes = await this.#rulesIn(folder, entries ?? []);
    this.#rules.set(folder, excludes);
    await Promise.all((entries ?? []).map(async (entry) => await this.#entry(folder, entry, excludes)));
  }

  async #entry(folder: BytePath, { nameBytes, attributes }: FolderEntry, excludes: Excludes): Promise<void> {
    const name = fromBytes(nameBytes);
    const path = join(folder, name);
    if (isOwnPath(path)) return;
    if (whyUnsafe(name, 'linux') !== undefined) {
      const reason = 'the server tells of a name that leads elsewhere';
      this.#problems.push({ path: folder, reason, kind: 'trouble' });
      return;
    }
    const isFolder = attributes.mode !== undefined && typeOf(attributes.mode) === 'folder';
    if (excludes.excludes(path, isFolder)) return;
    if (isPart(name)) {
      this.#parts.push(path);
      return;
    }
    let item: Item | undefined;
    try {
      item = await itemAt(this.#session, this.#at(path), attributes);
    } catch (error) {
      // A link that is gone by now, or may not be read.
      if (!(error instanceof SftpStatus)) throw error;
      const kind = error.code === STATUS.missing ? 'passing' : 'trouble';
      this.#problems.push({ path, reason: error.message, kind });
      return;
    }
    if (item === undefined) this.#leave(path, 'is neither a file, a folder nor a link');
    else if (item.type === 'file' && item.size > (this.#limits.largerThan ?? Infinity))
      this.#leave(path, 'is larger than `exclude-larger-than`');
    else {
      this.#items.push([path, item]);
      if (item.type === 'folder' && !isPairData(path)) this.#waiting.push(path);
    }
  }

  #leave(path: BytePath, reason: string): void {
    this.#problems.push({ path, reason, kind: 'special' });
  }

  /** The rules inside `folder`. */
  async #rulesIn(folder: BytePath, entries: readonly FolderEntry[]): Promise<Excludes> {
    const above = this.#rules.get(folder === '' ? folder : parentOf(folder)) ?? Excludes.of([]);
    if (!entries.some(({ name }) => name === IGNORE_FILE)) return above;
    const path = join(folder, IGNORE_FILE);
    try {
      const handle = await this.#session.open(this.#at(path), OPEN.read);
      try {
        const pieces: Uint8Array[] = [];
        for await (const piece of readOn(this.#session, handle, this.#signal)) pieces.push(piece);
        return above.within(folder, patternText(Buffer.concat(pieces)));
      } finally {
        void this.#session.closeHandle(handle).catch(() => {}); // Nothing was written.
      }
    } catch (error) {
      if (!(error instanceof SftpStatus)) throw error;
      // What its rules would leave out is not to be touched.
      this.#problems.push({
        path: folder,
        reason: `its \`.snapshotignore\`: ${error.message}`,
        kind: 'trouble',
      });
      return above;
    }
  }

  #isLeftOut(path: BytePath): boolean {
    if (path === '') return false;
    const parent = parentOf(path);
    if (this.#isLeftOut(parent)) return true;
    let known = parent;
    while (!this.#rules.has(known)) known = parentOf(known);
    return this.#rules.get(known)?.excludes(path, true) === true;
  }
}

export async function itemAt(
  session: SftpSession,
  at: Uint8Array,
  attributes: Attributes,
): Promise<Item | undefined> {
  const { mode = 0, sizeBytes, modifiedMs } = attributes;
  const type = typeOf(mode);
  if (type === 'other') return undefined;
  const target = type === 'link' ? fromBytes(await session.readLink(at)) : undefined;
  return {
    type,
    size: type === 'file' ? sizeBytes : 0,
    mtimeMs: modifiedMs,
    mode: type === 'link' || (mode & 0o777) === 0 ? undefined : mode & 0o777,
    target,
    tag: '',
  };
}
