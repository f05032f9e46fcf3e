// Measures snapshot side by side with other backup tools. On Linux, with GNU tar, du and stat.
//
//     npm run bench -- --scale 0.1 --runs 3 --only first,nothing --peers tar,rsync
//
// --scale N          size of the corpus; 1 is 2.0 GB (default 1)
// --seed N           another corpus of the same kind (default 1)
// --runs N           runs of each tool in each case (default 5)
// --only CASE,...    first, nothing, changed, big (default: all)
// --peers NAME,...   tar, rsync, zip, restic, borg (default: those installed)
// --work FOLDER      for the corpus, which is kept, and the backups, which are not
// --snapshot FILE    another build of the command (default dist/cli/main.js)
// --write            updates docs/benchmarks.md and docs/benchmarks.svg

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './cases.ts';
import { buildCorpus } from './corpus.ts';
import type { Circumstances } from './publish.ts';
import { describeCircumstances, publish } from './publish.ts';
import { formatTable } from './report.ts';
import { runSession } from './session.ts';
import type { Tool } from './tools.ts';
import { PEERS, ownTools } from './tools.ts';

/** Where the compiled file is, bench/dist, as seen from the project. */
const PROJECT = resolve(import.meta.dirname, '../..');
const WORK_MARKER = '.snapshot-bench';

const progress = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

function readOptions() {
  const { values } = parseArgs({
    options: {
      scale: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '5' },
      only: { type: 'string' },
      peers: { type: 'string' },
      work: { type: 'string', default: join(tmpdir(), 'snapshot-bench') },
      snapshot: { type: 'string', default: join(PROJECT, 'dist/cli/main.js') },
      write: { type: 'boolean', default: false },
    },
  });
  return {
    scale: readNumber('scale', values.scale),
    seed: readNumber('seed', values.seed),
    runs: readNumber('runs', values.runs),
    cases: choose(CASES, values.only),
    peers: choose(PEERS, values.peers),
    work: resolve(values.work),
    main: resolve(values.snapshot),
    write: values.write,
  };
}

function readNumber(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not "${text}"`);
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

function main(): void {
  const { scale, seed, runs, cases, peers, work, main: entry, write } = readOptions();
  const { installed, versions } = detectTools([...ownTools(entry), ...peers]);
  openWorkFolder(work);
  progress(`Corpus of scale ${scale} in ${work}`);
  const tree = join(work, 'corpus');
  const counts = buildCorpus(tree, { scale, seed });
  const session = runSession(cases, installed, { work, tree, runs, progress });
  const circumstances: Circumstances = { counts, scale, seed, runs, work, versions };

  console.log(`\n${describeCircumstances(circumstances)}\n\n${formatTable(session.measurements)}`);
  for (const note of session.notes) console.log(`Note: ${note}.`);
  if (write) publish(join(PROJECT, 'docs'), session, circumstances);
}

main();
