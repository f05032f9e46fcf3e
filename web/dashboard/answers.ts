// What the server answers. The routes that make it are in src/dashboard.

export type VerifyDepth = 'quick' | 'full' | 'drill';

export type State = 'failing' | 'overdue' | 'waiting' | 'ok';

export interface RowAnswer {
  readonly id: string;
  readonly series: string;
  readonly destination: string;
  readonly source: string | null;
  readonly state: State;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  readonly every: string;
  readonly lastRun: {
    readonly time: string;
    readonly outcome: string;
    readonly guards: readonly string[];
  } | null;
  readonly lastSuccess: string | null;
  readonly nextDue: string | null;
  readonly lastVerify: { readonly time: string; readonly result: string; readonly level: string } | null;
  readonly lastDrill: { readonly time: string; readonly result: string } | null;
  /** Null: none is scheduled. */
  readonly nextVerify: string | null;
  readonly logKnown: boolean;
  /** What is noted once it is done: of mirrors there are no drills, and of pairs neither. */
  readonly logs: { readonly verifies: boolean; readonly drills: boolean };
  readonly snapshots: number | null;
  readonly bytes: number | null;
  readonly isMirror: boolean;
  readonly mayRun: boolean;
  readonly isRunning: boolean;
  readonly files: number | null;
  readonly freeBytes: number | null;
}

export interface PairAnswer {
  readonly at: string;
  readonly here: string;
  readonly there: string;
  readonly status: number;
  readonly done: number;
  readonly conflicts: readonly { readonly path: string }[];
  readonly troubles: readonly { readonly path: string; readonly reason: string }[];
  readonly failed: string | null;
  readonly stop: { readonly message: string } | null;
  readonly command: string;
}

export interface AboutAnswer {
  readonly host: string;
  readonly plan: string;
  /** Null: nothing is restored. */
  readonly restoreTo: string | null;
}

export interface OverviewAnswer {
  readonly now: string;
  readonly notes: readonly string[];
  readonly rows: readonly RowAnswer[];
  readonly pairs: readonly PairAnswer[];
}

export interface SnapshotAnswer {
  readonly snapshot: string;
  readonly time: string;
  readonly isOdd: boolean;
  readonly count: { readonly files: number };
  readonly bytes: number;
  readonly change: { readonly added: number; readonly modified: number; readonly removed: number };
  readonly newBytes: number;
  readonly reasons: readonly string[];
  readonly pin: string | null;
  readonly flaws: readonly string[];
}

export interface RowPageAnswer extends Omit<RowAnswer, 'snapshots'> {
  readonly plots: readonly string[];
  readonly held: {
    readonly since: string;
    readonly guard: string;
    readonly message: string;
    readonly path?: string;
  } | null;
  readonly mirror: {
    readonly folder: string;
    readonly scanned: string | null;
    readonly files: number;
    readonly bytes: number;
    readonly versions: number;
    readonly versionBytes: number;
  } | null;
  readonly snapshots: readonly SnapshotAnswer[];
  readonly damaged: readonly string[];
  readonly unfinished: readonly string[];
  readonly commands: {
    readonly run: string | null;
    readonly accept: string | null;
    /** In the order in which they are offered. */
    readonly verify: readonly { readonly depth: VerifyDepth; readonly command: string }[];
    readonly list: string;
    readonly status: string;
    readonly restore: string;
  };
}

export interface EntryAnswer {
  readonly path: string;
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly files: number;
  readonly bytes: number;
  readonly time: string;
  readonly target: string | null;
}

export interface FilesAnswer {
  readonly snapshot: string;
  readonly time: string;
  readonly path: string;
  readonly shown: string;
  readonly more: number;
  readonly entries: readonly EntryAnswer[];
  readonly commands: { readonly files: string; readonly restore: string };
}

export interface TimelineAnswer {
  readonly shown: string;
  readonly damaged: readonly string[];
  readonly versions: readonly {
    readonly version: number;
    readonly type: 'file' | 'folder' | 'link';
    readonly bytes: number;
    readonly time: string;
    readonly snapshots: readonly string[];
    readonly from: string;
    readonly to: string;
    /** No archive has it any more. */
    readonly damaged: boolean;
    /** The command. */
    readonly restore: string;
  }[];
  readonly command: string;
}

export interface DifferenceAnswer {
  readonly from: string;
  readonly to: string;
  readonly more: number;
  readonly differences: readonly {
    readonly kind: string;
    readonly shown: string;
    readonly from: string | null;
  }[];
  readonly command: string;
}

export interface TaskAnswer {
  readonly id: number;
  readonly kind: 'run' | 'restore' | 'verify';
  readonly row: string;
  readonly title: string;
  readonly command: string;
  readonly dryRun: boolean;
  readonly started: string;
  readonly ended: string | null;
  readonly progress: {
    readonly phase: string;
    readonly files: number;
    readonly bytes: number;
    readonly totalFiles?: number;
    readonly totalBytes?: number;
  } | null;
  readonly problems: readonly string[];
  readonly problemCount: number;
  readonly notes: readonly string[];
  readonly said: string | null;
  readonly status: number | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly error: { readonly message: string; readonly hint: string | null } | null;
}
