import { quoted } from './problem.ts';

/**
 * Counts the slips between two words: a letter too many, missing, wrong, or two swapped.
 * (The optimal string alignment distance.)
 */
function slips(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    rows.push(line);
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      line.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (same ? 0 : 1),
          swapped ? at(row - 2, column - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(from.length, to.length);
}

/** The one of `known` that `word` was most likely meant to be: at most one slip per three letters, or none. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const spelled = word.toLowerCase();
  const candidates = known
    // Words of very different length cannot be near; a cell may be megabytes long.
    .filter((name) => Math.abs(name.length - spelled.length) <= name.length / 3)
    .map((name) => ({ name, distance: slips(spelled, name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)));
  return candidates.toSorted((a, b) => a.distance - b.distance)[0]?.name;
}

/** "`a`, `b` or `c`" */
export function oneOf(words: readonly string[]): string {
  const all = words.map(quoted);
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

/** What to write instead of `word`: the nearest known one, or else all of them. */
export function suggest(word: string, known: readonly string[]): string {
  const match = nearest(word, known);
  return match === undefined ? `use ${oneOf(known)}` : `did you mean ${quoted(match)}?`;
}
