/** `table` for one command, and not for those below it. */
export function notGlobal<T extends object>(table: T): T {
  const entries = Object.entries(table).map(
    ([name, option]) => [name, { ...option, global: false }] as const,
  );
  return Object.fromEntries(entries) as T;
}
