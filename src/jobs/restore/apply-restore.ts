// Does what a plan for the target says: folders, files, further names, links, then what goes, then folders' times.
import { reasonOf, SnapshotError } from '../../base/errors.ts';
import { ensureFolder } from '../../base/ensure-folder.ts';
import { type BytePath, parentOf } from '../../tree/path.ts';
import type { Deed } from '../../unpack/tasks.ts';
import type { WhyNot } from '../../unpack/unpack.ts';
import { doDeeds, makeFolders } from './deeds.ts';
import { type EntryStep, FileRestorer, type FilesOptions, metaOf } from './restore-files.ts';
import { LentFolders } from './lent-folders.ts';
import type { Step } from './target-plan.ts';

export interface Applied {
  files: number;
  bytes: number;
  folders: number;
  links: number;
  deleted: number;
}

/** Applies `steps`. What cannot be restored is told, and the rest goes on. */
export async function applySteps(steps: readonly Step[], options: FilesOptions): Promise<Applied> {
  return await new Applying(steps, options).run();
}

class Applying {
  readonly #steps: readonly Step[];
  readonly #options: FilesOptions;
  readonly #files: FileRestorer;
  /** What the caller is told by. */
  readonly #report: Pick<FilesOptions, 'progress' | 'failed'>;
  readonly #done: Applied = { files: 0, bytes: 0, folders: 0, links: 0, deleted: 0 };
  /** Folders that are not there. */
  #missing: ReadonlyMap<BytePath, WhyNot | undefined> = new Map();
  /** What is not there; attributes are not counted. */
  #problems = 0;

