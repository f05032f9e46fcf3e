// What a tool is to the benchmark.

import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CaseId } from './cases.ts';
import type { Command } from './measure.ts';

/** Where a tool finds and leaves its things. All folders exist and all but `tree` begin empty. */
export interface Place {
  readonly tree: string;
  readonly destination: string;
  /** For caches, plans and the like: what is not part of the backup. */
  readonly state: string;
}

/** @param label - Different for each call, for tools that want a name per backup. */
export type Build = (place: Place, label: string) => Command;

export type OwnId = 'snapshot' | 'snapshot-zip';

export interface Tool {
  readonly id: string;
  readonly title: string;
  /** Our own tools have none; a peer is compared with this one of them. */
  readonly comparedWith?: OwnId;
  readonly version: () => string | undefined;
  /** Makes ready an empty destination, outside the timing. */
  readonly prepare?: (place: Place) => void;
  /** The cases it takes part in. `first` also brings a destination up to date before the others. */
  readonly commands: Readonly<Partial<Record<CaseId, Build>>>;
}

type BackupCaseId = Exclude<CaseId, 'restore' | 'verify' | 'file' | 'help'>;

/** An empty folder to restore into, made outside the timing. */
export const outOf = (place: Place): string => join(place.state, 'out');

/** The path of one file in the middle of the tree, relative to it. */
export function someFile({ tree }: Place): string {
  const files = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)))
    .toSorted();
  const path = files[Math.floor(files.length / 2)];
  if (path === undefined) throw new Error(`"${tree}" has no files`);
  return path;
}

/** For tools that are called the same way whatever has changed. */
export const everyBackup = (build: Build): Record<BackupCaseId, Build> => ({
  first: build,
  nothing: build,
  changed: build,
  big: build,
});
