// Which archives there are to check: each file once, however many snapshots share it.
import { checkArchives, type CheckOptions } from '../../check/check-threads.ts';
import type { Piece } from '../../check/piece-list.ts';
import { PieceTable } from '../../check/piece-table.ts';
import type { CheckOrder } from '../../check/check-archive.ts';
import { BAD, GOOD } from '../../check/tasks.ts';
import { placeOf } from '../../series/damage/damage.ts';
import type { ArchiveInfo } from '../../series/info.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { StoreItem } from '../../store/store.ts';
import type { CheckedArchive, NamedArchive } from './checked-archive.ts';
import { type Extent, sureOne, orderFor } from './verify-extent.ts';
import type { Findings } from './verify-findings.ts';
import { type Files, withoutFile } from './verify-survey.ts';

export class ArchiveShelf {
  readonly #archives = new Map<string, CheckedArchive>();
  readonly #pieces = new Map<string, PieceTable>();
  readonly #bySnapshot = new Map<string, ReadonlyMap<number, NamedArchive>>();

  /** Takes the archives that a snapshot names. @param isWanted - It is one of those to verify. */
  async add(series: Series, files: Files, snapshot: Snapshot, isWanted: boolean): Promise<void> {
    const named = new Map<number, NamedArchive>();
    for (const info of snapshot.info.archives) {
      const key = series.keyOf(snapshot.name, info);
      const item = await files.find(key);
      const archive = this.#take(key, key.slice(series.name.length + 1), item, info);
      archive.snapshots.push(snapshot.name);
      archive.places.add(placeOf(snapshot.name, info));
      archive.isWanted ||= isWanted;
      if (!named.has(info.number)) named.set(info.number, { info, archive });
    }
    this.#bySnapshot.set(snapshot.name, named);
  }

  /** The archives of a snapshot, by number. */
  of(snapshot: string): ReadonlyMap<number, NamedArchive> {
    return this.#bySnapshot.get(snapshot) ?? new Map();
  }

  /** What `snapshot` says its archives hold is not all known, as its index cannot be read. */
  lacksIndex(snapshot: string): void {
    for (const { archive } of this.of(snapshot).values()) archive.isComplete = false;
  }

  wanted(): readonly CheckedArchive[] {
    return [...this.#archives.values()].filter(({ isWanted }) => isWanted);
  }

  /** Whether the content of `piece` is there, as far as is known. */
  has({ archive }: NamedArchive, piece: Piece): boolean {
    if (archive.item === undefined) return false;
    const slot = archive.pieces.find(piece);
    if (slot === undefined || archive.states === undefined) return archive.item.sizeBytes === archive.bytes;
    return archive.states[slot] !== BAD;
  }

  /** Names files that are missing, or of another size, or described in two ways. */
  checkFiles(findings: Findings): void {
    const described = new Map<string, CheckedArchive>();
    for (const archive of this.wanted()) {
      const { file, key, item, snapshots, bytes } = archive;
      const identity = item?.identity ?? key;
      const say = (what: string): void => {
        archive.isDamaged = true;
        findings.add(file, what, snapshots, { identity });
      };
      if (item === undefined) say('is missing');
      else if (item.sizeBytes !== bytes) say(`has ${item.sizeBytes} bytes, not ${bytes}`);
      const other = described.get(identity);
      described.set(identity, archive);
      if (other === undefined) continue;
      const [a = '', b = ''] = [other.snapshots[0], snapshots[0]];
      say(`is another one by the info.json of ${b} than by that of ${a}`);
    }
  }

  /**
   * Reads archives, and those that are known to be damaged in any case, to see what of them is left.
   *
   * @param looked - When all indexes have said what the archives hold. Those that are all read are read meanwhile.
   */
  async read(
    series: Series,
    extent: Extent,
    findings: Findings,
    options: CheckOptions,
    looked: Promise<void>,
  ): Promise<void> {
    if (extent.kind !== 'all') await looked;
    const wanted = this.wanted();
    const sure = extent.kind === 'sample' ? sureOne(wanted, extent.random) : undefined;
    const orders = function* (archives: readonly CheckedArchive[]): Generator<[CheckedArchive, CheckOrder]> {
      for (const archive of archives) {
        const order = orderFor(series, archive, extent, archive === sure, looked);
        archive.isRead = order !== undefined && order.chosen === undefined;
        if (order !== undefined) yield [archive, order];
      }
    };
    await checkArchives(
      orders(wanted),
      (archive, { flaws, states }) => {
        archive.states = states;
        for (const { what, at } of flaws) {
          archive.isDamaged = true;
          const { identity } = archive.item ?? {};
          findings.add(archive.file, withoutFile(what), archive.snapshots, { at, identity });
        }
      },
      options,
    );
    await looked;
    for (const archive of wanted) {
      if (archive.item === undefined) archive.states = new Uint8Array(archive.pieces.length).fill(BAD);
    }
  }

  /** Hashes of content that a wanted archive has not, and should have; one character per byte. */
  badHashes(): ReadonlySet<string> {
    const hashes = new Set<string>();
    for (const { pieces, states } of this.wanted()) {
      states?.forEach((state, slot) => {
        if (state === BAD) hashes.add(Buffer.from(pieces.at(slot).hash).toString('latin1'));
      });
    }
    return hashes;
  }

  /** How many pieces of content there are, and how many were read and are good. */
  countPieces(): { pieces: number; readPieces: number } {
    let [pieces, readPieces] = [0, 0];
    for (const archive of this.wanted()) {
      pieces += archive.pieces.length;
      for (const state of archive.states ?? []) if (state === GOOD) readPieces++;
    }
    return { pieces, readPieces };
  }

  #take(key: string, file: string, item: StoreItem | undefined, info: ArchiveInfo): CheckedArchive {
    const { sha256, bytes } = info;
    const id = `${item?.identity ?? key} ${sha256} ${bytes}`;
    const known = this.#archives.get(id);
    if (known !== undefined) return known;
    const pieces = this.#pieces.get(sha256) ?? new PieceTable();
    this.#pieces.set(sha256, pieces);
    const archive: CheckedArchive = {
      key,
      file,
      item,
      bytes,
      sha256,
      snapshots: [],
      places: new Set(),
      pieces,
      isWanted: false,
      isComplete: true,
      isDamaged: false,
      isRead: false,
      states: undefined,
    };
    this.#archives.set(id, archive);
    return archive;
  }
}
