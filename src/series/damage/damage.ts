// damage.json: what is known to be damaged in a series. Its form is in docs/format.md.
import { SnapshotError } from '../../base/errors.ts';
import { Fields } from '../index/fields.ts';
import type { Series } from '../series.ts';
import { DAMAGE_FILE } from '../names.ts';

/** More damaged contents of one file than this count as all of them, so that damage.json stays a small file. */
const MOST_CONTENTS = 10_000;

/** `missing`, `size`: its name or size say so; `content`: reading it does. */
const KINDS = ['missing', 'size', 'content'] as const;
const FINDERS = ['run', 'quick', 'sample', 'full'] as const;

/** What found it: a run, or `verify` at a level. */
export type FoundBy = (typeof FINDERS)[number];

/** What is wrong with a file of a series. */
export interface Flaw {
  readonly kind: (typeof KINDS)[number];
  readonly what: string;
  /** Hashes, in hexadecimal digits, of the contents in it that are not there any more; null: all of them. */
  readonly contents: readonly string[] | null;
  readonly by: FoundBy;
  /** When that was. */
  readonly since: string;
  /** Somebody knows, and wants to hear no more of what it costs. */
  readonly accepted: boolean;
  /** A run that knew has shared the file all the same, for what is sound in it and can be had nowhere else. */
  readonly shared: boolean;
}

/** What was found just now. */
export type Found = Pick<Flaw, 'kind' | 'what' | 'contents'>;

/** By places: names of files seen from the series' folder, `SNAPSHOT/NAME`. */
export type Flaws = ReadonlyMap<string, Flaw>;

/** Files of a snapshot that no archive has any more, as far as is known, and that nobody has accepted. */
export interface Loss {
  readonly snapshot: string;
  readonly files: number;
  /** The first few, for people. */
  readonly paths: readonly string[];
}

export interface KnownDamage {
  readonly flaws: Flaws;
  readonly losses: readonly Loss[];
  /** Why it cannot be read: then there is damage, and nobody knows which. */
  readonly trouble: string | undefined;
}

/** The place of a file that `snapshot` names. */
export function placeOf(snapshot: string, { file }: { readonly file: string }): string {
  return file.includes('/') ? file : `${snapshot}/${file}`;
}

/** The folder of a place: a snapshot. */
export function folderOf(place: string): string {
  return place.slice(0, place.indexOf('/'));
}

