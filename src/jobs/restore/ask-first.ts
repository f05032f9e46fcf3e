// Whether so much would be deleted that somebody should be asked. Pure.
import { type BytePath, display } from '../../tree/path.ts';
import type { Step } from './target-plan.ts';

/** So many files may be deleted without a question, and so many bytes. */
const FEW_FILES = 10;
const FEW_BYTES = 1_000_000_000;
const MOST_EXAMPLES = 3;

/** What a question is about. */
export interface Deletion {
  readonly folder: string;
  /** Files and links. */
  readonly files: number;
  readonly bytes: number;
  readonly examples: readonly string[];
  /** What the snapshot has. */
  readonly wantedFiles: number;
  readonly wantedBytes: number;
}

/** Files and links, and their bytes. */
export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Whether a folder holds far more than was ever restored there: more would be deleted than the snapshot has, and it is
 * more than ten files or a gigabyte. It may be the wrong folder.
 */
export function isFarMore(deleted: Amount, wanted: Amount): boolean {
  return (
    (deleted.files > FEW_FILES && deleted.files > wanted.files) ||
    (deleted.bytes > FEW_BYTES && deleted.bytes > wanted.bytes)
  );
}

/** @returns What has to be asked; undefined when nothing has. */
export function deletionToAsk(
  folder: string,
  steps: readonly Step[],
  sizeOf: (path: BytePath) => number,
  wanted: Amount,
): Deletion | undefined {
  const gone = steps.filter(({ do: doing, type }) => doing === 'delete' && type !== 'folder');
  const bytes = gone.reduce((sum, { path }) => sum + sizeOf(path), 0);
  if (!isFarMore({ files: gone.length, bytes }, wanted)) return undefined;
  return {
    folder,
    files: gone.length,
    bytes,
    // Deepest first is how they are deleted; the top is what somebody recognizes.
    examples: gone.slice(-MOST_EXAMPLES).map(({ path }) => display(path)),
    wantedFiles: wanted.files,
    wantedBytes: wanted.bytes,
  };
}
