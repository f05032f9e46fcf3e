import { display, fromText } from '../../tree/path.ts';
import type { Damage } from './verify-events.ts';

/** So much is said of one file; past that, only how much more there is. */
const MOST = 10;

interface Finding {
  readonly file: string;
  readonly what: string;
  readonly at: number | undefined;
  readonly snapshots: Set<string>;
  /** All names that it was found under. */
  readonly files: Set<string>;
}

/** Everything that is not as it should be, each thing once however many snapshots share the file. */
export class Findings {
  readonly #findings = new Map<string, Finding>();
  readonly #perFile = new Map<string, number>();

  get count(): number {
    return this.#findings.size;
  }

  /**
   * @param file - Seen from the series' folder.
   * @param snapshots - Those that need it.
   * @param identity - Same for names of one and the same file; default: `file`.
   */
  add(
    file: string,
    what: string,
    snapshots: Iterable<string>,
    { at, identity = file }: { at?: number | undefined; identity?: string | undefined } = {},
  ): void {
    const count = this.#perFile.get(identity) ?? 0;
    // What was said before is nothing more of the kind.
    const isSaid = count < MOST || this.#findings.has(`${identity}\n${what}`);
    const said = isSaid ? what : 'and more of the kind';
    const key = `${identity}\n${said}`;
    const known = this.#findings.get(key);
    if (known === undefined) {
      this.#perFile.set(identity, count + 1);
      const place = isSaid ? at : undefined;
      this.#findings.set(key, {
        file,
        what: said,
        at: place,
        snapshots: new Set(snapshots),
        files: new Set([file]),
      });
    } else {
      for (const snapshot of snapshots) known.snapshots.add(snapshot);
      known.files.add(file);
    }
  }

  /** All of them, as events. */
  damages(series: string): readonly Damage[] {
    return [...this.#findings.values()].map(({ file, what, at, snapshots }) => ({
      event: 'damage',
      series,
      file: display(fromText(file)),
      what,
      ...(at === undefined ? {} : { at }),
      snapshots: [...snapshots].toSorted(),
    }));
  }

  /** What was said first of each file, by its names seen from the series' folder. */
  byFile(): ReadonlyMap<string, string> {
    const said = new Map<string, string>();
    for (const { files, what } of this.#findings.values()) {
      for (const file of files) if (!said.has(file)) said.set(file, what);
    }
    return said;
  }

  /** Whether something that `snapshot` needs is damaged. */
  touches(snapshot: string): boolean {
    return [...this.#findings.values()].some(({ snapshots }) => snapshots.has(snapshot));
  }

  /** Snapshots in whose folders one of `names` is damaged. */
  snapshotsWith(names: ReadonlySet<string>): readonly string[] {
    const found = [...this.#findings.values()].filter(({ file }) =>
      names.has(file.slice(file.lastIndexOf('/') + 1)),
    );
    return [...new Set(found.flatMap(({ snapshots }) => [...snapshots]))].toSorted();
  }
}
