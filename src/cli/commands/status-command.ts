import { rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { localPath } from '../../plan/local-path.ts';
import { commandLine } from '../../base/command-line.ts';
import { printable, reasonOf, SnapshotError } from '../../base/errors.ts';
import { findAll } from '../../jobs/address.ts';
import { scheduledChecks } from '../../jobs/status/checks-due.ts';
import type { Watched } from '../../jobs/status/known-past.ts';
import type { Recall } from '../../jobs/status/memory.ts';
import { readStatus, type SeriesStatus } from '../../jobs/status/read-status.ts';
import { isRecoveryUnchecked } from '../../jobs/key/key.ts';
import { statusJson } from '../../jobs/status/status-json.ts';
import { watchedAlone, watchedAs, watchedIn } from '../../jobs/status/watched.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { recallFor } from '../state.ts';
import { showStatus } from '../views/status-view.ts';
import type { Terminal } from '../terminal.ts';

export interface StatusCommandOptions extends CommonOptions {
  readonly series: string | undefined;
  readonly prometheus: boolean;
  /** A file to write a page to. */
  readonly html: string | undefined;
}

const GRAVITY = { failing: 0, overdue: 1, waiting: 2, ok: 3 } as const;

export async function statusCommand(options: StatusCommandOptions, terminal: Terminal): Promise<number> {
  const { json, prometheus, quiet } = options;
  if (prometheus && options.html !== undefined)
    throw new SnapshotError('E_USAGE', '--html and --prometheus exclude each other');
  if (json && prometheus) throw new SnapshotError('E_USAGE', '--json and --prometheus exclude each other');
  const now = new Date();
  const recall = recallFor(terminal);
  const watched = await watchedBy(options, terminal, recall);
  const checks = await scheduledChecks(resolve(options.plan), options.config && resolve(options.config));
  const read = await Promise.all(watched.map(async (one) => await readStatus(one, now, recall, checks)));
  if (prometheus) {
    const { metricsText } = await import('../views/metrics.ts');
    await terminal.print(metricsText(read));
    // The metrics say how things are; an exit status would keep scripts from handing them on.
    return 0;
  }
  // The sort keeps the order of the plan among equals.
  const found = read.toSorted((a, b) => GRAVITY[a.state] - GRAVITY[b.state]);
  if (options.html !== undefined) await writePage(options.html, found, now);
  const status = found.some(({ isOverdue, isFailing }) => isOverdue || isFailing) ? 1 : 0;
  if (json) {
    for (const one of found) terminal.out(JSON.stringify(statusJson(one)));
    const count = (is: (one: SeriesStatus) => boolean): number => found.filter(is).length;
    const overdue = count(({ isOverdue }) => isOverdue);
    const failing = count(({ isFailing }) => isFailing);
    const waiting = count(({ state }) => state === 'waiting');
    terminal.out(JSON.stringify({ event: 'end', status, rows: found.length, overdue, failing, waiting }));
  } else {
    showStatus(found, now, terminal, quiet);
    const encrypt = watched.flatMap(({ row }) => row?.encrypt ?? []);
    if (!quiet && (await isRecoveryUnchecked(encrypt)))
      terminal.out(
        terminal.style('yellow', `\nThe recovery key was never checked: \`${commandLine('key check')}\``),
      );
  }
  return status;
}

/** Writes the page whole, or leaves what was there. @throws {@link SnapshotError} `E_USAGE` */
async function writePage(html: string, found: readonly SeriesStatus[], now: Date): Promise<void> {
  const { statusHtml } = await import('../views/status-html.ts');
  const file = resolve(localPath('--html', html));
  const part = `${file}.${process.pid}.part`;
  try {
    await writeFile(part, statusHtml(found, now));
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => {});
    throw new SnapshotError('E_USAGE', `Cannot write "${printable(file)}": ${reasonOf(cause)}`, { cause });
  }
}

/** The active rows of the plan; or the one series that the user names, whatever its row says. */
async function watchedBy(
  { series: which, plan: file }: StatusCommandOptions,
  terminal: Terminal,
  recall: Recall,
): Promise<readonly Watched[]> {
  const warn = (message: string): void => terminal.err(`warning: ${message}`);
  if (which === undefined) {
    const whole = await loadPlan(file);
    return await watchedIn(whole, warn);
  }
  let plan: Plan | undefined;
  const found = await findAll(which, async () => (plan = await loadPlan(file)), recall);
  // Named by its folder: the plan, if there is one, may know it.
  plan ??= await loadPlan(file).catch((error: unknown) => {
    if (!(error instanceof SnapshotError)) throw error;
    return undefined;
  });
  if (plan === undefined) return found.map(watchedAlone);
  return await watchedAs(found, plan, warn);
}
