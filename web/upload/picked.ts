// Files that a person has picked or dropped, each with the path that it is to have.

export interface Picked {
  readonly path: string;
  readonly file: File;
}

/** Those of an input; of a folder, with the path from it on. */
export function pickedIn(files: Iterable<File>): readonly Picked[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Those that were dropped, folders with all that is in them. To be called while the event is handled. */
export async function dropped(data: DataTransfer): Promise<readonly Picked[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry());
  if (entries.every((entry) => entry === null)) return pickedIn(data.files);
  const found: Picked[] = [];
  for (const entry of entries) if (entry !== null) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: Picked[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return;
    for (const one of some) await walk(one, found);
  }
}
