import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SnapshotError } from '../../base/errors.ts';
import { type Cron, dailyAt, readCron } from '../../host/schedulers/cron.ts';
import { checkEntry, type Entry, textOf } from '../../host/schedulers/entry.ts';
import { type Scheduler, type SchedulerKind, thisSchedulerHost } from '../../host/schedulers/scheduler.ts';
import { schedulersOf } from '../../host/schedulers/schedulers.ts';
import { rowsToRun } from '../../jobs/run/rows-to-run.ts';
import { loadPlan } from '../../plan/plan.ts';
import type { FileOptions } from '../options/config-file.ts';
import { openChannels } from '../../jobs/nightly/open-channels.ts';
import { runLimits } from '../options/run-limits.ts';
import type { ScheduledRunOptions } from '../options/run-options.ts';
import { runWords } from '../options/run-words.ts';
import { readServeLimits } from '../options/serve-limits.ts';
import { serveWords, type ServeValues } from '../options/serve-options.ts';
import { nameOfPlan } from '../options/schedule-name.ts';
import { ownCommand } from '../own-command.ts';
import type { Terminal } from '../terminal.ts';

export interface ScheduleInstallOptions extends ScheduledRunOptions, ServeValues {
  readonly at: string | undefined;
  readonly cron: string | undefined;
  readonly onBoot: boolean;
  /** `watch` instead of `run`, from when the machine starts. */
  readonly watch: boolean;
  /** The folder to `serve` instead, from when the machine starts. */
  readonly serve: string | undefined;
  /** `verify` instead of `run`. */
  readonly verify: boolean;
  readonly sample: string | undefined;
  readonly drill: boolean;
  readonly onFailure: string | undefined;
  readonly name: string | undefined;
  readonly with: SchedulerKind | undefined;
  readonly dryRun: boolean;
  /** What the file of options says. */
  readonly file: FileOptions;
}

/** Has the scheduler of this system run the plan; says what it wrote, and how to undo it. */
export async function scheduleInstallCommand(
  options: ScheduleInstallOptions,
  terminal: Terminal,
): Promise<number> {
  const { json, quiet, dryRun } = options;
  const when = whenOf(options);
  // Whatever is wrong is better found now than at night.
  await checkWork(options);
  // Beside the nightly one, not in its place.
  const name = options.name ?? nameOfPlan(resolve(options.serve ?? options.plan)) + suffixOf(options);
  const { onFailure } = options;
  const work: Entry = { name, when, command: commandFor(options), onFailure };
  checkEntry(work);
  if (work.command.some((word) => /[\\/]_npx[\\/]/.test(word))) {
    terminal.err(
      'warning: npx may remove this copy of the program; install it with `npm install --global` first',
    );
  }
  const [scheduler] = await schedulersOf(process.platform, thisSchedulerHost(), options.with);
  if (scheduler === undefined) throw new Error('no scheduler, and no error');
  if (onFailure !== undefined && scheduler.kind !== 'systemd') {
    throw new SnapshotError('E_USAGE', `--on-failure names a unit of systemd; here it is ${scheduler.kind}`, {
      hint: '`--notify` tells somebody, with every scheduler.',
    });
  }
  const entry = { ...work, ...(options.verify && { since: await sinceWhen(work, scheduler, dryRun) }) };
  const drafts = scheduler.drafts(entry);
  if (!dryRun) await scheduler.install(entry);
  if (json) {
    const { command } = entry;
    const fields = { name, scheduler: scheduler.kind, when: textOf(when), command, dryRun, files: drafts };
    terminal.out(JSON.stringify({ event: 'end', status: 0, ...fields }));
    return 0;
  }
  if (quiet) return 0;
  for (const { place, text } of drafts) {
    if (dryRun) terminal.out(`Would write to ${place}:\n\n${text}`);
    else terminal.out(`Wrote to ${place}: "${name}", ${textOf(when)}`);
  }
  if (scheduler.hint !== undefined) terminal.out(scheduler.hint);
  const isDefault =
    options.name === undefined && options.plan === 'backup-plan.csv' && suffixOf(options) === '';
  if (!dryRun) terminal.out(`To undo it: snapshot schedule remove${isDefault ? '' : ` --name ${name}`}`);
  return 0;
}

/** Has what is to be done looked at. @throws {@link SnapshotError} when it cannot be done as it is. */
async function checkWork(options: ScheduleInstallOptions): Promise<void> {
  if (options.serve !== undefined) {
    const { prepareServing } = await import('../../serve/server.ts');
    readServeLimits(options);
    await prepareServing({
      ...options,
      folder: options.serve,
      trustedProxies: options.trustedProxy?.map(String) ?? [],
    });
    return;
  }
  const { shard } = runLimits({ ...options, acceptChanges: undefined, adopt: false, shutdown: undefined });
  await openChannels(options, process.env);
  rowsToRun(await loadPlan(options.plan), { only: options.only, shard });
}

