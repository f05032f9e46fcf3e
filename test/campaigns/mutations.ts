// Breaks the promises of the source one after the other, and sees whether the tests notice.
//
//     npm run campaign:mutations
//     npm run campaign:mutations -- --only flushed
//
// --only TEXT  those with this text in their names only
//
// Works in a copy of the checkout. A mutation whose text is not in its file exactly once ends the campaign before it
// begins, so that the list cannot go out of date in silence. Exit code 1 when one survives.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutation, MUTATIONS } from './mutation-list.ts';

const TIMEOUT_MS = 5 * 60_000;
/** Not copied: made anew, or linked. */
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '.git', 'dist', 'fixtures']);

/** How tests ended: `green` and `red` only when at least one was run. */
type Ended = 'green' | 'red' | 'nothing ran';

function placesOf({ file, from }: Mutation, root: string): number {
  return readFileSync(join(root, file), 'utf8').split(from).length - 1;
}

class Copy {
  readonly root: string = mkdtempSync(join(tmpdir(), 'snapshot-mutations-'));
  readonly #baseline = new Map<string, Ended>();

  constructor(original: string) {
    cpSync(original, this.root, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
    symlinkSync(join(original, 'node_modules'), join(this.root, 'node_modules'), 'junction');
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** How the tests of `mutation` end without it. Those that are red anyway prove nothing. */
  healthy(mutation: Mutation): Ended {
    const key = `${mutation.test} ${mutation.only ?? ''}`;
    const known = this.#baseline.get(key);
    if (known !== undefined) return known;
    this.#build();
    const ended = this.#test(mutation);
    this.#baseline.set(key, ended);
    return ended;
  }

  broken(mutation: Mutation): Ended {
    const path = join(this.root, mutation.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.split(mutation.from).join(mutation.to));
    try {
      this.#build();
      return this.#test(mutation);
    } finally {
      writeFileSync(path, text);
    }
  }

  /** What a mutation leaves unused is no reason not to run it: types are not asked about. */
  #build(): void {
    rmSync(join(this.root, 'dist'), { recursive: true, force: true });
    this.#node('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
    if (!existsSync(join(this.root, 'dist', 'cli', 'main.js'))) throw new Error('nothing was built');
  }

  #test({ test, only }: Mutation): Ended {
    const report = join(this.root, 'report.json');
    rmSync(report, { force: true });
    const project = /^(?:src|test\/model)\//.test(test) ? 'unit' : 'e2e';
    const names = only === undefined ? [] : ['-t', only];
    const args = ['run', '--project', project, test, ...names, '--reporter=json', `--outputFile=${report}`];
    this.#node('vitest/vitest.mjs', args);
    // One that hangs was noticed as well.
    if (!existsSync(report)) return 'red';
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    ) as {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
      readonly numFailedTestSuites: number;
    };
    if (numFailedTests > 0) return 'red';
    return numPassedTests > 0 && numFailedTestSuites === 0 ? 'green' : 'nothing ran';
  }

  #node(script: string, args: readonly string[]): void {
    spawnSync(process.execPath, [join('node_modules', script), ...args], {
      cwd: this.root,
      stdio: 'ignore',
      timeout: TIMEOUT_MS,
      env: { ...process.env, NO_COLOR: '1' },
    });
  }
}

/** What became of a mutation, in a word. */
function tryOne(mutation: Mutation, copy: Copy): string {
  if (!existsSync(join(copy.root, mutation.test))) return 'no test yet';
  const healthy = copy.healthy(mutation);
  if (healthy !== 'green') return `NO PROOF (without it: ${healthy})`;
  return copy.broken(mutation) === 'red' ? 'caught' : 'SURVIVED';
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const root = process.cwd();
const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only));
const lost = MUTATIONS.filter((mutation) => placesOf(mutation, root) !== 1);
for (const mutation of lost)
  process.stderr.write(`${mutation.file} has this ${placesOf(mutation, root)} times: ${mutation.name}\n`);

if (lost.length > 0) process.exitCode = 2;
else {
  const copy = new Copy(root);
  const count = new Map<string, number>();
  try {
    process.stdout.write('| broken | test | |\n| --- | --- | --- |\n');
    for (const mutation of chosen) {
      const result = tryOne(mutation, copy);
      count.set(result, (count.get(result) ?? 0) + 1);
      process.stdout.write(`| ${mutation.name} | ${mutation.test} | ${result} |\n`);
    }
  } finally {
    copy.remove();
  }
  const summary = [...count].map(([result, times]) => `${times} ${result}`);
  process.stdout.write(`${chosen.length} mutations: ${summary.join(', ')}\n`);
  const isFine = [...count.keys()].every((result) => result === 'caught' || result === 'no test yet');
  process.exitCode = isFine ? 0 : 1;
}
