/** Units of sizes that people write; the long ones are powers of 1024. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['kB', 1e3],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
  ['TiB', 2 ** 40],
]);

/** What units there are, for people. */
export const UNIT_NAMES: string = [...UNITS.keys()].filter((name) => name !== 'kB').join(', ');

/** The bytes that `text` stands for, as `20MB` or `1.5 GiB`; undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text) ?? [];
  const factor = UNITS.get(unit);
  return factor === undefined ? undefined : Math.round(Number(number) * factor);
}
