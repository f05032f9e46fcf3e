// What only looks: the overview, a row, its snapshots, what is in them, and what this machine tells of itself.
import { refusePlain } from '../jobs/refuse-plain.ts';
import { hostname } from 'node:os';
import { commandLine } from '../base/command-line.ts';
import { shellWord } from '../base/shell-word.ts';
import { SnapshotError } from '../base/errors.ts';
import { thisSchedulerHost } from '../host/schedulers/scheduler.ts';
import { schedulersOf } from '../host/schedulers/schedulers.ts';
import { chooseSnapshot } from '../jobs/address.ts';
import { browse } from '../jobs/look/browse.ts';
import { diffSnapshots } from '../jobs/look/diff.ts';
import { findInSeries } from '../jobs/look/find.ts';
import { list } from '../jobs/look/list.ts';
import { summaryOf } from '../jobs/mirror/summary.ts';
import { logTail } from '../jobs/nightly/log-tail.ts';
import { recallHere } from '../jobs/status/memory.ts';
import { scheduledChecks } from '../jobs/status/checks-due.ts';
import { plotsOf } from '../jobs/status/plots.ts';
import { readStatus, type SeriesStatus } from '../jobs/status/read-status.ts';
import { statusJson } from '../jobs/status/status-json.ts';
import { knownPairs } from '../jobs/sync/last-result.ts';
import { Refusal } from '../serve/refusal.ts';
import { readHeld } from '../series/guards.ts';
import { globFor } from '../tree/globs.ts';
import { baseName, type BytePath, display } from '../tree/path.ts';
import { pathOfWord, pathWord } from './path-word.ts';
import { restoreCommandLine } from './restore-task.ts';
import { closeRows, type PageRow, readRows, withRow } from './rows.ts';
import { runCommandLine } from './run-task.ts';
import type { Asked, Service } from './service.ts';
import { VERIFY_DEPTHS, verifyCommandLine } from './verify-task.ts';

/** Rows of a list that a page is sent; it says how many more there are. */
const MOST_ROWS = 2000;
const MOST_DIFFERENCES = 200;
const LOG_LINES = 200;

/** `GET /v1/about`: what stays the same as long as the server runs. */
export function getAbout(asked: Asked, { plan, restoreTo }: Service): Response {
  return asked.json({ host: hostname(), plan, restoreTo: restoreTo ?? null });
}

/** `GET /v1/overview`: all rows, those that need somebody first, and the pairs that this machine syncs. */
export async function getOverview(asked: Asked, service: Service): Promise<Response> {
  const notes: string[] = [];
  const warn = (message: string): void => void notes.push(message);
  const { rows } = await readRows(service.plan, warn);
  try {
    const now = new Date();
    const recall = recallHere(warn);
    const checks = await scheduledChecks(service.plan);
    const read = await Promise.all(
      rows.map(async (row) => rowJson(row, await readStatus(row, now, recall, checks))),
    );
    const pairs = (await knownPairs()).map((pair) => ({
      ...pair,
      command: `snapshot sync ${shellWord(pair.here)} ${shellWord(pair.there)}`,
    }));
    return asked.json({ now, notes, rows: read, pairs });
  } finally {
    await closeRows(rows);
  }
}

function rowJson({ id, row, series, name }: PageRow, status: SeriesStatus): object {
  return {
    id,
    ...statusJson(status),
    source: row?.source ?? null,
    strategy: row?.strategy ?? null,
    isMirror: series.isMirror,
    logs: status.logs,
    mayRun: name !== undefined,
    isRunning: status.isRunning ?? false,
    files: status.files ?? null,
    freeBytes: status.freeBytes ?? null,
  };
}

/** `GET /v1/rows/ID`: how it is doing, its plots, its snapshots, and what a guard holds back. */
export async function getRow(asked: Asked, service: Service): Promise<Response> {
  return await withRow(service.plan, asked.req.param('id') ?? '', async (row) => {
    const { series, word, name } = row;
    const now = new Date();
    const recall = recallHere(() => {});
    const status = await readStatus(row, now, recall, await scheduledChecks(service.plan));
    const held = await orNothing(async () => await readHeld(series));
    const listed = series.hasSnapshots
      ? await orNothing(async () => await list(row, recall, now))
      : undefined;
    const run = name === undefined ? undefined : ({ name, dryRun: false, accept: 'nothing' } as const);
    return asked.json({
      ...rowJson(row, status),
      plots: plotsOf(status),
      held: held ?? null,
      mirror: series.isMirror ? ((await orNothing(async () => await summaryOf(series))) ?? null) : null,
      // Newest first, as people look for them.
      snapshots: (listed?.snapshots ?? [])
        .toReversed()
        .map(({ name: snapshot, at, isOdd, info, newBytes, reasons, pin, flaws }) => ({
          snapshot,
          time: at,
          isOdd,
          count: info.count,
          bytes: info.bytes,
          change: info.change,
          newBytes,
          reasons: reasons ?? [],
          pin: pin?.reason ?? null,
          flaws,
        })),
      damaged: (listed?.damaged ?? []).map(({ message }) => message),
      unfinished: listed?.unfinished ?? [],
      commands: {
        run: run === undefined ? null : runCommandLine(run),
        accept: run === undefined ? null : runCommandLine({ ...run, accept: acceptOf(held?.path) }),
        // Of a mirror or a pair nothing is restored for trial.
        verify: VERIFY_DEPTHS.filter((depth) => depth !== 'drill' || series.hasSnapshots).map((depth) => ({
          depth,
          command: verifyCommandLine(word, depth),
        })),
        list: commandLine(`list ${word}`),
        status: commandLine(`status ${word}`),
        restore: restoreCommandLine(word, {
          at: 'latest',
          path: '' as BytePath,
          to: 'FOLDER',
          dryRun: false,
        }),
      },
    });
  });
}

