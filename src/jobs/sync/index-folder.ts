// Writes `.sync` of one folder anew, for tools that read it.
import { SnapshotError } from '../../base/errors.ts';
import { LocalSide } from '../../sync/local-side.ts';
import { matching } from '../../tree/left-out.ts';
import { replaceDotSync } from './write-dot-sync.ts';

/** @returns How many files and folders it tells of. @throws {@link SnapshotError} `E_ROW` when there is no such folder. */
export async function indexFolder(
  folder: string,
  exclude: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly entries: number; readonly isNew: boolean }> {
  const side = await LocalSide.open(folder);
  if ((await side.root()) !== 'folder') throw new SnapshotError('E_ROW', `"${folder}" is no folder`);
  const { items, problems } = await side.walk(matching(exclude), signal);
  const first = problems.find(({ kind }) => kind === 'trouble');
  if (first !== undefined) {
    throw new SnapshotError(
      'E_ROW',
      `"${first.path}" in "${folder}" ${first.reason}; \`.sync\` stays as it is`,
      {
        hint: 'What could not be looked at would count as deleted.',
      },
    );
  }
  return { entries: items.size, isNew: await replaceDotSync(side, items) };
}
