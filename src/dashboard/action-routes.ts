// What does something: runs, verifies, restores, and tickets for downloads. Each answers with the id of a task, or an address.
import { streamSSE } from 'hono/streaming';
import { commandLine } from '../base/command-line.ts';
import { shellWord } from '../base/shell-word.ts';
import { readHeld } from '../series/guards.ts';
import { Refusal } from '../serve/refusal.ts';
import { loadPlan, type Plan } from '../plan/plan.ts';
import { globFor } from '../tree/globs.ts';
import { display } from '../tree/path.ts';
import { checkDownload } from './download.ts';
import { acceptOf } from './look-routes.ts';
import { pathOfWord } from './path-word.ts';
import { restorePlace } from './restore-place.ts';
import { type RestoreAsked, restoreCommandLine, restoreTask } from './restore-task.ts';
import { type PageRow, withRow } from './rows.ts';
import { runCommandLine, runTask } from './run-task.ts';
import { VERIFY_DEPTHS, verifyCommandLine, verifyTask } from './verify-task.ts';
import type { Task, TaskEnd, TaskReport } from './tasks.ts';
import { type Asked, bodyOf, choiceIn, flagIn, type Service, textIn } from './service.ts';

/** Something is sent so often, for who waits in between to know that the server is there. */
const BEAT_MS = 15_000;

/** `POST /v1/rows/ID/run`, `{dryRun, accept}`: one row, with all of its destinations. */
export async function postRun(asked: Asked, service: Service): Promise<Response> {
  const body = await bodyOf(asked);
  const [dryRun, accepts] = [flagIn(body, 'dryRun'), flagIn(body, 'accept')];
  const id = asked.req.param('id') ?? '';
  const wanted = await withRow(service.plan, id, async ({ name, series }) => {
    if (name === undefined) throw new Refusal(409, 'No row of the plan makes it any more: it cannot be run');
    const accept = accepts ? acceptOf((await readHeld(series))?.path) : ('nothing' as const);
    return { name, dryRun, accept };
  });
  if (!dryRun && isAtWork(service, 'run', id)) throw new Refusal(409, 'A run of it is under way already');
  const title = accepts ? 'Accept and run' : 'Run';
  const task = service.tasks.start(
    { kind: 'run', row: id, title, command: runCommandLine(wanted), dryRun },
    // The plan is read anew: that is what the command does.
    async (report, signal) =>
      await runTask(await loadPlan(service.plan), wanted, service.logGiven, report, signal),
  );
  return asked.json({ task }, 202);
}

/** Whether something of this kind is done to the row; what only looks ahead does nothing. */
function isAtWork({ tasks }: Service, which: Task['kind'], id: string): boolean {
  return tasks.all.some(
    ({ kind, row, ended, dryRun }) => kind === which && row === id && ended === null && !dryRun,
  );
}

/** Begins a task about a row that is there. @param commandOf - By what commands call the row. */
async function startOn(
  asked: Asked,
  { plan: file, tasks }: Service,
  task: Pick<Task, 'kind' | 'title' | 'dryRun'>,
  commandOf: (word: string) => string,
  work: (row: PageRow, plan: Plan, report: TaskReport, signal: AbortSignal) => Promise<TaskEnd>,
): Promise<Response> {
  const id = asked.req.param('id') ?? '';
  const command = await withRow(file, id, async ({ word }) => await Promise.resolve(commandOf(word)));
  const started = tasks.start(
    { ...task, row: id, command },
    async (report, signal) =>
      await withRow(file, id, async (row, plan) => await work(row, plan, report, signal)),
  );
  return asked.json({ task: started }, 202);
}

