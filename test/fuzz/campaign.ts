// Proves that nothing that can be read from a disk makes the program crash or hang: it is taken, or refused.
//
//     npm run campaign -- fuzz --inputs 1000000 --seed 7
//
// --inputs N   so many for each reader (default 20000)
// --seed N     the inputs follow from it (default 1)
import { parseArgs } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { numberOf } from '../campaigns/number-of.ts';
import { feed } from './feed.ts';
import { allReaders } from './readers.ts';
import { type SeedFile, seedFiles } from './seeds.ts';

/** One input that takes longer hangs. */
const HANG_MS = 30_000;

/** Far more than any of these small inputs can need, the program and its threads included. */
const MOST_MEMORY_KB = 1_000_000;

interface Work {
  readonly inputs: number;
  readonly seed: number;
  readonly seeds: readonly SeedFile[];
  /** Which reader is at which input. */
  readonly at: Int32Array;
}

async function watch(): Promise<void> {
  const { values } = parseArgs({
    options: { inputs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
  });
  const at = new Int32Array(new SharedArrayBuffer(8));
  const all: Work = {
    inputs: numberOf(values, 'inputs'),
    seed: numberOf(values, 'seed', 0),
    seeds: await seedFiles(),
    at,
  };
  const worker = new Worker(new URL(import.meta.url), { workerData: all });
  let before = '';
  const watching = setInterval(() => {
    const now = at.join(', input ');
    if (now === before) {
      process.stdout.write(`FAULT reader ${now} of seed ${all.seed}: it hangs\n`);
      process.exitCode = 1;
      void worker.terminate();
    }
    before = now;
  }, HANG_MS);
  worker.on('message', (line: string) => process.stdout.write(`${line}\n`));
  worker.on('error', (error) => {
    throw error;
  });
  worker.on('exit', (status) => {
    clearInterval(watching);
    if (status !== 0) process.exitCode = 1;
  });
}

async function work({ inputs, seed, seeds, at }: Work, tell: (line: string) => void): Promise<void> {
  let faults = 0;
  const files = seeds.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) }));
  for (const [n, reader] of (await allReaders(files)).entries()) {
    const started = performance.now();
    let refused = 0;
    for (let i = 0; i < inputs; i++) {
      at.set([n, i]);
      const { fault, isRefused } = await feed(reader, seed, i);
      if (isRefused) refused++;
      if (fault === undefined) continue;
      faults++;
      tell(`FAULT ${fault}`);
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    tell(`${reader.name}: ${inputs} inputs, ${refused} refused, ${seconds} s`);
  }
  const memoryKb = process.resourceUsage().maxRSS;
  if (memoryKb > MOST_MEMORY_KB) faults++;
  tell(`seed ${seed}: at most ${Math.round(memoryKb / 1000)} MB of memory: ${faults} faults`);
  if (faults > 0) process.exitCode = 1;
}

if (isMainThread) await watch();
else {
  const { parentPort } = await import('node:worker_threads');
  await work(workerData as Work, (line) => parentPort?.postMessage(line));
}
