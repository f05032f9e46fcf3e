// Names and rotation of snapshots, written a second time and another way: on names, as text.
import type { Retention } from '../../src/plan/keep.ts';

/** The Monday of the week of a date. */
function mondayOf(date: string): string {
  const day = new Date(`${date}T12:00:00Z`);
  while (day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}

/** A snapshot, as far as rotation goes: its name is when it was taken, in UTC. */
export interface Taken {
  readonly name: string;
  /** Where its days count. */
  readonly zone: string;
}

/** `2026-11-19`, as a calendar on the wall shows it. */
function dateOf({ name, zone }: Taken): string {
  return new Date(msOf(name)).toLocaleDateString('sv-SE', { timeZone: zone });
}

/** `2026-11-19 14 GMT+01:00`: the hour that comes twice in a year is two. */
function hourOf({ name, zone }: Taken): string {
  const options = { timeZone: zone, hour: '2-digit', timeZoneName: 'longOffset' } as const;
  return `${dateOf({ name, zone })} ${new Date(msOf(name)).toLocaleTimeString('sv-SE', options)}`;
}

const LABELS: Readonly<Record<keyof Retention, (snapshot: Taken) => string>> = {
  last: ({ name }) => name,
  hourly: hourOf,
  daily: dateOf,
  weekly: (snapshot) => mondayOf(dateOf(snapshot)),
  monthly: (snapshot) => dateOf(snapshot).slice(0, 7),
  yearly: (snapshot) => dateOf(snapshot).slice(0, 4),
};

/** Which of `snapshots`, oldest first, a plan's `keep` lets go, oldest first. */
export function letGo(snapshots: readonly Taken[], keep: Retention): readonly string[] {
  const newestFirst = snapshots.toReversed();
  const kept = new Set(newestFirst.slice(0, 1));
  for (const [rule, label] of Object.entries(LABELS) as [keyof Retention, (one: Taken) => string][]) {
    const labels: string[] = [];
    for (const snapshot of newestFirst) {
      if (labels.includes(label(snapshot))) continue;
      labels.push(label(snapshot));
      if (labels.length <= (keep[rule] ?? 0)) kept.add(snapshot);
    }
  }
  return snapshots.filter((snapshot) => !kept.has(snapshot)).map(({ name }) => name);
}

const HOUR_MS = 3_600_000;
/** So long after the last one, a snapshot may be of a clock that is ahead. */
const LONG_MS = 32 * 24 * HOUR_MS;

/** Whether the names of snapshots, oldest first, give no reason to doubt a clock. */
export function isPlain(names: readonly string[]): boolean {
  return names.slice(1).every((name, i) => {
    const gapMs = msOf(name) - msOf(names[i] ?? '');
    return gapMs > 0 && gapMs <= LONG_MS;
  });
}

/** What a snapshot is called that begins at `ms`, where there are dated folders `taken`. */
export function nameAt(ms: number, taken: readonly string[]): string {
  const near = taken.map(msOf).filter((other) => other <= ms + HOUR_MS);
  let at = Math.floor(Math.max(ms, ...near.map((other) => other + 1000)) / 1000) * 1000;
  while (taken.map(msOf).includes(at)) at += 1000;
  return new Date(at).toISOString().replace('.000', '').replaceAll(':', '-');
}

function msOf(name: string): number {
  return Date.parse(name.replace(/T(\d\d)-(\d\d)-(\d\d)Z/, 'T$1:$2:$3Z'));
}
