// Amounts and times, for people.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `1.23 kB`, as the commands say it. */
export function bytesText(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${UNITS[power]}`;
}

export function countText(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** `2026-11-29 08:59`, by the clock of this machine. */
export function timeText(iso: string | null | undefined): string {
  if (iso === null || iso === undefined) return '–';
  const at = new Date(iso);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** What changed in a snapshot: `3 added, 1 modified`. */
export function changeText(change: Readonly<Record<string, number>>): string {
  const parts = ['added', 'modified', 'removed'].filter((kind) => (change[kind] ?? 0) > 0);
  return parts.map((kind) => `${change[kind]?.toLocaleString('en')} ${kind}`).join(', ') || 'nothing changed';
}