/** Whether content is not to be had from a file with this flaw. @param hash - 32 bytes. */
export function lacks(flaw: Flaw, hash: Uint8Array): boolean {
  if (flaw.contents === null) return true;
  return setOf(flaw.contents).has(Buffer.from(hash).toString('hex'));
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(contents: readonly string[]): ReadonlySet<string> {
  const known = sets.get(contents);
  if (known !== undefined) return known;
  const set = new Set(contents);
  sets.set(contents, set);
  return set;
}

/** @throws {@link SnapshotError} `E_STORE` when the series cannot be read. */
export async function readDamage(series: Series): Promise<KnownDamage> {
  const bytes = await series.store.read(series.key(DAMAGE_FILE));
  if (bytes === undefined) return { flaws: new Map(), losses: [], trouble: undefined };
  try {
    return parse(bytes.toString('utf8'), series.place(DAMAGE_FILE));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return { flaws: new Map(), losses: [], trouble: error.message };
  }
}

function parse(json: string, where: string): KnownDamage {
  const fields = Fields.parse(json, where);
  if (fields.count('version') !== 1) fields.wrong('version');
  const flaws = new Map<string, Flaw>();
  for (const one of fields.objects('damages')) {
    const flaw: Flaw = {
      kind: one.oneOf('kind', KINDS),
      what: one.text('what'),
      contents: one.has('contents') ? one.strings('contents') : null,
      by: one.oneOf('by', FINDERS),
      since: one.text('since'),
      accepted: one.boolean('accepted'),
      shared: one.boolean('shared'),
    };
    for (const file of one.strings('files')) flaws.set(file, flaw);
  }
  const losses = fields.objects('losses').map((one) => ({
    snapshot: one.text('snapshot'),
    files: one.count('files'),
    paths: one.strings('paths'),
  }));
  return { flaws, losses, trouble: undefined };
}

/** @throws {@link SnapshotError} `E_STORE`, `E_SPACE`. */
export async function writeDamage(
  series: Series,
  { flaws, losses }: Pick<KnownDamage, 'flaws' | 'losses'>,
): Promise<void> {
  const groups = new Map<string, { flaw: Flaw; files: string[] }>();
  const texts = new Map<Flaw, string>();
  for (const [file, flaw] of flaws) {
    const text = texts.get(flaw) ?? JSON.stringify(flaw);
    texts.set(flaw, text);
    const group = groups.get(text) ?? { flaw, files: [] };
    groups.set(text, group);
    group.files.push(file);
  }
  const damages = [...groups.values()].map(({ flaw, files }) => ({ files: files.toSorted(), ...flaw }));
  const text = JSON.stringify({ version: 1, damages, losses }, undefined, 2);
  await series.store.put(series.key(DAMAGE_FILE), Buffer.from(`${text}\n`));
}

/** What was looked at, and how it was found. */
export interface Sight {
  readonly by: FoundBy;
  readonly at: Date;
  readonly found: ReadonlyMap<string, Found>;
  /** Whether this file has its name and size; undefined when that was not looked at. */
  readonly isInPlace: (file: string) => boolean | undefined;
  /** Whether it was read as a whole, and all of it is right. */
  readonly isSound: (file: string) => boolean;
  /** Whether some snapshot still needs it. */
  readonly isNeeded: (file: string) => boolean;
}

/**
 * What is known after another look. Only what was looked at is taken back: names and sizes say nothing of what lies
 * in a file. Damage that was accepted stays so, unless there is more of it.
 */
export function lookedAgain(known: Flaws, sight: Sight): Flaws {
  const flaws = new Map<string, Flaw>();
  for (const [file, flaw] of known) {
    const isBack = flaw.kind !== 'content' && sight.isInPlace(file) === true;
    if (sight.isNeeded(file) && !isBack && !sight.isSound(file)) flaws.set(file, flaw);
  }
  const merged = new Map<Found, Map<Flaw | undefined, Flaw>>();
  for (const [file, found] of sight.found) {
    if (!sight.isNeeded(file)) continue;
    const before = flaws.get(file);
    const byKnown = merged.get(found) ?? new Map<Flaw | undefined, Flaw>();
    merged.set(found, byKnown);
    const flaw = byKnown.get(before) ?? joined(before, found, sight);
    byKnown.set(before, flaw);
    flaws.set(file, flaw);
  }
  return flaws;
}

function joined(known: Flaw | undefined, found: Found, { by, at }: Sight): Flaw {
  // Who has only seen the size does not know better than who has read what is left.
  const isSame = known?.kind === found.kind && known.what === found.what;
  if (known !== undefined && isSame && by !== 'full' && known.contents !== null && found.contents === null)
    return known;
  const before = known?.kind === 'content' && by === 'sample' ? known.contents : [];
  const all =
    before === null || found.contents === null ? null : [...new Set([...before, ...found.contents])];
  const contents = all === null || all.length > MOST_CONTENTS ? null : all.toSorted();
  const isMore = known !== undefined && isMoreThan(contents, known.contents);
  return {
    kind: found.kind,
    what: found.what,
    contents,
    by,
    since: known?.since ?? at.toISOString(),
    accepted: known?.accepted === true && !isMore,
    shared: known?.shared === true && !isMore,
  };
}

function isMoreThan(contents: Flaw['contents'], before: Flaw['contents']): boolean {
  if (before === null) return false;
  return contents === null || contents.some((hash) => !setOf(before).has(hash));
}
