import { SnapshotError } from '../../src/base/errors.ts';
import { randomOf } from '../support/history.ts';
import { mutate } from './mutate.ts';
import type { Reader } from './reader.ts';

/** What one input takes is far below; a machine with other work has time left. */
const MOST_MS = 5000;

/** What came of one input. */
export interface Fed {
  readonly isRefused: boolean;
  /** What is wrong with the reader; undefined when nothing is. */
  readonly fault: string | undefined;
}

/** Gives `reader` the input that `seed` and `i` stand for. */
export async function feed({ name, valid, read }: Reader, seed: number, i: number): Promise<Fed> {
  const random = randomOf(Math.imul(seed, 0x9e3779b1) + i);
  const other = valid[random(valid.length)] ?? Buffer.alloc(0);
  const bytes = mutate(valid[random(valid.length)] ?? other, random);
  const input = (): string =>
    `${name}, seed ${seed}, input ${i}: ${bytes.length} bytes, ${bytes.toString('base64').slice(0, 2000)}`;
  const started = performance.now();
  let failure: { error: unknown } | undefined;
  try {
    await read(bytes, other);
  } catch (error) {
    failure = { error };
  }
  const tookMs = performance.now() - started;
  if (tookMs > MOST_MS) return { isRefused: true, fault: `${input()}: took ${Math.round(tookMs)} ms` };
  if (failure === undefined) return { isRefused: false, fault: undefined };
  const { error } = failure;
  if (error instanceof SnapshotError) return { isRefused: true, fault: undefined };
  return { isRefused: true, fault: `${input()}: ${error instanceof Error ? error.stack : String(error)}` };
}
