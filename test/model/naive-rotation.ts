// Names and rotation of snapshots, written a second time and another way: on names, as text.
import type { Retention } from '../../src/plan/keep.ts';

/** The Monday of the week of a date. */
function mondayOf(date: string): string {
  const day = new Date(`${date}T12:00:00Z`);
  while (day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}

const LABELS: Readonly<Record<keyof Retention, (name: string) => string>> = {
  last: (name) => name,
  daily: (name) => name.slice(0, 10),
  weekly: (name) => mondayOf(name.slice(0, 10)),
  monthly: (name) => name.slice(0, 7),
  yearly: (name) => name.slice(0, 4),
};

/** Which of `names` a plan's `keep` lets go, oldest first. */
export function letGo(names: readonly string[], keep: Retention): readonly string[] {
  const newestFirst = names.toSorted().toReversed();
  const kept = new Set(newestFirst.slice(0, 1));
  for (const [rule, label] of Object.entries(LABELS) as [keyof Retention, (name: string) => string][]) {
    const labels: string[] = [];
    for (const name of newestFirst) {
      if (labels.includes(label(name))) continue;
      labels.push(label(name));
      if (labels.length <= (keep[rule] ?? 0)) kept.add(name);
    }
  }
  return names.filter((name) => !kept.has(name)).toSorted();
}

/** What a snapshot is called that begins at `ms`, where there are dated folders `taken`. */
export function nameAt(ms: number, taken: readonly string[]): string {
  const last = taken.toSorted().at(-1);
  const earliest = last === undefined ? ms : Math.max(ms, msOf(last) + 1000);
  return new Date(Math.floor(earliest / 1000) * 1000).toISOString().replace('.000', '').replaceAll(':', '-');
}

function msOf(name: string): number {
  return Date.parse(name.replace(/T(\d\d)-(\d\d)-(\d\d)Z/, 'T$1:$2:$3Z'));
}
