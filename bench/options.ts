// Reads the options of the benchmark; run.ts says what they are.

import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Case } from './cases.ts';
import { CASES } from './cases.ts';
import { PEERS } from './peers.ts';
import type { Tool } from './tools.ts';

/** As seen from where the compiled file is, bench/dist/bench. */
export const PROJECT: string = resolve(import.meta.dirname, '../../..');

export interface Options {
  readonly scale: number;
  readonly seed: number;
  readonly runs: number;
  readonly cases: readonly Case[];
  readonly peers: readonly Tool[];
  readonly work: string;
  /** The built entry file of the command. */
  readonly main: string;
  readonly write: boolean;
  /** Measure growth instead of the cases. */
  readonly growth: boolean;
  /** Measure servers far away instead. */
  readonly stores: boolean;
  /** Of the line to them, each way. */
  readonly delayMs: number;
  readonly maxFiles: number;
  readonly maxSnapshots: number;
  readonly historyFiles: number;
}

/** @throws Error when an option is unknown, or its value is none of those it takes. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scale: { type: 'string' },
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '5' },
      only: { type: 'string' },
      peers: { type: 'string' },
      work: { type: 'string', default: join(tmpdir(), 'snapshot-bench') },
      snapshot: { type: 'string', default: join(PROJECT, 'dist/bin/main.js') },
      write: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
      stores: { type: 'boolean', default: false },
      delay: { type: 'string', default: '0' },
      'max-files': { type: 'string', default: '1000000' },
      'max-snapshots': { type: 'string', default: '200' },
      'history-files': { type: 'string', default: '5000' },
    },
  });
  const maxFiles = readCount('max-files', values['max-files']);
  return {
    scale: readNumber('scale', values.scale ?? (values.stores ? '0.25' : '1')),
    seed: readNumber('seed', values.seed),
    runs: readCount('runs', values.runs),
    cases: choose(CASES, values.only),
    peers: choose(PEERS, values.peers),
    work: resolve(values.work),
    main: resolve(values.snapshot),
    write: values.write,
    growth: values.growth,
    stores: values.stores,
    delayMs: values.delay === '0' ? 0 : readCount('delay', values.delay),
    maxFiles,
    maxSnapshots: readCount('max-snapshots', values['max-snapshots']),
    historyFiles: Math.min(maxFiles, readCount('history-files', values['history-files'])),
  };
}

function readNumber(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not "${text}"`);
  return value;
}

function readCount(name: string, text: string): number {
  const value = readNumber(name, text);
  if (!Number.isSafeInteger(value)) throw new Error(`--${name} must be a whole number, not "${text}"`);
  return value;
}

/** The items whose ids `names` lists, in their own order; all of them without `names`. */
function choose<T extends { readonly id: string }>(
  items: readonly T[],
  names: string | undefined,
): readonly T[] {
  if (names === undefined) return items;
  const wanted = names.split(',');
  const known = items.map(({ id }) => id);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. Known: ${known.join(', ')}`);
  return items.filter(({ id }) => wanted.includes(id));
}