/** Since when `scheduler` has `entry` as it is: one that is installed again is no younger by that. */
async function sinceWhen(entry: Entry, scheduler: Scheduler, dryRun: boolean): Promise<Date> {
  const now = new Date();
  if (dryRun) return now;
  const { name, command } = entry;
  const when = textOf(entry.when);
  const same = (await scheduler.list()).find((one) =>
    isDeepStrictEqual({ ...one, since: undefined }, { name, when, command, since: undefined }),
  );
  return same?.since ?? now;
}

function suffixOf({ serve, watch, verify }: ScheduleInstallOptions): string {
  return serve === undefined ? (watch ? '-watch' : verify ? '-verify' : '') : '-serve';
}

function whenOf({ at, cron, onBoot, watch, serve }: ScheduleInstallOptions): Cron | 'boot' {
  if (watch || serve !== undefined) {
    if (at === undefined && cron === undefined) return 'boot';
    const option = watch ? '--watch' : '--serve';
    throw new SnapshotError(
      'E_USAGE',
      `${option} goes on from when the machine starts: leave out --at and --cron`,
    );
  }
  if ([at !== undefined, cron !== undefined, onBoot].filter(Boolean).length !== 1) {
    throw new SnapshotError(
      'E_USAGE',
      'When? One of --at 02:00, --cron "0 2 * * *", --on-boot, --watch and --serve',
    );
  }
  if (onBoot) return 'boot';
  return readCron(at === undefined ? (cron ?? '') : dailyAt(at));
}

/** What a watch can be told. */
const WATCH_WORDS: ReadonlySet<string> = new Set([
  '--plan',
  '--config',
  '--log',
  '--only',
  '--notify',
  '--notify-on',
  '--smtp-file',
]);

/** What runs the plan from anywhere: the scheduler has another folder, and another PATH. */
function commandFor(options: ScheduleInstallOptions): readonly string[] {
  const served = serveWords(options);
  if (options.serve !== undefined) return [...ownCommand(), 'serve', ...servedWords(options, served)];
  if (served.length > 0) throw new SnapshotError('E_USAGE', `\`${served[0] ?? ''}\` goes with --serve`);
  const words = runWords(options, options.file);
  if (options.verify) return [...ownCommand(), 'verify', ...verifyWords(options, words)];
  if (options.sample !== undefined || options.drill) {
    throw new SnapshotError('E_USAGE', `--${options.drill ? 'drill' : 'sample'} goes with --verify`);
  }
  if (!options.watch) return [...ownCommand(), 'run', ...words];
  refuseOdd(words, WATCH_WORDS, 'watch');
  return [...ownCommand(), 'watch', ...words];
}

function servedWords(options: ScheduleInstallOptions, words: readonly string[]): readonly string[] {
  const { serve = '', file, watch, verify, drill, sample } = options;
  if (watch || verify || drill || sample !== undefined)
    throw new SnapshotError('E_USAGE', '--serve, --watch and --verify are entries of their own');
  // Which plan it is does not matter to a library.
  const odd = runWords({ ...options, plan: '', config: undefined }, { ...file, plan: '' });
  refuseOdd(odd, new Set(), 'serve');
  return [resolve(serve), ...words];
}

/** What a verify can be told. */
const VERIFY_WORDS: ReadonlySet<string> = new Set([
  '--plan',
  '--config',
  '--identity',
  '--notify',
  '--notify-on',
  '--smtp-file',
]);

function verifyWords(
  { watch, sample, drill }: ScheduleInstallOptions,
  words: readonly string[],
): readonly string[] {
  if (watch) throw new SnapshotError('E_USAGE', '--verify and --watch are entries of their own');
  refuseOdd(words, VERIFY_WORDS, 'verify');
  if (sample !== undefined && !/^\d{1,3}(?:\.\d{1,3})?%$/.test(sample))
    throw new SnapshotError('E_USAGE', `--sample ${sample}: it takes a percentage, as 10%`);
  return [...words, ...(sample === undefined ? [] : ['--sample', sample]), ...(drill ? ['--drill'] : [])];
}

function refuseOdd(words: readonly string[], known: ReadonlySet<string>, kind: string): void {
  const odd = words.find((word) => word.startsWith('--') && !known.has(word.split('=')[0] ?? ''));
  if (odd !== undefined) throw new SnapshotError('E_USAGE', `\`${odd}\` is for runs, not for --${kind}`);
}
