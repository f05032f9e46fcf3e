import type { Row } from './row.ts';

/** The rows that are one in the plan: one source, and several destinations in their order. */
export type Together<T> = readonly [T, ...T[]];

/** Whether two rows are one in the plan, at two destinations. */
export function isTogether(
  one: Pick<Row, 'line' | 'source' | 'name'>,
  other: Pick<Row, 'line' | 'source' | 'name'>,
): boolean {
  return one.line === other.line && one.source === other.source && one.name === other.name;
}

/** `rows` with those together that are one in the plan, in its order. */
export function together<T extends Pick<Row, 'line' | 'source' | 'name'>>(
  rows: readonly T[],
): readonly Together<T>[] {
  const groups: [T, ...T[]][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last !== undefined && isTogether(last[0], row)) last.push(row);
    else groups.push([row]);
  }
  return groups;
}
