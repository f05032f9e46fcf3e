// Bringing a series at one place to what it is at another: what is missing there, and what is damaged.
import { formatBytes } from '../../base/amounts.ts';
import { DamagedError, SnapshotError } from '../../base/errors.ts';
import { boltSeries } from '../../series/bolt.ts';
import { isForSame } from '../../series/crypt/keys.ts';
import { placeOf, readDamage, writeDamage } from '../../series/damage/damage.ts';
import { findLosses } from '../../series/damage/losses.ts';
import { pruneHint } from '../../series/guards.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { removeIfAllowed } from '../../store/remove-if-allowed.ts';
import { tryToClear } from '../run/clear-unfinished.ts';
import { type Bringing, bringSnapshot, mendSnapshot, putSums, type Source } from './bring-snapshot.ts';
import { carryPins, carryState } from './carry-state.ts';
import type { CopyEvent } from './copy-events.ts';
import { costsOf, type HurtSnapshot, hurtOf, missingOf } from './copy-plan.ts';
import { FilesThere, sharedFiles } from './files-there.ts';
import { refuseOther } from './refuse-other.ts';

export interface BringOptions {
  readonly dryRun: boolean;
  readonly now: Date;
  /** Whom it is encrypted for there. */
  readonly recipients: readonly string[];
  /** What it is called in events. */
  readonly label: string;
  /** Which of `missing` are to be brought; all of them by default. */
  readonly choose?:
    | ((missing: readonly Snapshot[], there: Survey) => Promise<readonly Snapshot[]>)
    | undefined;
  /** Whether what is said of the series goes along: pins, whose it is, what is accepted or held. Default: yes. */
  readonly carries?: boolean | undefined;
  /** What keeps others out there; undefined in a dry run. */
  readonly lock?: { readonly check: () => Promise<void> } | undefined;
  readonly signal: AbortSignal;
  readonly report: (event: CopyEvent) => void;
}

/** What became of it. */
export interface Brought {
  /** Names of snapshots. */
  readonly copied: readonly string[];
  /** Those that were to be brought, oldest first. */
  readonly chosen: readonly Snapshot[];
  readonly mended: readonly string[];
  readonly damaged: readonly string[];
  /** They were there, and what is damaged of them is whole nowhere. */
  readonly unmended: readonly string[];
  /** What was written, or would be. */
  readonly bytes: number;
  /** How many snapshots were there already. */
  readonly there: number;
}

/**
 * Brings to `to` what it lacks of `from`, the oldest snapshot first. Who calls has locked `to`, and keeps `from` from rotation.
 *
 * @param from - The first one says what there is to bring; in all of them files are looked for that are damaged in it.
 * @throws {@link SnapshotError} `E_USAGE` when `to` has another series; `E_SPACE` when there is too little room.
 */
export async function bringUp(
  from: readonly [Series, ...Series[]],
  to: Series,
  options: BringOptions,
): Promise<Brought> {
  const surveys = await Promise.all(from.map(async (series) => await series.survey(options.now)));
  const there = await to.survey(options.now);
  const [first] = surveys;
  await refuseOther(from[0], first?.snapshots ?? [], to, there.snapshots);
  const sources = await Promise.all(
    from.map(async (series, i): Promise<Source> => {
      const snapshots = surveys[i]?.snapshots ?? [];
      return {
        files: await FilesThere.look(series, snapshots),
        snapshots: new Map(snapshots.map((one) => [one.name, one])),
      };
    }),
  );
  const own = there.snapshots.filter(({ info }) => isForSame(info.recipients, options.recipients));
  const bringUpTo = new BringUp(sources, to, there, await FilesThere.look(to, own), options);
  return await bringUpTo.run(first?.damaged ?? []);
}

class BringUp {
  readonly #sources: readonly Source[];
  readonly #to: Series;
  readonly #survey: Survey;
  readonly #files: FilesThere;
  readonly #options: BringOptions;
  readonly #copied: string[] = [];
  readonly #mended: string[] = [];
  readonly #damaged: string[] = [];
  readonly #unmended: string[] = [];
  #bytes = 0;

