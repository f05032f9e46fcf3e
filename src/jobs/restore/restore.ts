// The story of a restore: what is wanted, what is there, what is to be done, and then doing it.
import { SnapshotError } from '../../base/errors.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { whileShared } from '../../series/lock/shared-lock.ts';
import type { Glob } from '../../tree/globs.ts';
import { type BytePath, display, fromBytes, fromText } from '../../tree/path.ts';
import { UnpackPool } from '../../unpack/pool.ts';
import { applySteps, type Applied, isMade } from './apply-restore.ts';
import { type Deletion, deletionToAsk } from './ask-first.ts';
import { Choice } from './choice.ts';
import { chooseHere, copiesIn, isNotThere, isOfPlace } from './elsewhere.ts';
import { FoundDamage } from './note-found.ts';
import { OtherCopies } from './other-copies.ts';
import { type RestoreEnd, type RestoreEvent, statusOfRestore } from './restore-events.ts';
import { findKept, keepApart, refuseKept } from './keep-apart.ts';
import { findExtras, findTarget, sight, type TargetFolder } from './restore-target.ts';
import { needRoom } from './room.ts';
import { type Overwrite, planTarget, type Step } from './target-plan.ts';
import { Wanted } from './wanted.ts';

export interface RestoreOptions {
  /** Which snapshot. */
  readonly at: string;
  /** What of it, in the syntax of `.gitignore`; everything when empty. */
  readonly globs: readonly Glob[];
  /** The folder to restore into. */
  readonly to: string;
  /** Where else the series lies, the nearest first: what is damaged here may be whole there. */
  readonly elsewhere?: readonly Series[];
  /** Where the plan, if there is one, has series. */
  readonly destinations?: readonly string[];
  readonly overwrite: Overwrite;
  /** Whether what the snapshot does not have is deleted there. */
  readonly deletes: boolean;
  readonly dryRun: boolean;
  /** Asked before far more is deleted than the snapshot has; without it, nobody needs to be asked. */
  readonly confirm?: (deletion: Deletion) => Promise<void>;
  readonly signal: AbortSignal;
  readonly report: (event: RestoreEvent) => void;
}

/** So many of the paths that must not make way are named. */
const MAX_NAMED = 5;

/**
 * Restores a snapshot of `series`, or some of it. Files that cannot be had are told, and the rest goes on.
 *
 * @throws {@link SnapshotError} before anything is written when it cannot begin: `E_USAGE` when something is there
 * already that must not make way, `E_SPACE` when there is too little room. The reason of `signal` when stopped.
 */
export async function restore(series: Series, options: RestoreOptions): Promise<RestoreEnd> {
  const startedMs = performance.now();
  const { to, deletes, overwrite, dryRun } = options;
  if (deletes && overwrite === 'never') {
    throw new SnapshotError('E_USAGE', '--delete needs --overwrite if-changed or always');
  }
  const note = (message: string): void => options.report({ event: 'note', row: series.name, message });
  const { elsewhere: others = [] } = options;
  let { at } = options;
  /** Why it was cut short. */
  let cut: SnapshotError | undefined;
  for (const [i, place] of [series, ...others].entries()) {
    const elsewhere = [series, ...others].filter((one) => one !== place);
    try {
      // The one before may have brought some of it.
      const target = await findTarget(to);
      const work = async (): Promise<RestoreEnd> =>
        await restoreTo(place, target, { ...options, at, elsewhere }, startedMs, (snapshot) => {
          // What goes on elsewhere is of the same one.
          at = snapshot;
        });
      // A dry run writes nothing at all.
      return await (dryRun ? work() : whileShared(place, note, work));
    } catch (error) {
      if (!(error instanceof SnapshotError) || !isOfPlace(error)) throw error;
      if (i === others.length) throw isNotThere(error) ? (cut ?? error) : error;
      if (at !== options.at) cut ??= error;
      note(`"${place.place()}" cannot be restored from: ${error.message}; trying another destination`);
    }
  }
  throw new Error('there is one place at least');
}

