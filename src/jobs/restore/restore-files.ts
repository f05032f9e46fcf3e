import type { Meta } from '../../target/order.ts';
import type { BytePath } from '../../tree/path.ts';
import { unpackFiles, type UnpackOptions, type WhyNot } from '../../unpack/unpack.ts';
import type { OtherCopies } from './other-copies.ts';
import type { Step } from './target-plan.ts';
import type { Wanted } from './wanted.ts';

/** What an entry has beside its content. */
export function metaOf({ mode, uid, gid, mtimeNs, attributes }: Meta): Meta {
  return { mode, uid, gid, mtimeNs, attributes };
}

/** A step for an entry. */
export type EntryStep = Step & { readonly i: number };

export interface FilesOptions extends Pick<UnpackOptions, 'root' | 'store' | 'pool' | 'signal' | 'progress'> {
  readonly wanted: Wanted;
  readonly failed: (path: BytePath, why: WhyNot) => void;
  readonly note: (message: string) => void;
  /** Where else there is the content of entries. @param lost - Why each could not be had where it is. */
  readonly findCopies: (lost: ReadonlyMap<number, WhyNot>) => Promise<OtherCopies>;
  /** The same at other destinations, the nearest first. */
  readonly findElsewhere?: ((lost: readonly number[]) => AsyncIterable<Elsewhere>) | undefined;
}

/** Another destination of the series. */
export interface Elsewhere {
  readonly store: UnpackOptions['store'];
  readonly place: string;
  readonly copies: OtherCopies;
}

const NOWHERE: readonly Elsewhere[] = [];

/** Writes files; those that are damaged where their snapshot has them, from wherever else the series has them. */
export class FileRestorer {
  /** Entries that could not be had. */
  readonly lost: Set<number> = new Set();
  readonly #options: FilesOptions;

  constructor(options: FilesOptions) {
    this.#options = options;
  }

  /** @param window - How many tasks at once; see {@link UnpackOptions}. */
  async write(steps: readonly EntryStep[], window?: number): Promise<void> {
    const byNumber = new Map(steps.map((step) => [step.i, step]));
    const damaged = await this.#unpack([...byNumber.keys()], byNumber, window);
    if (damaged.size === 0) return;
    const own = await this.#options.findCopies(damaged);
    let left = await this.#rescue(damaged, own, 'from another copy in the series', byNumber, window);
    if (left.size > 0) {
      const elsewhere = this.#options.findElsewhere?.([...left.keys()]) ?? NOWHERE;
      for await (const { store, place, copies } of elsewhere) {
        left = await this.#rescue(left, copies, `from "${place}"`, byNumber, window, store);
        if (left.size === 0) break;
      }
    }
    for (const [i, why] of left) this.#fail(i, why);
  }

  /** Writes what is damaged from `copies`. @returns What they have not. */
  async #rescue(
    lost: Map<number, WhyNot>,
    copies: OtherCopies,
    from: string,
    byNumber: ReadonlyMap<number, EntryStep>,
    window: number | undefined,
    store: UnpackOptions['store'] = this.#options.store,
  ): Promise<Map<number, WhyNot>> {
    const left = new Map<number, WhyNot>();
    let damaged = lost;
    let rescued = 0;
    while (damaged.size > 0) {
      const again: number[] = [];
      for (const [i, why] of damaged) {
        if (copies.next(i)) again.push(i);
        else left.set(i, why);
      }
      const still = await this.#unpack(again, byNumber, window, store);
      rescued += again.filter((i) => !still.has(i) && !this.lost.has(i)).length;
      damaged = still;
    }
    if (rescued === 0) return left;
    const files = rescued === 1 ? '1 file was damaged, and is' : `${rescued} files were damaged, and are`;
    this.#options.note(`${files} restored ${from}`);
    return left;
  }

  /** @returns Those that are damaged, and why. */
  async #unpack(
    numbers: readonly number[],
    steps: ReadonlyMap<number, EntryStep>,
    window: number | undefined,
    store: UnpackOptions['store'] = this.#options.store,
  ): Promise<Map<number, WhyNot>> {
    const { wanted, ...options } = this.#options;
    const { entries, places } = wanted;
    const damaged = new Map<number, WhyNot>();
    await unpackFiles(numbers, {
      ...options,
      store,
      places,
      size: (i) => entries.size(i),
      order: (i) => {
        const entry = entries.at(i);
        const { do: doing, twin } = steps.get(i) ?? {};
        const { path, size } = entry;
        const file = { path, size, ...metaOf(entry), replaces: doing === 'replace', twin };
        return { file, hash: entries.hash(i) ?? Buffer.alloc(0) };
      },
      failed: (i, why) => {
        if (why.kind === 'damaged') damaged.set(i, why);
        else if (why.kind === 'attributes') this.#options.failed(entries.path(i), why);
        else this.#fail(i, why);
      },
      ...(window === undefined ? {} : { window }),
    });
    return damaged;
  }

  #fail(i: number, why: WhyNot): void {
    this.lost.add(i);
    this.#options.failed(this.#options.wanted.entries.path(i), why);
  }
}
