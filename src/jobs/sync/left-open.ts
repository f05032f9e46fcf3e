// Folders that a sync has opened for a moment, written down: one that was killed then leaves them open.
import { pathField, pathOf } from '../../mirror/path-field.ts';
import { type ClosedFolder, closeFolders } from '../../sync/folder-modes.ts';
import type { PastFile } from '../../sync/past-file.ts';
import type { Sides } from '../../sync/see.ts';
import { isPart, type Side, SideError } from '../../sync/side.ts';
import { type BytePath, join } from '../../tree/path.ts';

const FILE = 'open.jsonl';

export async function noteOpen(file: PastFile, folders: readonly ClosedFolder[]): Promise<void> {
  const lines = folders.map(({ side, path, mode }) =>
    JSON.stringify({ side: file.letterOf(side), ...pathField('path', path), mode }),
  );
  await file.replace(FILE, lines.map((line) => `${line}\n`).join(''));
}

/** Closes what is open still of what {@link noteOpen} has written down. */
export async function closeLeftOpen(file: PastFile, sides: Sides): Promise<void> {
  const text = (await file.text(FILE)) ?? '';
  if (text === '') return;
  const folders = text.split('\n').flatMap((line) => folderOf(line, file));
  // What was cut short in them cannot be removed once they are closed.
  for (const { side, path } of folders) await removeParts(sides[side], path);
  await noteOpen(file, await closeFolders(folders, sides));
}

/** What cannot be removed is told with all that was cut short. */
async function removeParts(side: Side, folder: BytePath): Promise<void> {
  try {
    for (const name of await side.names(folder)) if (isPart(name)) await side.remove(join(folder, name));
  } catch (error) {
    if (!(error instanceof SideError)) throw error;
  }
}

function folderOf(line: string, file: PastFile): readonly ClosedFolder[] {
  try {
    const raw = JSON.parse(line) as Record<string, unknown>;
    const { side, mode } = raw;
    const path = pathOf(raw, 'path');
    if (path === undefined || path === '' || typeof mode !== 'number') return [];
    return [{ side: file.sideOf(side), path, mode }];
  } catch (error) {
    // What nobody understands closes nothing.
    if (!(error instanceof SyntaxError)) throw error;
    return [];
  }
}
