// What has to be closed before a command ends: connections keep a process alive.

const open = new Set<{ readonly close: () => Promise<void> }>();

/** Has `thing` closed by {@link closeAll}. */
export function closeAtEnd(thing: { readonly close: () => Promise<void> }): void {
  open.add(thing);
}

/** Closes all that was given to {@link closeAtEnd}: the last thing that a command does. */
export async function closeAll(): Promise<void> {
  await Promise.all([...open].map(async (thing) => await thing.close()));
  open.clear();
}
