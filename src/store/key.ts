// Parts of the keys that objects have in a store.

/** The folder of a key; '' is the top. */
export function folderOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')));
}

/** The last part of a key. */
export function baseOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
