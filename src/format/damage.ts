/**
 * What is wrong within an archive, before it is known which one that is: {@link readArchive} makes an
 * `E_DAMAGED` of it, with its name.
 */
export class Damage extends Error {
  // On the prototype, so that the stack trace already carries it.
  override get name(): string {
    return 'Damage';
  }
}

/** What `work` does; the damage it finds is said to be in `where`. */
export async function within<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Damage ? new Damage(`${where}: ${error.message}`, { cause: error.cause }) : error;
  }
}

/** `path`, which has one character per byte, for a message. */
export function shown(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