  constructor(
    sources: readonly Source[],
    to: Series,
    survey: Survey,
    files: FilesThere,
    options: BringOptions,
  ) {
    this.#sources = sources;
    this.#to = to;
    this.#survey = survey;
    this.#files = files;
    this.#options = options;
  }

  async run(damaged: Survey['damaged']): Promise<Brought> {
    const { dryRun, choose } = this.#options;
    const missing = missingOf(this.#sources, this.#survey, this.#options.now);
    const chosen = choose === undefined ? missing : await choose(missing, this.#survey);
    for (const { name, error } of damaged)
      if ([...this.#survey.snapshots, ...missing].every((one) => one.name !== name))
        this.#leaveOut(name, 'damaged', error.message);
    const sizes = costsOf(chosen, this.#files);
    if (dryRun) {
      for (const { name } of chosen) this.#tell(name, 'copied', sizes.get(name) ?? 0);
      for (const { snapshot, bytes } of this.#hurt()) this.#tell(snapshot.name, 'mended', bytes);
    } else await this.#write(chosen, sizes);
    return {
      copied: this.#copied,
      chosen,
      mended: this.#mended,
      damaged: this.#damaged,
      unmended: this.#unmended,
      bytes: this.#bytes,
      there: this.#survey.snapshots.length,
    };
  }

  async #write(chosen: readonly Snapshot[], sizes: ReadonlyMap<string, number>): Promise<void> {
    await this.#needRoom(sizes);
    const { signal, lock, carries = true } = this.#options;
    const [first] = this.#sources;
    const newest = [...(first?.snapshots.values() ?? [])].at(-1);
    // What is said of a series that has gone on at the other place is older than what is said there.
    const isOlder = (newest?.info.sequence ?? 0) < (this.#survey.snapshots.at(-1)?.info.sequence ?? 0);
    if (first !== undefined && carries && !isOlder) await carryState(first.files.series, this.#to);
    if (chosen.length > 0) await boltSeries(this.#to);
    const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    const bringing: Bringing = {
      from: this.#sources,
      there: this.#files,
      named: this.#named(),
      recipients: this.#options.recipients,
      lock: lock ?? { check: async () => await Promise.resolve() },
      signal,
      progress: (bytes) => this.#progress(bytes, chosen.length, total),
    };
    for (const { name } of chosen) {
      signal.throwIfAborted();
      const before = this.#bytes;
      const isMended = this.#survey.damaged.some((one) => one.name === name);
      await this.#trying(name, 'damaged', async () => {
        await bringSnapshot(name, isMended, bringing);
        this.#tell(name, 'copied', this.#bytes - before, false);
      });
    }
    await this.#mend(bringing);
    await this.#finish(carries ? first?.files.series : undefined);
  }

  /** Brings again what is damaged of the snapshots that were there. */
  async #mend(bringing: Bringing): Promise<void> {
    const mended = new Set<string>();
    for (const { snapshot } of this.#hurt()) {
      const { name } = snapshot;
      const before = this.#bytes;
      await this.#trying(name, 'unmended', async () => {
        const places = await mendSnapshot(snapshot, bringing);
        for (const place of places) mended.add(place);
        this.#tell(name, 'mended', this.#bytes - before, false);
      });
    }
    for (const place of this.#files.healed()) mended.add(place);
    if (mended.size === 0) return;
    if (this.#to.store.files === undefined) {
      // Encrypted anew, a file has another check sum for all to see.
      for (const { name, info } of this.#survey.snapshots)
        if (sharedFiles(info).some((file) => mended.has(placeOf(name, file)))) await putSums(this.#to, name);
    }
    const known = await readDamage(this.#to);
    if (known.trouble !== undefined || ![...mended].some((place) => known.flaws.has(place))) return;
    const flaws = new Map([...known.flaws].filter(([place]) => !mended.has(place)));
    // What was brought just now may have what was lost.
    const { snapshots } = await this.#to.survey(this.#options.now);
    const { losses } = await findLosses(this.#to, snapshots, flaws);
    await writeDamage(this.#to, { flaws, losses });
  }

  /** Pins, and what copies that were cut short have left. */
  async #finish(from: Series | undefined): Promise<void> {
    const { signal, now, lock } = this.#options;
    signal.throwIfAborted();
    await lock?.check();
    const after = await this.#to.survey(now);
    if (from !== undefined) {
      const here = this.#sources[0]?.snapshots;
      await carryPins(
        from,
        this.#to,
        after.snapshots.filter(({ name }) => here?.has(name) === true),
      );
    }
    for (const part of after.parts) if (!(await removeIfAllowed(this.#to.store, this.#to.key(part)))) break;
    if (await this.#to.mayNeedOthers(after)) return;
    for (const name of [...after.unfinished, ...after.kept])
      await tryToClear(this.#to, name, after.snapshots, { note: (message) => this.#note(message) });
  }

  /** Does `work` for a snapshot; when it is damaged wherever it is, it is named, and the others go on. */
  async #trying(name: string, otherwise: 'damaged' | 'unmended', work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      this.#leaveOut(name, otherwise, error.message);
    }
  }

  /** @throws {@link SnapshotError} `E_SPACE` */
  async #needRoom(sizes: ReadonlyMap<string, number>): Promise<void> {
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const free = bytes === 0 ? undefined : await this.#to.store.freeBytes();
    // What has arrived of an unfinished one is there already.
    let arrived = 0;
    for (const name of this.#survey.unfinished)
      if (sizes.has(name))
        for (const item of await this.#to.store.list(this.#to.key(name))) arrived += item.sizeBytes;
    if (free === undefined || bytes - arrived <= free) return;
    throw new SnapshotError(
      'E_SPACE',
      `"${this.#to.store.label}" has ${formatBytes(free)} free, and what is to be brought takes ${formatBytes(bytes)}`,
      { hint: `Nothing was written. Make room there, or ${pruneHint(this.#to.name)}.` },
    );
  }

  /** What the snapshots that are there need, wherever it lies. */
  #named(): Bringing['named'] {
    const { recipients } = this.#options;
    return new Map(
      this.#survey.snapshots.flatMap(({ name, info }) =>
        sharedFiles(info).map((file) => [
          placeOf(name, file),
          isForSame(info.recipients, recipients) ? file.sha256 : '',
        ]),
      ),
    );
  }

  #hurt(): readonly HurtSnapshot[] {
    return hurtOf(this.#sources, this.#survey, this.#files, this.#options.recipients);
  }

  #progress(bytes: number, totalFiles: number, totalBytes: number): void {
    this.#bytes += bytes;
    this.#options.report({
      event: 'progress',
      row: this.#options.label,
      phase: 'copy',
      files: this.#copied.length,
      bytes: this.#bytes,
      totalFiles,
      totalBytes,
    });
  }

  #leaveOut(name: string, outcome: 'damaged' | 'unmended', reason: string): void {
    (outcome === 'damaged' ? this.#damaged : this.#unmended).push(name);
    this.#options.report({
      event: 'snapshot',
      row: this.#options.label,
      snapshot: name,
      outcome,
      bytes: 0,
      reason,
    });
  }

  #tell(snapshot: string, outcome: 'copied' | 'mended', bytes: number, isNew = true): void {
    if (isNew) this.#bytes += bytes;
    (outcome === 'copied' ? this.#copied : this.#mended).push(snapshot);
    this.#options.report({
      event: 'snapshot',
      row: this.#options.label,
      snapshot,
      outcome,
      bytes,
      reason: null,
    });
  }

  #note(message: string): void {
    this.#options.report({ event: 'note', row: this.#options.label, message });
  }
}