/** What a run is to accept, so that a guard about `path`, or about all, lets go. */
export function acceptOf(path: string | undefined): 'all' | { readonly path: string } {
  return path === undefined ? 'all' : { path };
}

/** What cannot be read is among the reasons of the status already. */
async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return undefined;
  }
}

/** `GET /v1/rows/ID/files?at=WHEN&path=PATH`: what lies right in a folder of a snapshot. */
export async function getFiles(asked: Asked, service: Service): Promise<Response> {
  const path = pathOfWord(asked.req.query('path') ?? '');
  const at = asked.req.query('at') ?? 'latest';
  return await withRow(service.plan, asked.req.param('id') ?? '', async ({ series, word }) => {
    refusePlain(series);
    const { snapshot, entries } = await browse(series, at, path);
    const shown = entries.slice(0, MOST_ROWS);
    return asked.json({
      snapshot: snapshot.name,
      time: snapshot.at,
      path: pathWord(path),
      shown: display(path),
      more: entries.length - shown.length,
      entries: shown.map(({ entry, files, bytes }) => ({
        path: pathWord(entry.path),
        name: display(baseName(entry.path)),
        type: entry.type,
        files,
        bytes,
        time: new Date(Number(entry.mtimeNs / 1_000_000n)),
        target: entry.target === undefined ? null : display(entry.target),
      })),
      commands: {
        files: commandLine(
          `files ${word}${path === '' ? '' : ` ${shellWord(globFor(path))}`} --at ${snapshot.name}`,
        ),
        restore: restoreCommandLine(word, { at: snapshot.name, path, to: 'FOLDER', dryRun: false }),
      },
    });
  });
}

/** `GET /v1/rows/ID/timeline?path=PATH`: what one path was in all snapshots. */
export async function getTimeline(asked: Asked, service: Service): Promise<Response> {
  const path = pathOfWord(asked.req.query('path') ?? '');
  if (path === '') throw new Refusal(400, 'Of which file? `path` is missing');
  return await withRow(service.plan, asked.req.param('id') ?? '', async ({ series, word }) => {
    refusePlain(series);
    const glob = globFor(path);
    const { paths, times, damaged } = await findInSeries(series, [glob]);
    const stays = paths.find((one) => one.path === path)?.stays ?? [];
    return asked.json({
      path: pathWord(path),
      shown: display(path),
      damaged: damaged.map(({ message }) => message),
      versions: stays.toReversed().map(({ version, item: { entry }, snapshots, isLost }) => ({
        version,
        type: entry.type,
        bytes: entry.size,
        time: new Date(Number(entry.mtimeNs / 1_000_000n)),
        snapshots,
        from: times.get(snapshots[0] ?? ''),
        to: times.get(snapshots.at(-1) ?? ''),
        damaged: isLost,
        restore: restoreCommandLine(word, {
          at: snapshots.at(-1) ?? '',
          path,
          to: 'FOLDER',
          dryRun: false,
        }),
      })),
      command: commandLine(`find ${shellWord(glob)} --series ${word}`),
    });
  });
}

/** `GET /v1/rows/ID/difference?at=SNAPSHOT`: what a snapshot has otherwise than the one before it. */
export async function getDifference(asked: Asked, service: Service): Promise<Response> {
  const at = asked.req.query('at') ?? 'latest';
  return await withRow(service.plan, asked.req.param('id') ?? '', async ({ series, word }) => {
    refusePlain(series);
    const survey = await series.survey();
    const to = chooseSnapshot(survey, at);
    const from = survey.snapshots[survey.snapshots.indexOf(to) - 1];
    if (from === undefined) throw new Refusal(404, 'It is the first snapshot: there is none before it');
    const found = await diffSnapshots(series, from, to);
    return asked.json({
      from: from.name,
      to: to.name,
      more: Math.max(0, found.length - MOST_DIFFERENCES),
      differences: found.slice(0, MOST_DIFFERENCES).map((one) => ({
        kind: one.kind,
        shown: display(one.path),
        from: one.kind === 'moved' ? display(one.from) : null,
      })),
      command: commandLine(`diff ${word} ${from.name} ${to.name}`),
    });
  });
}

/** `GET /v1/log`: the newest lines, newest first. */
export async function getLog(asked: Asked, { log }: Service): Promise<Response> {
  return asked.json({ file: log, lines: await logTail(log, LOG_LINES) });
}

/** `GET /v1/schedule`: what `snapshot schedule show` says. */
export async function getSchedule(asked: Asked): Promise<Response> {
  const entries: object[] = [];
  for (const scheduler of await schedulersOf(process.platform, thisSchedulerHost(), undefined))
    for (const { name, when, command } of await scheduler.list())
      entries.push({ name, when, scheduler: scheduler.kind, command: command.map(shellWord).join(' ') });
  return asked.json({ entries, command: commandLine('schedule install --at 02:00') });
}
