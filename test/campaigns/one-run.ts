// One run of a small series in a process of its own, which is killed at its n-th file call; 0: by somebody else.
//
//     node --import ./fault-calls.js one-run.js ROOT NIGHT N KIND
import { plan } from './fault-calls.ts';
import type { Kind } from './proofs.ts';
import { SmallSeries } from './small-series.ts';

const [root = '', night = '', n = '', kind = ''] = process.argv.slice(2);
const series = new SmallSeries(root, JSON.parse(kind) as Kind);
series.night = Number(night);
if (Number(n) > 0) plan.arm('kill', Number(n), false);
const { end, thrown } = await series.run();
plan.disarm();
if (thrown !== undefined) throw new Error('a defect', { cause: thrown });
process.exitCode = end?.status ?? 1;
