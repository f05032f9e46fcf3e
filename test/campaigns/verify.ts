// Proves that `snapshot verify` finds every damage, and never one that is not there.
//
//     npm run campaign -- verify --rounds 1000 --seed 7
//
// --rounds N   so many times a file of a series is damaged at random, and healed (default 1000)
// --seed N     the series and the damage follow from it (default 1)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DamagedSeries, type Format } from './damage.ts';
import { numberOf } from './number-of.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});
const rounds = numberOf(values, 'rounds');
const seed = numberOf(values, 'seed', 0);
const main = join(process.cwd(), 'dist', 'cli', 'main.js');
const faults: string[] = [];

function campaign(format: Format, count: number): void {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-campaign-'));
  try {
    const series = new DamagedSeries(main, root, format, seed);
    series.make(8, 8000);
    const tell = (fault: string | undefined): void => {
      if (fault === undefined) return;
      faults.push(fault);
      process.stdout.write(`FAULT ${fault}\n`);
    };
    for (let i = 0; i < count; i++) {
      if (i % 50 === 0) {
        tell(series.faultOfHealthy('quick'));
        tell(series.faultOfHealthy('full'));
        process.stdout.write(`${format}: ${i} of ${count} rounds\n`);
      }
      const { damage, fault } = series.round();
      tell(fault === undefined ? undefined : `${format}, round ${i}: ${damage}: ${fault}`);
    }
    tell(series.faultOfHealthy('full'));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

campaign('tar.zst', Math.ceil(rounds / 2));
campaign('zip', Math.floor(rounds / 2));
process.stdout.write(`${rounds} rounds, seed ${seed}: ${faults.length} faults\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
