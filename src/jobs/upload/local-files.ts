// What is to be uploaded: files, and whole folders, each file with the name that it is to have.
import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { reasonOf, SnapshotError } from '../../base/errors.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { Excludes } from '../../tree/exclude.ts';
import { matching } from '../../tree/left-out.ts';
import { type BytePath, display, toText } from '../../tree/path.ts';
import { startScan } from '../../tree/scan.ts';
import { scanTree } from '../../tree/scanner.ts';

export interface LocalFile {
  /** The folder that `path` is below. */
  readonly root: string;
  readonly path: BytePath;
  /** What it is to be called there. */
  readonly name: string;
  /** Bytes, when it was listed. */
  readonly size: number;
  /** Another one when the file has changed since. */
  readonly stamp: string;
}

/** Where it is here, for people. */
export function pathOf({ root, path }: Pick<LocalFile, 'root' | 'path'>): string {
  return join(root, display(path));
}

export interface UploadProblem {
  readonly path: string;
  readonly reason: string;
}

export interface LocalFiles {
  readonly files: readonly LocalFile[];
  readonly problems: readonly UploadProblem[];
  /** Links, which are not sent. */
  readonly links: number;
}

export interface Choice {
  /** The folder there that all goes to; empty: the top. */
  readonly to: string;
  /** In the syntax of .gitignore. */
  readonly exclude: readonly string[];
  /** Only files that these match, if there are any. */
  readonly include: readonly string[];
}

/**
 * Lists the files of `paths`: a folder goes there under its own name.
 *
 * @throws {@link SnapshotError} `E_USAGE` when one of them is not there.
 */
export async function listLocal(
  paths: readonly string[],
  { to, exclude, include }: Choice,
  signal: AbortSignal,
): Promise<LocalFiles> {
  const wanted = include.length === 0 ? undefined : Excludes.of(include);
  const files: LocalFile[] = [];
  const problems: UploadProblem[] = [];
  let links = 0;
  for (const given of paths) {
    const real = realOf(given);
    const table = new EntryTable();
    const tree = await scanTree(real, signal, table, () => {}, startScan(real, matching(exclude)));
    problems.push(...tree.problems.map(({ path, reason }) => ({ path: join(given, display(path)), reason })));
    const prefix = [to, tree.root === real ? basename(real) : ''].filter((part) => part !== '').join('/');
    for (let i = 0; i < table.length; i++) {
      const { path, type, size, mtimeNs, ctimeNs } = table.at(i);
      if (type === 'link') links += 1;
      if (type !== 'file' || wanted?.excludes(path, false) === false) continue;
      const text = toText(path);
      if (text === undefined)
        problems.push({ path: join(given, display(path)), reason: 'its name is no text' });
      else {
        const name = prefix === '' ? text : `${prefix}/${text}`;
        files.push({ root: tree.root, path, name, size, stamp: `${size} ${mtimeNs} ${ctimeNs}` });
      }
    }
  }
  return { files, problems, links };
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (cause) {
    throw new SnapshotError('E_USAGE', `Cannot upload "${path}": ${reasonOf(cause)}`, { cause });
  }
}