async function restoreTo(
  series: Series,
  target: TargetFolder,
  options: RestoreOptions,
  startedMs: number,
  begun: (snapshot: string) => void,
): Promise<RestoreEnd> {
  const { at, globs, deletes, dryRun, signal } = options;
  const survey = await series.survey();
  const snapshot = chooseHere(survey, at);
  const restoring = new Restoring(series, survey, snapshot, target, options);
  const choice = new Choice(globs);
  const wanted = await Wanted.read(series, snapshot, choice, signal);
  choice.refuseUnmatched(snapshot.name, series.place());
  await keepApart(target, {
    series: series.place(),
    destinations: options.destinations ?? [],
    source: snapshot.info.source,
    deletes,
    isWanted: (path) => wanted.entries.find(path) !== undefined,
  });
  const pool = new UnpackPool();
  try {
    const steps = await restoring.plan(wanted, choice, pool);
    if (!dryRun) {
      await restoring.ask(steps, wanted);
      begun(snapshot.name);
    }
    const applied = dryRun ? restoring.tell(steps, wanted) : await restoring.apply(steps, wanted, pool);
    await restoring.noteDamage();
    return restoring.end(steps, applied, performance.now() - startedMs);
  } finally {
    await pool.close();
  }
}

class Restoring {
  readonly #series: Series;
  readonly #survey: Survey;
  readonly #snapshot: Snapshot;
  readonly #target: TargetFolder;
  readonly #options: RestoreOptions;
  #problems = 0;
  readonly #found: FoundDamage;
  #sizes: ReadonlyMap<BytePath, number> = new Map();

  constructor(
    series: Series,
    survey: Survey,
    snapshot: Snapshot,
    target: TargetFolder,
    options: RestoreOptions,
  ) {
    this.#series = series;
    this.#found = new FoundDamage(series);
    this.#survey = survey;
    this.#snapshot = snapshot;
    this.#target = target;
    this.#options = options;
    for (const { error } of survey.damaged) this.#note(error.message);
  }

