import type { Step } from './steps.ts';

/**
 * A shorter history that fails too: whatever can be left out is left out.
 *
 * @param deadlineMs - By `performance.now()`; then the shortest so far has to do.
 */
export async function shorten(
  steps: readonly Step[],
  fails: (steps: readonly Step[]) => Promise<boolean>,
  deadlineMs: number,
): Promise<readonly Step[]> {
  let shortest = steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = shortest.length - size; at > -size; at -= size) {
      if (performance.now() > deadlineMs) return shortest;
      const start = Math.max(0, at);
      const shorter = [...shortest.slice(0, start), ...shortest.slice(at + size)];
      if (await fails(shorter)) shortest = shorter;
    }
  }
  return shortest;
}
