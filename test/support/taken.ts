// What files take on the disk: holes take nothing.
import { spawnSync } from 'node:child_process';

/** A file in many places of a disk takes a few blocks more, to know where. */
const GRAIN_KIB = 64;

function taken(root: string): ReadonlyMap<string, number> {
  const list = ['.', '-type', 'f', '-printf', String.raw`%k %p\n`];
  const { stdout } = spawnSync('find', list, { cwd: root, encoding: 'utf8' });
  return new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => [line.replace(/^\d+ /, ''), Number.parseInt(line, 10)]),
  );
}

/** Files of `to` that take more or less than those of `from`, in KiB. */
export function takenOtherwise(from: string, to: string): readonly string[] {
  const [before, after] = [taken(from), taken(to)];
  return [...before].flatMap(([path, kib]) => {
    const now = after.get(path) ?? Number.NaN;
    return Math.abs(now - kib) <= GRAIN_KIB ? [] : [`${path}: ${now}, not ${kib}`];
  });
}
