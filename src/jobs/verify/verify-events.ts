// What verifying tells while it goes on; docs/cli.md lists it.

export interface VerifyProgress {
  readonly event: 'progress';
  readonly series: string;
  /** `look`: what the snapshots say; counts snapshots. `read`: archives; counts bytes. `drill`: counts snapshots. */
  readonly phase: 'look' | 'read' | 'drill';
  readonly done: number;
  readonly total: number;
}

/** Something that is worth knowing, and no damage. */
export interface VerifyNote {
  readonly event: 'note';
  readonly series: string;
  readonly message: string;
  /** Why the exit status is not 0: nobody wants that left out. */
  readonly isTrouble?: true;
}

/** A file of a series that is not what it should be. */
export interface Damage {
  readonly event: 'damage';
  readonly series: string;
  /** Seen from the series' folder: `SNAPSHOT/NAME`. */
  readonly file: string;
  readonly what: string;
  /** First byte in the file, where that is known. */
  readonly at?: number | undefined;
  /** Those that need the file, oldest first. */
  readonly snapshots: readonly string[];
  /** An earlier run or verify has found it, and this one has not looked again. */
  readonly known?: true;
}

/** A file of a tree that a snapshot cannot give back. */
export interface Lost {
  readonly event: 'lost';
  readonly series: string;
  readonly snapshot: string;
  /** For people; bytes that are not UTF-8 are shown as `\xe9`. */
  readonly path: string;
  /** Snapshots with an undamaged archive that holds the same content. */
  readonly stillIn: readonly string[];
}

/** What came of a drill. */
export interface DrillEnd {
  readonly event: 'drill';
  readonly series: string;
  readonly snapshot: string;
  readonly result: 'passed' | 'failed';
  /** Paths that came back, and bytes of the files among them. */
  readonly paths: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Paths that came back otherwise, or not, or that nobody asked for: the first 20. */
  readonly differences: readonly string[];
  readonly differenceCount: number;
  /** Why it could not be extracted at all. */
  readonly error: string | null;
}

/** What came of repairing a snapshot. */
export interface Repaired {
  readonly event: 'repair';
  readonly series: string;
  readonly snapshot: string;
  readonly outcome: 'repaired' | 'impossible';
  /** The files that were written anew. */
  readonly files: readonly string[];
  /** What is worth knowing about them; or why it was impossible. */
  readonly notes: readonly string[];
}

/** How one series ended. */
export interface VerifyEnd {
  readonly event: 'series';
  readonly series: string;
  readonly folder: string;
  /** How many were looked at. */
  readonly snapshots: number;
  readonly archives: number;
  /** Pieces of content that were found to be right, and how many there are. */
  readonly readPieces: number;
  readonly pieces: number;
  readonly readBytes: number;
  /** Those included that are only known from before. */
  readonly damages: number;
  readonly lost: number;
  /** How much was looked at: `quick`: names, sizes and small files; `sample`: some contents; `full`: every byte. */
  readonly looked: 'quick' | 'sample' | 'full';
  /** Why there was nothing to look at; then nothing is known to be right either. */
  readonly nothing?: string | undefined;
  /** It is encrypted, and there was no key: what is stored was looked at, not what is in it. */
  readonly isKeyless?: true | undefined;
  /** Its disk is away. */
  readonly isAway?: true | undefined;
  /**
   * It is a mirror: what it holds, the last whole scan after which it was what its source was, and how many paths were not compared,
   * as they were just being written.
   */
  readonly mirror?:
    | { readonly files: number; readonly scanned: string | null; readonly busy: number }
    | undefined;
  /** It is a pair that is synced: files that both sides had at the last sync, paths that differ now, and what could not be looked at. */
  readonly pair?:
    | { readonly files: number; readonly differing: number; readonly troubles: number }
    | undefined;
  /** What chose the sample; with it the same one is chosen again. */
  readonly seed?: number | undefined;
  readonly durationMs: number;
  readonly status: number;
}

export type VerifyEvent = VerifyProgress | VerifyNote | Damage | Lost | DrillEnd | Repaired | VerifyEnd;
export type VerifyReport = (event: VerifyEvent) => void;
