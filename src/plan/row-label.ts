import type { Row } from './row.ts';

/**
 * What a row is called where others are: its name, and the destination behind it when two rows have the same name. A glob
 * that matches nothing is called as it is written.
 */
export function rowLabel(
  { name, destination, label }: Pick<Row, 'name' | 'destination' | 'label'>,
  rows: readonly Pick<Row, 'name'>[],
): string {
  if (label !== undefined) return label;
  return rows.filter((row) => row.name === name).length > 1 ? `${name} (${destination})` : name;
}
