import type { Row } from './row.ts';

/** What a row is called where others are: its name, and the destination behind it when two rows have the same name. */
export function rowLabel(
  { name, destination }: Pick<Row, 'name' | 'destination'>,
  rows: readonly Pick<Row, 'name'>[],
): string {
  return rows.filter((row) => row.name === name).length > 1 ? `${name} (${destination})` : name;
}