  async plan(wanted: Wanted, choice: Choice, pool: UnpackPool): Promise<readonly Step[]> {
    const { overwrite, deletes, signal } = this.#options;
    const { entries, names } = wanted;
    const { found, inodes, twins, aliases, telling } = await sight(this.#target, wanted, pool, signal);
    const unknown = new Set(
      this.#snapshot.info.skipped.map(({ path, pathBase64 = '' }) =>
        path === undefined ? fromBytes(Buffer.from(pathBase64, 'base64')) : fromText(path),
      ),
    );
    const extras = deletes ? await findExtras(this.#target, wanted, found, choice, unknown, signal) : [];
    this.#sizes = new Map(extras.map(({ path, size }) => [path, size]));
    const name = (i: number): { first: number; isSame: boolean } | undefined => {
      const first = names.get(i);
      return first === undefined ? undefined : { first, isSame: inodes.get(i) === inodes.get(first) };
    };
    const steps = planTarget({ entries, found, name, twins, aliases, extras }, overwrite, deletes);
    const { root } = this.#target;
    const kept = await findKept(root, telling, extras);
    return refuseKept(root, steps, kept, (path) => entries.find(path) !== undefined);
  }

  /** @throws what {@link RestoreOptions.confirm} does; `E_USAGE` when something must not make way. */
  async ask(steps: readonly Step[], { entries }: Wanted): Promise<void> {
    this.#refuse(steps);
    let [files, bytes] = [0, 0];
    for (let i = 0; i < entries.length; i++) {
      if (entries.type(i) !== 'folder') files++;
      bytes += entries.size(i);
    }
    const sizeOf = (path: BytePath): number => this.#sizes.get(path) ?? 0;
    const deletion = deletionToAsk(this.#target.root, steps, sizeOf, { files, bytes });
    if (deletion !== undefined) await this.#options.confirm?.(deletion);
  }

  /** Tells the steps of a dry run. @returns What would be done. */
  tell(steps: readonly Step[], { entries, names }: Wanted): Applied {
    const applied: Applied = { files: 0, bytes: 0, folders: 0, links: 0, deleted: 0 };
    for (const { do: doing, path, type, reason, i } of steps) {
      this.#options.report({ event: 'step', do: doing, path: display(path), type, reason });
      if (doing === 'delete') applied.deleted++;
      if (doing === 'leave') this.#problems++;
      // The target itself is not counted when it is made for real either.
      if (i === undefined || path === '' || (doing !== 'make' && doing !== 'replace')) continue;
      applied[`${type}s`]++;
      if (!names.has(i)) applied.bytes += entries.size(i);
    }
    return applied;
  }

  async apply(steps: readonly Step[], wanted: Wanted, pool: UnpackPool): Promise<Applied> {
    const { signal, report } = this.#options;
    const totals = await this.#checkRoom(steps, wanted);
    let [files, bytes] = [0, 0];
    return await applySteps(steps, {
      root: this.#target.root,
      store: this.#series.store,
      pool,
      signal,
      wanted,
      progress: (moreFiles, moreBytes) => {
        files += moreFiles;
        bytes += moreBytes;
        report({ event: 'progress', row: this.#series.name, phase: 'restore', files, bytes, ...totals });
      },
      failed: (path, { kind, reason }) => {
        this.#problems++;
        report({ event: 'problem', row: this.#series.name, kind, path: display(path), reason });
      },
      note: (message) => this.#note(message),
      findCopies: async (lost) => {
        const note = (message: string): void => this.#note(message);
        this.#found.add(lost, wanted);
        const { snapshots } = this.#survey;
        return await OtherCopies.find(this.#series, snapshots, wanted, [...lost.keys()], note);
      },
      findElsewhere: (lost) =>
        copiesIn(this.#options.elsewhere ?? [], wanted, lost, (message) => this.#note(message)),
    });
  }

  /** Notes what was found to be damaged, so that it is known from now on. */
  async noteDamage(): Promise<void> {
    await this.#found.note(this.#snapshot.name, (message) => this.#note(message));
  }

  end(steps: readonly Step[], applied: Applied, durationMs: number): RestoreEnd {
    const same = steps.filter(({ type, do: doing }) => type === 'file' && doing === 'same');
    const refused = steps.filter(({ do: doing }) => doing === 'refuse').length;
    const count = { ...applied, same: same.length, problems: this.#problems, refused };
    const hadFiles = steps.some(({ type, do: doing }) => type === 'file' && isMade(doing));
    return {
      event: 'end',
      status: statusOfRestore(count, hadFiles),
      series: this.#series.name,
      snapshot: this.#snapshot.name,
      target: this.#target.root,
      dryRun: this.#options.dryRun,
      ...count,
      otherwise: same.filter(({ reason }) => reason !== undefined).length,
      durationMs: Math.round(durationMs),
    };
  }

  #refuse(steps: readonly Step[]): void {
    const refused = steps.filter(({ do: doing }) => doing === 'refuse');
    if (refused.length === 0) return;
    const named = refused.slice(0, MAX_NAMED).map(({ path, reason }) => `${display(path)}: ${reason ?? ''}`);
    const more = refused.length - named.length;
    const count = refused.length === 1 ? 'Something is' : `${refused.length} things are`;
    const list = more > 0 ? `${named.join('; ')}; and ${more} more` : named.join('; ');
    const isNever = this.#options.overwrite === 'never';
    throw new SnapshotError('E_USAGE', `${count} in the way in "${this.#target.root}": ${list}`, {
      hint: isNever
        ? 'Nothing was written. Restore to an empty folder, or see --overwrite in `snapshot restore --help`.'
        : 'Nothing was written. Move it away, or see --delete in `snapshot restore --help`.',
    });
  }

  /** @throws {@link SnapshotError} `E_SPACE` */
  async #checkRoom(
    steps: readonly Step[],
    wanted: Wanted,
  ): Promise<{ totalFiles: number; totalBytes: number }> {
    const files = steps.filter(({ type, do: doing }) => type === 'file' && isMade(doing));
    const own = files.flatMap(({ i }) => (i === undefined || wanted.names.has(i) ? [] : [i]));
    await needRoom(
      this.#target.root,
      steps,
      own.map((i) => wanted.takes(i)),
    );
    const totalBytes = own.reduce((sum, i) => sum + wanted.entries.size(i), 0);
    return { totalFiles: files.length, totalBytes };
  }

  #note(message: string): void {
    this.#options.report({ event: 'note', row: this.#series.name, message });
  }
}
