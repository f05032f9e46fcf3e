// What a run knows of damage in its series, and what it makes of it.
import { formatCountOf } from '../../base/amounts.ts';
import { formatOf } from '../../base/archive-format.ts';
import { commandLine } from '../../base/command-line.ts';
import {
  type Flaw,
  type Flaws,
  type Found,
  type KnownDamage,
  lookedAgain,
  placeOf,
  readDamage,
  writeDamage,
} from '../../series/damage/damage.ts';
import { seriesWord, wayOut } from '../../series/guards.ts';
import { type Looked, lookOver, namedBy, placesOf } from '../../series/damage/look-over.ts';
import { INFO_FILE } from '../../series/names.ts';
import { findLosses, type HurtContent } from '../../series/damage/losses.ts';
import type { DamageRecord } from '../../series/runs-log.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import type { DamageReport } from '../events.ts';
import { lossText } from './loss-text.ts';

/** What is said of a row: for people, and for its log. */
export interface DamageEnd {
  readonly report: DamageReport | null;
  readonly record: DamageRecord;
}

export interface DamageOptions {
  /** Takes all that was known before as accepted. */
  readonly accept: boolean;
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly now: Date;
  readonly note: (message: string) => void;
}

/** The damage in a series, as one run goes on. */
export class RowDamage {
  readonly #series: Series;
  readonly #survey: Survey;
  readonly #options: DamageOptions;
  readonly #looked: Looked;
  #known: KnownDamage;
  /** As it was when it was read or written last. */
  #read: Flaws;
  /** Whether the losses that are known are those of the flaws. */
  #isSettled: boolean;

  private constructor(
    series: Series,
    survey: Survey,
    options: DamageOptions,
    parts: { looked: Looked; known: KnownDamage; read: Flaws; isSettled: boolean },
  ) {
    this.#series = series;
    this.#survey = survey;
    this.#options = options;
    this.#looked = parts.looked;
    this.#known = parts.known;
    this.#read = parts.read;
    this.#isSettled = parts.isSettled;
  }

  /**
   * Compares names and sizes of all that the snapshots of a series need, and takes what was known before. What is
   * new is told, and noted at once: the run may fail.
   */
  static async find(series: Series, survey: Survey, options: DamageOptions): Promise<RowDamage> {
    const looked = await lookOver(series, survey.snapshots);
    const before = await readDamage(series);
    const accepted = options.accept
      ? { ...before, flaws: acceptAll(before.flaws), trouble: undefined }
      : before;
    const flaws = withLinks(see(accepted.flaws, looked, survey, options.now), looked);
    for (const [file, flaw] of flaws) {
      if (before.flaws.get(file)?.what !== flaw.what && looked.found.has(file))
        options.note(`${file} ${flaw.what}`);
    }
    if (options.accept) acceptedNotes(before).forEach((text) => options.note(text));
    const isSettled = before.trouble === accepted.trouble && isSame(before.flaws, flaws);
    const known = { ...accepted, flaws };
    const damage = new RowDamage(series, survey, options, { looked, known, read: before.flaws, isSettled });
    if (!isSettled) await damage.#write();
    return damage;
  }

  /** Whether a file is as it should be, as far as is known. */
  isWhole(place: string): boolean {
    return this.#looked.inPlace.has(place) && !this.#known.flaws.has(place);
  }

  /** What is wrong with a file that is there with its right size; undefined when nothing is known, or it is not. */
  flawOf(place: string): Flaw | undefined {
    return this.#looked.inPlace.has(place) ? this.#known.flaws.get(place) : undefined;
  }

  /** Numbers of those archives with content of `snapshot` that are damaged; `shared`: only those that it shares knowingly. */
  archivesOf({ name, info }: Snapshot, which: 'all' | 'shared' = 'all'): ReadonlySet<number> {
    const hurt = info.archives.filter((archive) => {
      const flaw = this.#known.flaws.get(placeOf(name, archive));
      return archive.entries > 0 && flaw !== undefined && (which === 'all' || flaw.shared);
    });
    return new Set(hurt.map(({ number }) => number));
  }

