// What can happen to a series: one step after the other, as plain data, so that a history that went wrong can be
// written down as a test.
import * as fc from 'fast-check';
import type { Retention } from '../../src/plan/keep.ts';
import { type MishapStep, mishaps } from './mishap-steps.ts';
import { type UpkeepStep, upkeepStep } from './upkeep.ts';

/** A change to the source. Paths have one character per byte. */
export type TreeStep =
  | {
      readonly do: 'write' | 'append' | 'quiet';
      readonly path: string;
      readonly size: number;
      readonly seed: number;
    }
  | { readonly do: 'truncate'; readonly path: string; readonly size: number }
  | { readonly do: 'rename' | 'copy' | 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'folder' | 'remove'; readonly path: string }
  | { readonly do: 'chmod'; readonly path: string; readonly mode: number }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string }
  | { readonly do: 'touch'; readonly path: string; readonly seconds: number }
  /** So many small files in one folder: what the guard against mass change counts. */
  | { readonly do: 'many'; readonly path: string; readonly count: number; readonly seed: number }
  | { readonly do: 'empty' };

export interface RunStep {
  readonly do: 'run';
  /** How far the clock has gone since the step before; back when negative. */
  readonly afterMs: number;
  readonly accept: boolean;
  readonly rehash: boolean;
  readonly dryRun: boolean;
  /** Whether the destination can have hard links. */
  readonly links: boolean;
  readonly archiveBytes: number | undefined;
  readonly smallIndexBytes: number | undefined;
  /** The user stops it at this event. */
  readonly stopAt: number | undefined;
  /** What cannot be read while it runs. */
  readonly shut: string | undefined;
}

/** A day later, and all that a run does of its own accord. */
export const PLAIN_RUN: RunStep = {
  do: 'run',
  afterMs: 86_400_000,
  accept: true,
  rehash: false,
  dryRun: false,
  links: true,
  archiveBytes: undefined,
  smallIndexBytes: undefined,
  stopAt: undefined,
  shut: undefined,
};

/** What a user does with the program, its plan, or the machine's clock. */
export type ProgramStep =
  | RunStep
  | { readonly do: 'keep'; readonly keep: Retention }
  | { readonly do: 'format'; readonly format: 'tar.zst' | 'zip' }
  | { readonly do: 'strategy'; readonly strategy: 'incremental' | 'full' }
  | { readonly do: 'zone'; readonly zone: string }
  | { readonly do: 'restore'; readonly at: number; readonly glob: string | undefined }
  | { readonly do: 'script'; readonly at: number }
  | { readonly do: 'verify'; readonly level: 'quick' | 'full' };

export type Step = TreeStep | ProgramStep | UpkeepStep | MishapStep;

const PROGRAM_STEPS = ['run', 'keep', 'format', 'strategy', 'zone', 'restore', 'script', 'verify'];

export function isProgramStep(step: Step): step is ProgramStep {
  return PROGRAM_STEPS.includes(step.do);
}

/** Few names, so that paths meet again; the last two are not ASCII, one of them not even UTF-8. */
const name = fc.constantFrom('a', 'b', 'c', "d'e", '-f', 'x.jpg', '\xc3\xa9', '\xff\xfe');
const path = fc.oneof(
  { weight: 3, arbitrary: name },
  { weight: 3, arbitrary: fc.tuple(name, name).map((names) => names.join('/')) },
  { weight: 1, arbitrary: fc.tuple(name, name, name).map((names) => names.join('/')) },
);
/** The largest is packed in pieces. */
const size = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(0, 1, 20, 700, 9000, 40_000) },
  { weight: 1, arbitrary: fc.constant(4_500_000) },
);
/** Few, so that contents meet again too. */
const seed = fc.integer({ min: 1, max: 9 });
const mode = fc.constantFrom(0o644, 0o600, 0o755, 0o4750, 0o1777, 0o440);
const target = fc.constantFrom('a', '..', '/etc', 'a/b', '.', '\xff');

const treeStep: fc.Arbitrary<TreeStep> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), path, size, seed }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('append' as const, 'quiet' as const), path, size, seed }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), path, size }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('rename' as const, 'copy' as const, 'link' as const),
      path,
      to: path,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('folder' as const, 'remove' as const, 'remove' as const),
      path,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('chmod' as const), path, mode }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('symlink' as const), path, target }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('touch' as const),
      path,
      seconds: fc.integer({ min: -1e8, max: 4e9 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('many' as const),
      path: name,
      count: fc.constantFrom(90, 130),
      seed,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'empty' as const }) },
);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function seldom<T>(arbitrary: fc.Arbitrary<T>, weight = 6): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

function rarely(weight: number): fc.Arbitrary<boolean> {
  return fc.oneof({ weight, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });
}

const runStep: fc.Arbitrary<RunStep> = fc.record({
  do: fc.constant('run' as const),
  afterMs: fc.oneof(
    { weight: 4, arbitrary: fc.constant(DAY_MS) },
    { weight: 4, arbitrary: fc.constantFrom(0, 400, 1000, HOUR_MS, 23 * HOUR_MS, 25 * HOUR_MS) },
    { weight: 2, arbitrary: fc.constantFrom(6 * DAY_MS, 31 * DAY_MS, 366 * DAY_MS) },
    { weight: 2, arbitrary: fc.constantFrom(-1000, -HOUR_MS, -2 * DAY_MS, -400 * DAY_MS) },
  ),
  accept: fc.boolean(),
  rehash: rarely(5),
  dryRun: rarely(12),
  links: fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  archiveBytes: fc.constantFrom(undefined, 20_000, 60_000),
  smallIndexBytes: fc.constantFrom(undefined, 0, 0),
  stopAt: seldom(fc.nat({ max: 12 })),
  shut: seldom(fc.oneof(name, path), 3),
});

const count = fc.integer({ min: 1, max: 4 });
const keep: fc.Arbitrary<Retention> = fc
  .tuple(
    fc.subarray(['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const, { minLength: 1 }),
    fc.array(count, { minLength: 6, maxLength: 6 }),
  )
  .map(([rules, counts]) => Object.fromEntries(rules.map((rule, i) => [rule, counts[i] ?? 1])));

const otherStep: fc.Arbitrary<ProgramStep> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('script' as const), at: fc.nat({ max: 9 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('keep' as const), keep }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('format' as const), format: fc.constantFrom('tar.zst', 'zip') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('strategy' as const),
      strategy: fc.constantFrom('incremental', 'incremental', 'full'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('zone' as const),
      zone: fc.constantFrom(
        'UTC',
        'America/New_York',
        'Pacific/Kiritimati',
        'Pacific/Pago_Pago',
        'Asia/Kathmandu',
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('restore' as const),
      at: fc.nat({ max: 9 }),
      glob: fc.oneof(fc.constant(undefined), fc.constantFrom('/a', '/b', '/c/a', '-f')),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('verify' as const), level: fc.constantFrom('quick', 'full') }),
  },
);

/** What a series goes through. */
export const histories: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 14, arbitrary: treeStep },
    { weight: 5, arbitrary: runStep },
    { weight: 2, arbitrary: otherStep },
    { weight: 1, arbitrary: upkeepStep },
    { weight: 2, arbitrary: mishaps },
  ),
  { minLength: 30, maxLength: 80, size: 'max' },
);
