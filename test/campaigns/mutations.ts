// Breaks the promises of the source one after the other, and sees whether the tests notice.
//
//     npm run campaign -- mutations
//     npm run campaign -- mutations --only flushed
//
// --only TEXT  those with this text in their names only
//
// Works in a copy of the checkout. A mutation whose text is not in its file exactly once ends the campaign before it
// begins, so that the list cannot go out of date in silence. Exit code 1 when one survives, or a test is red without any:
// then the first thing that failed is told.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutation, MUTATIONS } from './mutation-list.ts';

/** So long may anything take that is not broken: however slow the machine is, slowness is no failure. */
const HEALTHY_LIMIT_MS = 60 * 60_000;
/** What is broken and takes so many times as long as it did before, and a minute, hangs. */
const PATIENCE = 10;
/** Not copied: made anew, or linked. */
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '.git', 'dist', 'fixtures']);

/** How tests ended: `green` and `red` only when at least one was run. */
interface Ended {
  readonly as: 'green' | 'red' | 'nothing ran' | 'hangs';
  readonly durationMs: number;
  /** The first thing that failed. */
  readonly why: string | undefined;
}

/** What is read of Vitest's report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly failureMessages: readonly string[] | null }[];
  }[];
}

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
    const ended = this.#test(mutation, HEALTHY_LIMIT_MS);
    this.#baseline.set(key, ended);
    return ended;
  }

  broken(mutation: Mutation, limitMs: number): Ended {
    const path = join(this.root, mutation.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.split(mutation.from).join(mutation.to));
    try {
      this.#build();
      return this.#test(mutation, Math.ceil(limitMs));
    } finally {
      writeFileSync(path, text);
    }
  }

  /** What a mutation leaves unused is no reason not to run it: types are not asked about. */
  #build(): void {
    rmSync(join(this.root, 'dist'), { recursive: true, force: true });
    this.#node('typescript/bin/tsc', ['-p', 'tsconfig.build.json'], HEALTHY_LIMIT_MS);
    if (!existsSync(join(this.root, 'dist', 'cli', 'main.js'))) throw new Error('nothing was built');
  }

  #test({ test, only }: Mutation, limitMs: number): Ended {
    const report = join(this.root, 'report.json');
    rmSync(report, { force: true });
    const project = /^(?:src|test\/model)\//.test(test) ? 'unit' : 'e2e';
    const names = only === undefined ? [] : ['-t', only];
    // The limits of single tests are for the machine of one who waits for them.
    const limits = [`--testTimeout=${limitMs}`, `--hookTimeout=${limitMs}`];
    const args = ['run', '--project', project, test, ...names, ...limits];
    const begun = performance.now();
    this.#node('vitest/vitest.mjs', [...args, '--reporter=json', `--outputFile=${report}`], limitMs);
    const durationMs = performance.now() - begun;
    if (!existsSync(report))
      return { as: 'hangs', durationMs, why: `no report after ${Math.round(durationMs / 1000)} s` };
    const found = JSON.parse(readFileSync(report, 'utf8')) as Report;
    const why = found.testResults
      .flatMap(({ message, assertionResults }) => [
        message,
        ...assertionResults.flatMap(({ failureMessages }) => failureMessages ?? []),
      ])
      .find((text) => text !== '');
    if (found.numFailedTests > 0) return { as: 'red', durationMs, why };
    const isGreen = found.numPassedTests > 0 && found.numFailedTestSuites === 0;
    return { as: isGreen ? 'green' : 'nothing ran', durationMs, why };
  }

  #node(script: string, args: readonly string[], limitMs: number): void {
    spawnSync(process.execPath, [join('node_modules', script), ...args], {
      cwd: this.root,
      stdio: 'ignore',
      timeout: limitMs,
      killSignal: 'SIGKILL',
      env: { ...process.env, NO_COLOR: '1' },
    });
  }
}

/** What became of a mutation, in a word. */
function tryOne(mutation: Mutation, copy: Copy): string {
  if (!existsSync(join(copy.root, mutation.test))) return 'no test yet';
  const healthy = copy.healthy(mutation);
  if (healthy.as !== 'green') {
    process.stderr.write(`${mutation.test} without any mutation: ${healthy.why ?? healthy.as}\n`);
    return `NO PROOF (without it: ${healthy.as})`;
  }
  const { as } = copy.broken(mutation, 60_000 + PATIENCE * healthy.durationMs);
  // One that hangs was noticed as well.
  return as === 'red' || as === 'hangs' ? 'caught' : 'SURVIVED';
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const root = process.cwd();
const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only));
const lost = MUTATIONS.filter((mutation) => placesOf(mutation, root) !== 1);
for (const mutation of lost)
  process.stderr.write(`${mutation.file} has this ${placesOf(mutation, root)} times: ${mutation.name}\n`);

if (chosen.length === 0) process.stderr.write(`--only ${values.only}: no mutation has that in its name\n`);

if (lost.length > 0 || chosen.length === 0) process.exitCode = 2;
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