/** `POST /v1/rows/ID/verify`, `{depth}`: one series. */
export async function postVerify(asked: Asked, service: Service): Promise<Response> {
  const depth = choiceIn(await bodyOf(asked), 'depth', VERIFY_DEPTHS);
  if (isAtWork(service, 'verify', asked.req.param('id') ?? ''))
    throw new Refusal(409, 'It is being verified already');
  return await startOn(
    asked,
    service,
    { kind: 'verify', title: 'Verify', dryRun: false },
    (word) => verifyCommandLine(word, depth),
    async (row, plan, report, signal) => await verifyTask(row, plan, depth, report, signal),
  );
}

/** `POST /v1/rows/ID/restore`, `{at, path, folder, overwrite, dryRun}`: below the folder of `--restore-to`, and nowhere else. */
export async function postRestore(asked: Asked, service: Service): Promise<Response> {
  const body = await bodyOf(asked);
  if (service.restoreTo === undefined)
    throw new Refusal(403, 'This server restores nothing: it was started without --restore-to FOLDER');
  const wanted: RestoreAsked = {
    at: textIn(body, 'at'),
    path: pathOfWord(textIn(body, 'path', '')),
    to: await restorePlace(service.restoreTo, textIn(body, 'folder')),
    overwrite: choiceIn(body, 'overwrite', ['never', 'if-changed']),
    dryRun: flagIn(body, 'dryRun'),
  };
  return await startOn(
    asked,
    service,
    { kind: 'restore', title: 'Restore', dryRun: wanted.dryRun },
    (word) => restoreCommandLine(word, wanted),
    async (row, plan, report, signal) => await restoreTask(row, plan, wanted, report, signal),
  );
}

/** `POST /v1/rows/ID/tickets`, `{at, path, as}`: an address that gives a file, or a folder as zip, once. */
export async function postTicket(asked: Asked, service: Service): Promise<Response> {
  const body = await bodyOf(asked);
  const [at, path] = [textIn(body, 'at'), textIn(body, 'path', '')];
  const download = { row: asked.req.param('id') ?? '', at, path, as: choiceIn(body, 'as', ['file', 'zip']) };
  const bytes = pathOfWord(path);
  return await withRow(service.plan, download.row, async ({ series, word }) => {
    // What is wrong is said here, where a page can show it: a link has no place for it.
    const name = await checkDownload(series, download);
    const command =
      download.as === 'file'
        ? commandLine(`cat ${word} ${shellWord(display(bytes))} --at ${shellWord(at)}`)
        : commandLine(
            `export ${word}${path === '' ? '' : ` ${shellWord(globFor(bytes))}`} --at ${shellWord(at)} --to ${shellWord(name)}`,
          );
    const ticket = service.tickets.issue(download, performance.now());
    return asked.json({ url: `/v1/download/${ticket}`, name, command });
  });
}

/** `POST /v1/tasks/ID/stop` */
export function postStop(asked: Asked, { tasks }: Service): Response {
  if (tasks.stop(Number(asked.req.param('id')))) return asked.json({ stopping: true });
  throw new Refusal(404, 'It has ended already');
}

/** `GET /v1/events`: all tasks that are known, and then each change of one, as server-sent events. */
export function getEvents(asked: Asked, { tasks }: Service): Response {
  return streamSSE(asked, async (stream) => {
    const waiting = new Map<number, string>();
    let wake: (() => void) | undefined;
    // Of one who reads slowly, only the newest state of each is kept.
    const end = tasks.listen((task) => {
      waiting.set(task.id, JSON.stringify(task));
      wake?.();
    });
    const beat = setInterval(() => wake?.(), BEAT_MS);
    stream.onAbort(() => wake?.());
    try {
      await stream.writeSSE({ event: 'tasks', data: JSON.stringify(tasks.all) });
      while (!stream.aborted) {
        if (waiting.size === 0) {
          await new Promise<void>((resolve) => (wake = resolve));
          if (waiting.size === 0) await stream.write(':\n\n');
        }
        const told = [...waiting.values()];
        waiting.clear();
        for (const data of told) await stream.writeSSE({ event: 'task', data });
      }
    } finally {
      clearInterval(beat);
      end();
    }
  });
}
