// One run of one tool, and what it left behind.

import { mkdirSync, rmSync } from 'node:fs';
import type { Command, Cost } from './measure.ts';
import { diskBytes, flushDisks, measure } from './measure.ts';
import type { Place, Tool } from './tools.ts';

export interface Sample extends Cost {
  /** On disk, by this run; a file with several names counts once. */
  readonly addedBytes: number;
}

/** Empties the folders of `place` and makes them ready for `tool`. */
export function openPlace(place: Place, tool: Tool): void {
  for (const folder of [place.destination, place.state]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  tool.prepare?.(place);
}

/** Runs `command`, with nothing left to write before it. */
export function takeSample(command: Command, { destination, state }: Place): Sample {
  flushDisks();
  const before = diskBytes(destination);
  const cost = measure(command, state);
  flushDisks();
  return { ...cost, addedBytes: diskBytes(destination) - before };
}
