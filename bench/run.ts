// Measures snapshot side by side with other backup tools. On Linux, with GNU tar, du and stat.
//
//     npm run bench -- --scale 0.1 --runs 3 --only first,nothing --peers tar,rsync
//     npm run bench -- --growth --max-files 30000 --max-snapshots 10
//     npm run bench -- --stores --delay 50 --runs 3
//
// --scale N          size of the corpus; 1 is 2.0 GB (default 1)
// --seed N           another corpus of the same kind (default 1)
// --runs N           runs of each tool in each case (default 5)
// --only CASE,...    first, nothing, restore, verify, file, changed, big, help (default: all)
// --peers NAME,...   tar, rsync, zip, restic, borg, node (default: those installed)
// --work FOLDER      for the corpus, which is kept, and the backups, which are not; at scale 1, 15 GB for each run
// --snapshot FILE    another build of the command (default dist/bin/main.js)
// --write            updates docs/benchmarks.md and its chart
//
// --growth           instead: how snapshot fares as the tree and the history grow. It takes --seed, --work,
//                    --snapshot and --write from above; at 1,000,000 files, 5 GB of disk
// --stores           instead: beside restic on real servers of SFTP, S3 and WebDAV. It takes --scale (default
//                    0.25), --seed, --runs, --work, --snapshot and --write from above
// --delay MS         of the line to them, each way (default 0)
//
// --max-files N      the largest tree (default 1000000)
// --max-snapshots N  the longest history (default 200)
// --history-files N  the tree whose history grows (default 5000)

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCorpus } from './corpus.ts';
import { formatGrowth } from './growth-report.ts';
import { runGrowth } from './growth.ts';
import type { Options } from './options.ts';
import { PROJECT, readOptions } from './options.ts';
import { PEERS } from './peers.ts';
import { ownTools, snapshotTool } from './own-tools.ts';
import type { Circumstances } from './publish.ts';
import { describeCircumstances, describeMachine, publish, publishGrowth, publishStores } from './publish.ts';
import { formatSession } from './report.ts';
import { runSession } from './session.ts';
import { formatStores, runStores } from './stores.ts';
import type { Tool } from './tools.ts';

const WORK_MARKER = '.snapshot-bench';

const progress = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

/** Folders in here are emptied, so one that holds anything else is refused. */
function openWorkFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const marker = join(folder, WORK_MARKER);
  if (readdirSync(folder).length > 0 && !existsSync(marker)) {
    throw new Error(`"${folder}" holds other things; --work needs a folder of its own`);
  }
  writeFileSync(marker, 'The benchmark of snapshot empties folders in here.\n');
}

/** The tools that are there, and `title version` of each. */
function detectTools(tools: readonly Tool[]): { installed: Tool[]; versions: string[] } {
  const installed: Tool[] = [];
  const versions: string[] = [];
  for (const tool of tools) {
    const version = tool.version();
    if (version === undefined) {
      progress(`${tool.title}: ${tool.comparedWith === undefined ? 'not built' : 'not installed'}, left out`);
    } else {
      installed.push(tool);
      versions.push(`${tool.title}: ${version}`);
    }
  }
  return { installed, versions };
}

function measureGrowth(options: Options): void {
  const tool = snapshotTool(options.main);
  if (tool.version() === undefined) throw new Error(`"${options.main}" is not there; build it first`);
  openWorkFolder(options.work);
  const report = runGrowth(tool, { ...options, progress });
  console.log(`\n${describeMachine(options.work)}\n\n${formatGrowth(report)}`);
  if (options.write) publishGrowth(join(PROJECT, 'docs'), report, options.work);
}

async function measureStores({ scale, seed, runs, work, main, delayMs, write }: Options): Promise<void> {
  const { versions } = detectTools([snapshotTool(main), ...PEERS.filter(({ id }) => id === 'restic')]);
  openWorkFolder(work);
  const tree = join(work, 'corpus');
  const counts = buildCorpus(tree, { scale, seed });
  const results = await runStores({ work, tree, runs, main, delayMs, progress });
  const circumstances: Circumstances = { counts, scale, seed, runs, work, versions };
  console.log(`\n${describeCircumstances(circumstances)}\n\n${formatStores(results)}`);
  if (write) publishStores(join(PROJECT, 'docs'), formatStores(results), circumstances, delayMs);
}

function measureCases({ scale, seed, runs, cases, peers, work, main, write }: Options): void {
  const { installed, versions } = detectTools([...ownTools(main), ...peers]);
  openWorkFolder(work);
  progress(`Corpus of scale ${scale} in ${work}`);
  const tree = join(work, 'corpus');
  const counts = buildCorpus(tree, { scale, seed });
  const session = runSession(cases, installed, { work, tree, runs, progress });
  const circumstances: Circumstances = { counts, scale, seed, runs, work, versions };

  console.log(`\n${describeCircumstances(circumstances)}\n\n${formatSession(session)}`);
  if (write) publish(join(PROJECT, 'docs'), session, circumstances);
}

const options = readOptions(process.argv.slice(2));
if (options.growth) measureGrowth(options);
else if (options.stores) await measureStores(options);
else measureCases(options);
