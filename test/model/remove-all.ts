import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';

/** Removes a folder whatever the modes and names in it are: Node's own rmSync() knows only names that are UTF-8. */
export function removeAll(root: string | Buffer): void {
  const remove = (path: Buffer): void => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (!stats.isDirectory()) return unlinkSync(path);
    chmodSync(path, 0o700);
    for (const name of readdirSync(path, { encoding: 'buffer' })) {
      remove(Buffer.concat([path, Buffer.from('/'), name]));
    }
    rmdirSync(path);
  };
  remove(typeof root === 'string' ? Buffer.from(root) : root);
}
