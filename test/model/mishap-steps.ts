// What others do to a series, and what goes wrong with it.
import { hostname } from 'node:os';
import * as fc from 'fast-check';

export type MishapStep =
  /** A run of another plan, or of another machine, that has the same series. */
  | { readonly do: 'rival'; readonly as: 'source' | 'host' | 'both'; readonly dryRun: boolean }
  /** From now on, the machine has this name: its series is another's, until it is adopted. */
  | { readonly do: 'host'; readonly name: string }
  /** A restore to where it must not write. */
  | {
      readonly do: 'astray';
      readonly at: number;
      readonly to: 'series' | 'snapshot' | 'inside' | 'destination' | 'above';
      readonly overwrite: 'never' | 'if-changed' | 'always';
      readonly deletes: boolean;
      readonly dryRun: boolean;
    }
  /** A file of a snapshot is damaged, at a place from 0 to 1 of it; a verify and a run later it is put back. */
  | {
      readonly do: 'rot';
      readonly at: number;
      readonly file: number;
      readonly how: 'flip' | 'cut' | 'remove';
      readonly place: number;
    }
  /** A snapshot loses its `info.json`; after a run it is repaired, or only put back. */
  | { readonly do: 'lose'; readonly at: number; readonly repairs: boolean }
  /** A part of the source is mounted, and away for a night: what is in its place is an empty folder, another file, or nothing. */
  | {
      readonly do: 'away';
      readonly leaves: 'a folder' | 'another' | 'nothing';
      readonly returns: boolean;
    }
  /** The disk of the destination is away for a night; where it was mounted is an empty folder, or nothing. */
  | { readonly do: 'unplugged'; readonly leaves: 'a folder' | 'nothing' }
  /** For one run, the clock is so far off. */
  | { readonly do: 'glitch'; readonly offMs: number };

const DAY_MS = 86_400_000;

const MISHAPS: Readonly<Record<MishapStep['do'], fc.Arbitrary<MishapStep>>> = {
  rival: fc.record({
    do: fc.constant('rival' as const),
    as: fc.constantFrom('source', 'host', 'both'),
    dryRun: fc.boolean(),
  }),
  host: fc.record({ do: fc.constant('host' as const), name: fc.constantFrom(hostname(), 'bob') }),
  astray: fc.record({
    do: fc.constant('astray' as const),
    at: fc.nat({ max: 9 }),
    to: fc.constantFrom('series', 'snapshot', 'inside', 'destination', 'above'),
    overwrite: fc.constantFrom('never', 'if-changed', 'always'),
    deletes: fc.boolean(),
    dryRun: fc.boolean(),
  }),
  rot: fc.record({
    do: fc.constant('rot' as const),
    at: fc.nat({ max: 9 }),
    file: fc.nat({ max: 12 }),
    how: fc.constantFrom('flip', 'cut', 'remove'),
    place: fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100),
  }),
  lose: fc.record({ do: fc.constant('lose' as const), at: fc.nat({ max: 9 }), repairs: fc.boolean() }),
  away: fc.record({
    do: fc.constant('away' as const),
    leaves: fc.constantFrom('a folder', 'another', 'nothing'),
    returns: fc.boolean(),
  }),
  unplugged: fc.record({
    do: fc.constant('unplugged' as const),
    leaves: fc.constantFrom('a folder', 'nothing'),
  }),
  glitch: fc.record({
    do: fc.constant('glitch' as const),
    offMs: fc.constantFrom(366 * DAY_MS, 3650 * DAY_MS, -366 * DAY_MS, -9000 * DAY_MS),
  }),
};

export const mishaps: fc.Arbitrary<MishapStep> = fc.oneof(...Object.values(MISHAPS));

export function isMishap(step: { readonly do: string }): step is MishapStep {
  return Object.hasOwn(MISHAPS, step.do);
}
