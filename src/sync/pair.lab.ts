// For tests: two folders of this machine as the sides of a pair.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { matching } from '../tree/left-out.ts';
import { LocalSide } from './local-side.ts';
import type { Listings, Sides } from './see.ts';
import type { Side } from './side.ts';

export const EVEN = { aheadMs: 0, uncertainMs: 0 };
export const signal: AbortSignal = new AbortController().signal;

/** Two empty sides. */
export async function openPair(): Promise<{
  readonly here: string;
  readonly there: string;
  readonly sides: Sides;
}> {
  const [here, there] = ['here', 'there'].map(() => mkdtempSync(join(tmpdir(), 'snapshot-pair-')));
  if (here === undefined || there === undefined) throw new Error('two folders were to be made');
  onTestFinished(() => [here, there].forEach((folder) => rmSync(folder, { recursive: true })));
  return {
    here,
    there,
    sides: { here: await LocalSide.open(here), there: await LocalSide.open(there) },
  };
}

/** Writes a file that was last changed at a moment of long ago. */
export function writeOld(file: string, content: string): void {
  writeFileSync(file, content);
  utimesSync(file, 1_700_000_000, 1_700_000_000);
}

export async function walkBoth({ here, there }: Sides): Promise<Listings> {
  return {
    here: await here.walk(matching([]), signal),
    there: await there.walk(matching([]), signal),
  };
}

/** `side`, but for some of its calls. */
export function withCalls(side: Side, calls: Partial<Side>): Side {
  return new Proxy<Side>(side, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in calls ? calls : target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
