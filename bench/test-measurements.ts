// Made-up measurements for the tests of the benchmark.

import type { CaseId } from './cases.ts';
import { CASES } from './cases.ts';
import { ownTools } from './own-tools.ts';
import { PEERS } from './peers.ts';
import type { Measurement } from './session.ts';

interface Rest {
  readonly id?: CaseId;
  readonly memoryBytes?: number;
  readonly addedBytes?: number;
}

/** One sample for each of `seconds`; in the first case, unless `rest` has another. */
export function measurementOf(toolId: string, seconds: readonly number[], rest: Rest = {}): Measurement {
  const { id = 'first', memoryBytes = 1e8, addedBytes = 5e6 } = rest;
  const tool = [...ownTools('main.js'), ...PEERS].find((candidate) => candidate.id === toolId);
  const testCase = CASES.find((candidate) => candidate.id === id);
  if (tool === undefined || testCase === undefined) throw new Error(`No tool "${toolId}"`);
  return { testCase, tool, samples: seconds.map((time) => ({ seconds: time, memoryBytes, addedBytes })) };
}
