// Long campaigns, each a program of its own: `npm run campaign -- NAME [options]`; the head of its file says what it does.
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Their files, seen from this one, and what has to be loaded before them. */
const CAMPAIGNS: Readonly<Record<string, { readonly file: string; readonly first?: string }>> = {
  cuts: { file: 'cuts.js', first: 'fault-calls.js' },
  faults: { file: 'faults.js', first: 'fault-calls.js' },
  fuzz: { file: '../fuzz/campaign.js' },
  kill: { file: 'kill.js' },
  'large-library': { file: 'large-library.js' },
  load: { file: 'load.js' },
  mirror: { file: 'mirror.js' },
  model: { file: '../model/campaign.js' },
  moving: { file: 'moving.js' },
  mutations: { file: 'mutations.js' },
  'power-cut': { file: 'power-cut.js' },
  serve: { file: 'serve.js' },
  sync: { file: 'sync.js' },
  verify: { file: 'verify.js' },
};

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const [name = '', ...options] = process.argv.slice(2);
const campaign = CAMPAIGNS[name];
if (campaign === undefined) {
  process.stderr.write(`Campaigns: ${Object.keys(CAMPAIGNS).join(' ')}\n`);
  process.exitCode = 2;
} else {
  // The sources that are compiled beside the campaigns look for it.
  copyFileSync('package.json', here('../../package.json'));
  const before = campaign.first === undefined ? [] : ['--import', here(campaign.first)];
  const { status } = spawnSync(process.execPath, [...before, here(campaign.file), ...options], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
