// Writing again what lies in damaged archives, as long as the source has it.
import type { Problem } from '../../tree/entry.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import type { Previous } from './previous.ts';

/** A file whose content lay in a damaged archive, as it was before it was read anew. */
interface Patient {
  readonly i: number;
  readonly hash: string;
  readonly ctimeNs: bigint;
}

/** The files of the last snapshot whose archives are damaged: made before packing, asked afterwards. */
export class Healing {
  readonly #entries: EntryTable;
  readonly #hashes: ReadonlySet<string>;
  readonly #patients: readonly Patient[];

  constructor(previous: Previous, entries: EntryTable) {
    const { newest, damage, holdings } = previous;
    const hurt = newest === undefined ? new Set<number>() : damage.archivesOf(newest);
    const patients: Patient[] = [];
    for (let i = 0; hurt.size > 0 && i < entries.length; i++) {
      const slot = holdings.slot(i);
      if (slot === undefined || !hurt.has(holdings.contents.archive(slot))) continue;
      patients.push({ i, hash: keyOf(holdings.contents.hash(slot)), ctimeNs: entries.at(i).ctimeNs });
    }
    this.#entries = entries;
    this.#hashes = hashesIn(previous, hurt);
    this.#patients = patients;
  }

  /** How many files of the tree are whole again. @param isSound - Whether an entry's content lies in a sound archive. */
  count(isSound: (i: number) => boolean): number {
    let healed = 0;
    for (let i = 0; this.#hashes.size > 0 && i < this.#entries.length; i++) {
      const hash = this.#entries.hash(i);
      if (hash !== undefined && this.#hashes.has(keyOf(hash)) && isSound(i)) healed++;
    }
    return healed;
  }

  /** What of it the tree can give back: hashes, byte for byte a character. */
  contents(isSound: (i: number) => boolean): ReadonlySet<string> {
    const found = new Set<string>();
    for (let i = 0; this.#hashes.size > 0 && i < this.#entries.length; i++) {
      const hash = this.#entries.hash(i);
      const key = hash === undefined ? undefined : keyOf(hash);
      if (key !== undefined && this.#hashes.has(key) && isSound(i)) found.add(key);
    }
    return found;
  }

  /** Files that have other content now although nothing wrote to them: the archive had the only good copy. */
  rotten(): readonly Problem[] {
    return this.#patients.flatMap(({ i, hash, ctimeNs }) => {
      const now = this.#entries.hash(i);
      if (now === undefined || keyOf(now) === hash || this.#entries.at(i).ctimeNs !== ctimeNs) return [];
      const reason =
        'its content changed although its size, times and inode did not, and its last copy is damaged';
      return [{ path: this.#entries.path(i), kind: 'rot' as const, reason }];
    });
  }
}

/**
 * Whether a snapshot is to be written although nothing changed: the last one is damaged, and the source has what
 * it should hold.
 *
 * @param entries - With the hashes of those that were read.
 */
export function needsHealing(previous: Previous, entries: EntryTable): boolean {
  const { survey, newest, damage, holdings } = previous;
  const last = survey.snapshots.at(-1);
  if (last === undefined) return false;
  // The index of the last one cannot be read.
  if (last !== newest || damage.touches(last)) return true;
  const shared = damage.archivesOf(last, 'shared');
  if (shared.size === 0) return false;
  // What could not be read when the last one was written can be now.
  const hashes = hashesIn(previous, shared);
  for (let i = 0; i < entries.length; i++) {
    const hash = holdings.slot(i) === undefined ? entries.hash(i) : undefined;
    if (hash !== undefined && hashes.has(keyOf(hash))) return true;
  }
  return false;
}

/** Hashes of what the last snapshot has in these archives. */
function hashesIn({ holdings: { contents } }: Previous, archives: ReadonlySet<number>): ReadonlySet<string> {
  const hashes = new Set<string>();
  for (let slot = 0; archives.size > 0 && slot < contents.length; slot++) {
    if (archives.has(contents.archive(slot))) hashes.add(keyOf(contents.hash(slot)));
  }
  return hashes;
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('latin1');
}
