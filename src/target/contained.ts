// Nothing is written outside of the target, whatever an index says and whatever is in the target already.
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { type BytePath, display, join, parentOf, systemPath, toText } from '../tree/path.ts';

/** A path that must not be written to, and why. */
export class Unsafe extends Error {
  // On the prototype, so that the stack trace already carries it.
  override get name(): string {
    return 'Unsafe';
  }
}

/** Names that Windows takes for devices, whatever follows the first dot. */
const WINDOWS_DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;
/** A drive (`C:`), another stream of a file (`a:b`), a separator, and what Windows has in no name. */
// oxlint-disable-next-line no-control-regex
const WINDOWS_NONE = /[\0-\x1f<>:"|?*\\]/;

/**
 * Why `path` cannot be had below a target on `platform`; undefined when it can.
 *
 * An index comes from a disk that others can write: it is not enough that its reader refuses such paths too.
 */
export function whyUnsafe(path: string, platform: NodeJS.Platform = process.platform): string | undefined {
  for (const name of path.split('/')) {
    // The first name of an absolute path is empty.
    if (name === '' || name === '.' || name === '..' || name.includes('\0'))
      return 'its path leads elsewhere';
    if (platform !== 'win32') continue;
    const text = toText(name as BytePath);
    if (text === undefined || WINDOWS_NONE.test(text)) return 'Windows has no such names';
    if (WINDOWS_DEVICES.test(text)) return 'its name is that of a device';
    // Windows drops them, and would write to another name.
    if (/[. ]$/.test(text)) return 'its name ends with a dot or a space';
  }
  return undefined;
}

/** Why nothing is made at a path that the file system takes for that of `twin`, which is another entry. */
export function takenFor(twin: BytePath | undefined): string {
  return `this file system takes its name for that of \`${display(twin ?? ('' as BytePath))}\``;
}

/**
 * A folder to restore into, its path free of links. What is below is reached only through folders: a link, also
 * one that was there before, is never followed.
 *
 * Node has no calls that are relative to an open folder. So another program that puts links into the target at
 * the same moment could still lead a write astray; the target should not be open to others.
 */
export class Target {
  readonly root: string;
  /** Folders that were seen to be none other. */
  readonly #folders = new Set<BytePath>(['' as BytePath]);

  constructor(root: string) {
    this.root = root;
  }

  /**
   * What to hand to a file call for `path`.
   *
   * @throws {@link Unsafe} when the path leads elsewhere, or one of its folders is none.
   */
  at(path: BytePath): string | Buffer {
    const why = whyUnsafe(path);
    if (why !== undefined) throw new Unsafe(why);
    this.#checkFolder(parentOf(path));
    return systemPath(this.root, path);
  }

  /** Where what is to appear at `path` is written until it is whole: the same each time, so that none stays. */
  partAt(path: BytePath): string | Buffer {
    const digest = createHash('sha256').update(path, 'latin1').digest('hex').slice(0, 16);
    return this.at(join(parentOf(path), `.snapshot-${digest}.part` as BytePath));
  }

  #checkFolder(path: BytePath): void {
    if (this.#folders.has(path)) return;
    this.#checkFolder(parentOf(path));
    const stats = lstatSync(systemPath(this.root, path));
    if (stats.isSymbolicLink()) throw new Unsafe(`\`${display(path)}\` is a link, which is not followed`);
    if (!stats.isDirectory()) throw new Unsafe(`\`${display(path)}\` is no folder`);
    this.#folders.add(path);
  }
}