  constructor(steps: readonly Step[], options: FilesOptions) {
    this.#steps = steps;
    this.#options = {
      ...options,
      progress: (files, bytes) => this.#progress(files, bytes),
      failed: (path, why) => this.#fail(path, why),
    };
    this.#files = new FileRestorer(this.#options);
    this.#report = options;
  }

  async run(): Promise<Applied> {
    await makeRoot(this.#options.root);
    for (const { do: doing, path, reason } of this.#steps) {
      if (doing === 'leave') this.#fail(path, { kind: 'refused', reason: reason ?? '', code: undefined });
    }
    const lent = await LentFolders.note(this.#options.root, this.#impliedFolders());
    try {
      await this.#remove(this.#steps.filter((step) => step.isInTheWay === true));
      await this.#makeFolders();
      await this.#writeFiles();
      // Before they get further names: what has some is not set.
      await this.#setFiles();
      await this.#makeHardlinks();
      await this.#makeLinks();
      await this.#removeExtras();
      await this.#finishFolders();
    } finally {
      await lent.giveBack();
    }
    return this.#done;
  }

  /** Those that are there, and that nobody chose. */
  #impliedFolders(): readonly BytePath[] {
    const { implied } = this.#options.wanted;
    return this.#steps.flatMap(({ i, path, do: doing }) =>
      i !== undefined && path !== '' && doing === 'same' && implied.has(i) ? [path] : [],
    );
  }

  async #makeFolders(): Promise<void> {
    const steps = this.#steps.filter(
      ({ type, path, do: doing, isUntouched }) =>
        type === 'folder' && path !== '' && isUntouched !== true && (isMade(doing) || doing === 'same'),
    );
    const folders = steps.map(({ path, do: doing }) => {
      return { do: 'folder', path, exists: doing === 'same', clears: doing === 'replace' } as const;
    });
    this.#missing = await makeFolders(folders, this.#options);
    for (const [path, why] of this.#missing) if (why !== undefined) this.#fail(path, why);
    for (const { path, type, do: doing } of this.#steps) {
      const isLost = isMade(doing) && type !== 'folder' && this.#missing.has(parentOf(path));
      if (isLost) this.#fail(path, { kind: 'refused', reason: 'its folder is not there', code: undefined });
    }
    this.#done.folders = steps.filter(
      ({ path, do: doing }) => isMade(doing) && !this.#missing.has(path),
    ).length;
  }

  async #writeFiles(): Promise<void> {
    const { names } = this.#options.wanted;
    const steps = this.#made('file').filter(({ i }) => !names.has(i));
    await this.#files.write(steps.filter(({ twin }) => twin === undefined));
    // One by one: where a file system takes two names for one, the second must see the first.
    const twins = steps.filter(({ twin }) => twin !== undefined);
    await this.#files.write(twins, 1);
  }

  async #makeHardlinks(): Promise<void> {
    const { names, entries } = this.#options.wanted;
    const steps = this.#made('file').filter(({ i }) => names.has(i));
    const firstOf = (i: number): number => names.get(i) ?? i;
    const left = new Set(this.#steps.flatMap(({ do: doing, i }) => (doing === 'leave' ? [i] : [])));
    const hasFirst = ({ i }: EntryStep): boolean =>
      !this.#files.lost.has(firstOf(i)) &&
      !left.has(firstOf(i)) &&
      !this.#missing.has(parentOf(entries.path(firstOf(i))));
    const linked = steps.filter(hasFirst);
    const deeds = linked.map(({ i, path, do: doing }): Deed => {
      return { do: 'hardlink', path, to: entries.path(firstOf(i)), replaces: doing === 'replace' };
    });
    const failed = await doDeeds(deeds, this.#options);
    this.#progress(linked.length - failed.size, 0);
    for (const [n, { reason, code }] of failed) {
      const path = linked[n]?.path ?? ('' as BytePath);
      this.#fail(path, {
        kind: 'attributes',
        reason: `it is a file of its own, not a further name (${reason})`,
        code,
      });
    }
    // Not every file system has hard links, and the first name may be lost: then each is a file of its own.
    const own = [...linked.filter((_, n) => failed.has(n)), ...steps.filter((step) => !hasFirst(step))];
    await this.#files.write(own, 1);
  }

  async #makeLinks(): Promise<void> {
    const steps = this.#made('link');
    const deeds = steps.map(({ i, do: doing }): Deed => {
      const { target, ...entry } = this.#options.wanted.entries.at(i);
      const replaces = doing === 'replace';
      return { do: 'link', path: entry.path, target: target ?? ('' as BytePath), replaces, ...metaOf(entry) };
    });
    this.#done.links = await this.#doAll(steps, deeds);
  }

  async #setFiles(): Promise<void> {
    const steps = this.#entrySteps().filter(({ do: doing }) => doing === 'set');
    await this.#doAll(
      steps,
      steps.map(({ i }) => this.#setDeed(i, 'file')),
    );
  }

  async #removeExtras(): Promise<void> {
    const steps = this.#steps.filter((step) => step.do === 'delete' && step.isInTheWay !== true);
    // It may be where the content is that could not be had.
    if (steps.length === 0 || this.#problems === 0) await this.#remove(steps);
    else this.#options.note('nothing was deleted, as not everything could be restored');
  }

  async #remove(steps: readonly Step[]): Promise<void> {
    const deeds = steps.map(({ path, type }): Deed => ({ do: 'remove', path, isFolder: type === 'folder' }));
    this.#done.deleted += await this.#doAll(steps, deeds);
  }

  /** Deepest first: what is made in a folder changes its time. Folders that were there and nobody chose stay. */
  async #finishFolders(): Promise<void> {
    const { implied } = this.#options.wanted;
    const steps = this.#entrySteps().filter(({ type, do: doing, i, path, isUntouched }) => {
      const isChosen = doing === 'same' && isUntouched !== true && path !== '' && !implied.has(i);
      return type === 'folder' && !this.#missing.has(path) && (isMade(doing) || isChosen);
    });
    const deepestFirst = steps.toReversed();
    await this.#doAll(
      deepestFirst,
      deepestFirst.map(({ i }) => this.#setDeed(i, 'folder')),
    );
  }

  /** Steps for entries whose folder is there. */
  #entrySteps(): EntryStep[] {
    return this.#steps.filter(
      (step): step is EntryStep => step.i !== undefined && !this.#missing.has(parentOf(step.path)),
    );
  }

  #made(wanted: Step['type']): EntryStep[] {
    return this.#entrySteps().filter(({ type, do: doing }) => type === wanted && isMade(doing));
  }

  #setDeed(i: number, type: 'file' | 'folder'): Deed {
    const entry = this.#options.wanted.entries.at(i);
    return { do: 'set', path: entry.path, type, ...metaOf(entry) };
  }

  /** @returns How many were done. */
  async #doAll(steps: readonly Step[], deeds: readonly Deed[]): Promise<number> {
    const failed = await doDeeds(deeds, this.#options);
    for (const [n, why] of failed) this.#fail(steps[n]?.path ?? ('' as BytePath), why);
    return deeds.length - [...failed.values()].filter(({ kind }) => kind !== 'attributes').length;
  }

  #progress(files: number, bytes: number): void {
    this.#done.files += files;
    this.#done.bytes += bytes;
    this.#report.progress(files, bytes);
  }

  #fail(path: BytePath, why: WhyNot): void {
    if (why.kind !== 'attributes') this.#problems++;
    this.#report.failed(path, why);
  }
}

/** Whether a step brings something to its path. */
export function isMade(doing: Step['do']): boolean {
  return doing === 'make' || doing === 'replace';
}

/** Nobody else reads what is restored before it has its own permissions. */
export async function makeRoot(root: string): Promise<void> {
  try {
    await ensureFolder(root, 0o700);
  } catch (cause) {
    throw new SnapshotError('E_STORE', `Cannot make "${root}": ${reasonOf(cause)}`, { cause });
  }
}
