import { Damage, shown } from './damage.ts';

/**
 * Refuses a path that would lead elsewhere than below the folder one extracts into, or that a file system
 * cannot hold: archives may come from anyone.
 *
 * @throws {@link Damage}
 */
export function checkMemberPath(path: string): void {
  if (path.includes('\0')) throw new Damage(`the path "${shown(path)}" holds a NUL`);
  for (const name of path.split('/')) {
    // An absolute path begins with an empty name.
    if (name === '' || name === '.' || name === '..') {
      throw new Damage(`the path "${shown(path)}" holds the name "${shown(name)}"`);
    }
  }
}

/**
 * Refuses what no link can say.
 *
 * @throws {@link Damage}
 */
export function checkLinkTarget(target: string): void {
  if (target === '' || target.includes('\0')) throw new Damage(`a link cannot say "${shown(target)}"`);
}
