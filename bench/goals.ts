// Holds the measurements against the goals. Pure.

import type { Case, Goal } from './cases.ts';
import { MEMORY_GOAL } from './cases.ts';
import type { Comparison } from './compare.ts';
import { compare, memorySpread } from './compare.ts';
import { MISSING, digits, formatMegabytes, formatTable, yesOrNo } from './format.ts';
import type { Measurement } from './session.ts';
import { OWN_TITLES } from './own-tools.ts';
import { PEERS } from './peers.ts';

export interface Verdict {
  readonly testCase: string;
  readonly goal: string;
  /** What was measured, as it is printed. */
  readonly measured: string;
  /** `undefined` when a tool that it takes was not measured. */
  readonly met: boolean | undefined;
}

function judgeRatio(testCase: Case, goal: Goal, comparisons: readonly Comparison[]): Verdict {
  const { figure, peer: id, atMost } = goal;
  const peer = PEERS.find((tool) => tool.id === id);
  const own = OWN_TITLES[peer?.comparedWith ?? 'snapshot'];
  const ratio = comparisons.find((one) => one.testCase.id === testCase.id && one.peer.id === id)?.[figure];
  return {
    testCase: testCase.title,
    goal: `${own}: ${figure} ≤ ${atMost}x that of ${peer?.title ?? id}`,
    measured: ratio === undefined ? MISSING : `${digits(ratio.median)}x`,
    met: ratio === undefined ? undefined : ratio.median <= atMost,
  };
}

/** The worst run counts: memory that was needed once has to be there. */
function judgeMemory(testCase: Case, measurements: readonly Measurement[]): Verdict {
  const own = measurements.find((one) => one.testCase.id === testCase.id && one.tool.id === MEMORY_GOAL.tool);
  const most = memorySpread(own?.samples ?? [])?.most;
  return {
    testCase: testCase.title,
    goal: `${OWN_TITLES[MEMORY_GOAL.tool]}: memory ≤ ${formatMegabytes(MEMORY_GOAL.atMostBytes)}`,
    measured: formatMegabytes(most),
    met: most === undefined ? undefined : most <= MEMORY_GOAL.atMostBytes,
  };
}

/** One verdict for each goal of each case that was run, met, missed or open. */
export function judge(measurements: readonly Measurement[]): Verdict[] {
  const comparisons = compare(measurements);
  const cases = new Set(measurements.map(({ testCase }) => testCase));
  return [...cases].flatMap((testCase) => [
    ...testCase.goals.map((goal) => judgeRatio(testCase, goal, comparisons)),
    judgeMemory(testCase, measurements),
  ]);
}

export function formatGoals(verdicts: readonly Verdict[]): string {
  return formatTable(
    ['case', 'goal', 'measured', 'met'],
    verdicts.map(({ testCase, goal, measured, met }) => [
      testCase,
      goal,
      measured,
      met === undefined ? MISSING : yesOrNo(met),
    ]),
  );
}
