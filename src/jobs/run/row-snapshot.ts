// What a snapshot says of the tree it was made from.
import { groupName, userName } from '../../host/users.ts';
import { loadBlake3 } from '../../hash/blake3.ts';
import { formatDead, formatLine, formatNone, pathProperty } from '../../series/index/index-line.ts';
import { type ArchiveInfo, folderKey, type Info, VERSION } from '../../series/info.ts';
import { thisZone } from '../../series/zone.ts';
import type { ChangeCount } from '../../tree/compare.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import { firstNames } from '../../tree/hardlinks.ts';
import type { Mount } from '../../tree/mounts.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';
import { type HashedEntry, treeHash } from '../../tree/tree-hash.ts';
import type { NewNames } from './new-names.ts';
import { type RowContext, totalsOf } from './row-context.ts';
import type { Stored } from './stored.ts';
import { TOOL } from '../tool.ts';

/** The entries of a snapshot, and where their contents lie. */
export class IndexLines {
  readonly #entries: EntryTable;
  readonly #stored: Stored;
  readonly #missing: ReadonlySet<number>;
  readonly #firstNames: ReadonlyMap<number, number>;

  /** @param missing - Entries that are not in the snapshot. */
  constructor(entries: EntryTable, stored: Stored, missing: ReadonlySet<number>) {
    this.#entries = entries;
    this.#stored = stored;
    this.#missing = missing;
    this.#firstNames = firstNames(entries);
  }

  /** All of them. */
  *all(): Generator<string> {
    for (let i = 0; i < this.#entries.length; i++) if (!this.#missing.has(i)) yield this.#line(i);
  }

  /** How many lines {@link changes} has at least. */
  countChanges(): number {
    let count = 0;
    for (let i = 0; i < this.#entries.length; i++) if (!this.#stands(i)) count++;
    return count;
  }

  /** Those that the index of the last snapshot has not, and the paths it has in vain. */
  *changes(gone: readonly BytePath[]): Generator<string> {
    let next = 0;
    for (let i = 0; i < this.#entries.length; i++) {
      const isMissing = this.#missing.has(i);
      if (!isMissing && this.#stands(i)) continue;
      const path = this.#entries.path(i);
      for (; next < gone.length; next++) {
        const before = gone[next] ?? path;
        const order = comparePaths(before, path);
        if (order > 0) break;
        if (order < 0) yield formatNone(before);
      }
      yield isMissing ? formatNone(path) : this.#line(i);
    }
    for (; next < gone.length; next++) yield formatNone(gone[next] ?? ('' as BytePath));
  }

  /** Content that no entry has. @param slots - In the order of the members' names. */
  *dead(slots: readonly number[]): Generator<string> {
    const { contents } = this.#stored;
    for (const slot of slots) {
      const { archive, offset, length, skip } = contents.place(slot);
      const path = this.#stored.name(slot);
      const at = [archive, offset, length, skip] as const;
      yield formatDead({ path, size: contents.size(slot), hash: contents.hash(slot), at });
    }
  }

  #stands(i: number): boolean {
    return this.#stored.stands(i) && this.#stored.stands(this.#owner(i));
  }

  /** The entry whose content entry `i` shares, where that is not its own. */
  #owner(i: number): number {
    return this.#stored.hasOwn(i) ? i : (this.#firstNames.get(i) ?? i);
  }

  #line(i: number): string {
    const entry = this.#entries.at(i);
    const own = this.#owner(i);
    const slot = this.#stored.slot(own);
    const place = slot === undefined ? undefined : this.#stored.contents.place(slot);
    return formatLine({
      entry,
      user: userName(entry.uid),
      group: groupName(entry.gid),
      hash: this.#entries.hash(i),
      at: place === undefined ? undefined : [place.archive, place.offset, place.length, place.skip],
      ...(entry.type === 'file' ? this.#stored.marks(own) : { changed: false }),
    });
  }
}

export interface InfoParts {
  readonly context: RowContext;
  readonly change: ChangeCount;
  readonly previous: string | null;
  readonly names: NewNames;
  readonly archives: readonly ArchiveInfo[];
  readonly mounts: readonly Mount[];
  readonly guards: readonly string[];
  /** Whether extended attributes can be read here. */
  readonly attributes: boolean;
}

/** info.json, but for what it says of the index. @param missing - Entries that are not in the snapshot. */
export async function infoOf(
  entries: EntryTable,
  missing: ReadonlySet<number>,
  parts: InfoParts,
): Promise<Omit<Info, 'index' | 'changes' | 'dead'>> {
  const { context, names, mounts, guards } = parts;
  const { row, machine, started, options, skipped } = context;
  const blake3 = await loadBlake3();
  const hashed = function* (): Generator<HashedEntry> {
    for (let i = 0; i < entries.length; i++) {
      if (missing.has(i)) continue;
      const content = entries.hash(i);
      yield {
        entry: entries.at(i),
        hash: content === undefined ? undefined : Buffer.from(content).toString('hex'),
      };
    }
  };
  const { tree, folders } = treeHash(hashed(), (bytes) => Buffer.from(blake3.hash(bytes)).toString('hex'));
  const { files, folders: folderCount, links, bytes } = totalsOf(entries, missing);
  return {
    version: VERSION,
    tool: TOOL,
    name: row.name,
    host: machine.host,
    ...(machine.id !== '' && { machine: machine.id }),
    source: row.source,
    destination: row.destination,
    time: { started: started.toISOString(), finished: options.now().toISOString() },
    sequence: names.sequence,
    zone: thisZone(),
    ...(names.archiveDate !== names.snapshot && { archiveDate: names.archiveDate }),
    strategy: row.strategy === 'full' ? 'full' : 'incremental',
    format: row.format,
    hash: {
      algorithm: 'blake3',
      tree,
      folders: Object.fromEntries([...folders].map(([path, value]) => [folderKey(path), value])),
    },
    count: { files, folders: folderCount, links },
    bytes,
    change: parts.change,
    previous: parts.previous,
    archives: parts.archives,
    skipped: skipped.map(({ path, reason }) => ({ ...pathProperty(path), reason })),
    mounts: mounts.map(({ path, id }) => ({ ...pathProperty(path), ...(id !== undefined && { id }) })),
    ...(row.encrypt.length > 0 && { recipients: row.encrypt }),
    ...(parts.attributes && { attributes: true }),
    ...(guards.length > 0 && { guards }),
  };
}