  /** Whether something of `snapshot` is damaged that it does not share knowingly. */
  touches({ name, info }: Snapshot): boolean {
    const places = new Set(info.archives.map((archive) => placeOf(name, archive)));
    return [...this.#known.flaws].some(
      ([place, { shared }]) => !shared && (places.has(place) || place.startsWith(`${name}/`)),
    );
  }

  /** A new snapshot shares these files although they are damaged: what it has there can be had nowhere else. */
  share(places: ReadonlyMap<string, Flaw>): void {
    if (places.size === 0) return;
    const flaws = new Map(this.#known.flaws);
    for (const [place, flaw] of places) flaws.set(place, { ...flaw, shared: true });
    this.#known = { ...this.#known, flaws };
    this.#isSettled = false;
  }

  /** What is damaged in `snapshots`, and where else it lies: which of them are not to be let go. */
  async hurtContents(snapshots: readonly Snapshot[]): Promise<readonly HurtContent[]> {
    if (this.#known.flaws.size === 0) return [];
    const { losses, contents } = await findLosses(this.#series, snapshots, this.#known.flaws);
    this.#known = { ...this.#known, losses };
    return contents;
  }

  /**
   * What there is to say at the end.
   *
   * @param snapshots - All that are there now.
   * @param healed - So many files are whole in the new snapshot that were not in the last one.
   * @param isWritten - There is a new one.
   * @param given - Contents that one would have that is not written: see {@link findLosses}.
   */
  async end(
    snapshots: readonly Snapshot[],
    healed: number,
    isWritten: boolean,
    given?: ReadonlySet<string>,
  ): Promise<DamageEnd> {
    const isNamed = namedBy(snapshots, this.#survey);
    const flaws = new Map([...this.#known.flaws].filter(([place]) => isNamed(place)));
    if (flaws.size !== this.#known.flaws.size) this.#isSettled = false;
    if (isWritten || !this.#isSettled) {
      const { losses } = await findLosses(this.#series, snapshots, flaws, given);
      const isNews = JSON.stringify(losses) !== JSON.stringify(this.#known.losses);
      this.#known = { ...this.#known, flaws, losses };
      if (!this.#isSettled || isNews) await this.#write();
    }
    const record = recordOf(this.#known, snapshots);
    return { record, report: this.#report(record, healed) };
  }

  #report({ files, lost, unknown, repairable }: DamageRecord, healed: number): DamageReport | null {
    if (healed + lost + repairable === 0 && !unknown) return null;
    const { trouble, losses, flaws } = this.#known;
    const verify = `\`${commandLine(`verify ${seriesWord(this.#series.place())}`)}`;
    const way = wayOut(this.#series.name, undefined, 'If you can do without them');
    const messages: string[] = [];
    const hints: string[] = [];
    if (trouble !== undefined) {
      messages.push(`${trouble}; so what is damaged is not known`);
      hints.push(`${verify} --level full\` finds out.`);
    }
    if (healed > 0) {
      const { dryRun } = this.#options;
      const count = formatCountOf(
        healed,
        dryRun ? 'file is' : 'file was',
        dryRun ? 'files are' : 'files were',
      );
      messages.push(`${count} damaged in older archives, and ${dryRun ? 'would be ' : ''}written again`);
      hints.push(`Is the disk failing? ${verify} --level full\` reads all of it.`);
    }
    if (repairable > 0) {
      const [first = ''] = [...flaws].find((flaw) => isRepairable(flaw)) ?? [];
      const more = repairable === 1 ? '' : `, and ${repairable - 1} more of the kind`;
      messages.push(`${first} is damaged or missing${more}`);
      hints.push(
        `${verify} --repair\` writes it anew, if the archives are whole. ${wayOut(this.#series.name)}`,
      );
    }
    if (lost > 0) {
      messages.push(
        `${formatCountOf(lost, 'file is', 'files are')} damaged, and in no archive any more: ${lossText(losses)}`,
      );
      hints.push(`${verify} --level full\` names each file. ${way}`);
    }
    return { files, healed, lost, repairable, unknown, messages, hint: hints.join(' ') };
  }

  async #write(): Promise<void> {
    // What cannot be read stays for who wants to look at it; accepting it begins anew.
    if (this.#options.dryRun || this.#known.trouble !== undefined) return;
    const now = await readDamage(this.#series);
    // What a verify has noted since this run has read it stands.
    if (now.trouble === undefined && !this.#options.accept) {
      const flaws = withOthers(this.#known.flaws, this.#read, now.flaws);
      this.#known = { ...this.#known, flaws };
    }
    await writeDamage(this.#series, this.#known);
    this.#read = this.#known.flaws;
  }
}

/** `own`, with what somebody else has changed between `before` and `now`. */
function withOthers(own: Flaws, before: Flaws, now: Flaws): Flaws {
  const flaws = new Map(own);
  for (const place of new Set([...before.keys(), ...now.keys()])) {
    const [old, other] = [before.get(place), now.get(place)];
    if (JSON.stringify(old) === JSON.stringify(other)) continue;
    if (other === undefined) flaws.delete(place);
    else flaws.set(place, other);
  }
  return flaws;
}

const isInfo = (file: string, name: string): boolean => file === `${name}/${INFO_FILE}`;

function see(known: Flaws, { found, inPlace }: Looked, survey: Survey, at: Date): Flaws {
  const unreadable = survey.damaged.map(({ name, error }): [string, Found] => [
    `${name}/${INFO_FILE}`,
    { kind: 'content', what: error.message, contents: null },
  ]);
  // A run that was cut short has left none: that nobody could look for it once says nothing.
  const readable = [...survey.snapshots.map(({ name }) => name), ...survey.unfinished];
  return lookedAgain(known, {
    by: 'run',
    at,
    found: new Map([...found, ...unreadable]),
    isInPlace: (file) => inPlace.has(file),
    // No more than that it cannot be parsed is what a run finds, and takes back.
    isSound: (file) => known.get(file)?.by === 'run' && readable.some((name) => isInfo(file, name)),
    isNeeded: namedBy(survey.snapshots, survey),
  });
}

/** Other names of damaged files: what a later run has linked is as damaged. */
function withLinks(flaws: Flaws, { inPlace }: Looked): Flaws {
  const identities = new Map<string, Flaw>();
  for (const [file, flaw] of flaws) {
    const identity = inPlace.get(file);
    if (identity !== undefined) identities.set(identity, flaw);
  }
  if (identities.size === 0) return flaws;
  const all = new Map(flaws);
  for (const [file, identity] of inPlace) {
    const flaw = identity === undefined ? undefined : identities.get(identity);
    if (flaw !== undefined && !all.has(file)) all.set(file, { ...flaw, shared: false });
  }
  return all;
}

/** What is known, as numbers. @param snapshots - All that are there. */
export function recordOf(
  { flaws, losses, trouble }: KnownDamage,
  snapshots: readonly Snapshot[],
): DamageRecord {
  const newest = snapshots.at(-1);
  return {
    files: flaws.size,
    needed: newest === undefined ? 0 : placesOf(newest).filter((place) => flaws.has(place)).length,
    repairable: [...flaws].filter(isRepairable).length,
    lost: losses.reduce((sum, { files }) => sum + files, 0),
    unknown: trouble !== undefined,
  };
}

/** What is no archive can be made from archives. */
function isRepairable([place, { accepted }]: readonly [string, Flaw]): boolean {
  return !accepted && formatOf(place) === undefined;
}

function acceptAll(flaws: Flaws): Flaws {
  return new Map([...flaws].map(([file, flaw]) => [file, { ...flaw, accepted: true }]));
}

/** What is overruled where somebody accepts what is known to be damaged. */
function acceptedNotes({ flaws, trouble }: KnownDamage): readonly string[] {
  const news = [...flaws].filter(([, { accepted }]) => !accepted);
  const [first] = news;
  const more = news.length > 1 ? `, and ${news.length - 1} more` : '';
  return [
    ...(trouble === undefined ? [] : [`accepted: ${trouble}`]),
    ...(first === undefined ? [] : [`accepted: damage of ${first[0]}, which ${first[1].what}${more}`]),
  ];
}

function isSame(a: Flaws, b: Flaws): boolean {
  return a.size === b.size && [...a].every(([file, flaw]) => b.get(file) === flaw);
}
