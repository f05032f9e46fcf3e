// What the server is doing, as it tells it: also when another tab, or one that is closed, has begun it.
import { createContext, type VNode } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { TaskAnswer } from './answers.ts';
import { events, post } from './api.ts';
import { Command } from './parts.tsx';
import { bytesText, countText } from './words.ts';

export interface TaskList {
  readonly tasks: readonly TaskAnswer[];
  /** Another one each time one has ended: what is shown may be old. */
  readonly version: number;
}

export const TasksContext = createContext<TaskList>({ tasks: [], version: 0 });

const AGAIN_MS = 3000;

/** Follows the tasks of the server, and asks again when the connection is cut. */
export function useTaskEvents(isIn: boolean): TaskList {
  const [list, setList] = useState<TaskList>({ tasks: [], version: 0 });
  useEffect(() => {
    if (!isIn) return undefined;
    const stop = new AbortController();
    let timer = 0;
    const follow = (): void => {
      events((event, data) => {
        const told = JSON.parse(data) as TaskAnswer | readonly TaskAnswer[];
        setList(({ tasks, version }) => {
          if (event === 'tasks') return { tasks: told as readonly TaskAnswer[], version: version + 1 };
          const task = told as TaskAnswer;
          const others = tasks.filter(({ id }) => id !== task.id);
          return { tasks: [...others, task], version: version + (task.ended === null ? 0 : 1) };
        });
      }, stop.signal)
        .catch(() => {})
        .finally(() => {
          if (!stop.signal.aborted) timer = window.setTimeout(follow, AGAIN_MS);
        });
    };
    follow();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [isIn]);
  return list;
}

/** The tasks of a row, the newest first; looks ahead are shown where they were asked for. */
export function RowTasks({ row }: { readonly row: string }): VNode {
  const { tasks } = useContext(TasksContext);
  const shown = tasks
    .filter((task) => task.row === row && !task.dryRun)
    .toSorted((a, b) => b.id - a.id)
    .slice(0, 3);
  return (
    <div role="status" aria-live="polite">
      {shown.map((task) => (
        <TaskCard key={task.id} task={task} />
      ))}
    </div>
  );
}

export function TaskCard({ task }: { readonly task: TaskAnswer }): VNode {
  const { title, dryRun, ended, said, status, error, progress, problems, problemCount, notes } = task;
  const isGood = status === 0;
  return (
    <section class="card task">
      <div class="row">
        <strong>
          {dryRun ? 'What it would do' : title}
          {ended === null
            ? ': at work'
            : isGood
              ? dryRun
                ? ''
                : ': done'
              : status === 130
                ? ': stopped'
                : ': with trouble'}
        </strong>
        {ended === null ? (
          <button
            type="button"
            class="end"
            onClick={() => void post(`/v1/tasks/${task.id}/stop`).catch(() => {})}
          >
            Stop
          </button>
        ) : null}
      </div>
      {progress === null ? (
        ended === null ? (
          <progress aria-label={title} />
        ) : null
      ) : (
        <Progress of={progress} title={title} />
      )}
      {said === null || (error !== null && said === 'failed') ? null : (
        <p class={`lines ${isGood ? 'good' : 'warn'}`}>{said}</p>
      )}
      {error === null ? null : (
        <p class="lines">
          <strong class="bad">{error.message}</strong>
          {error.hint === null ? null : `\n${error.hint}`}
        </p>
      )}
      {notes.map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
      {problems.map((problem) => (
        <p key={problem} class="warn">
          {problem}
        </p>
      ))}
      {problemCount > problems.length ? <p class="warn">and {problemCount - problems.length} more</p> : null}
      <Command line={task.command} />
    </section>
  );
}

function Progress({
  of,
  title,
}: {
  readonly of: NonNullable<TaskAnswer['progress']>;
  readonly title: string;
}): VNode {
  const { phase, files, bytes, totalFiles, totalBytes } = of;
  const total = totalBytes ?? 0;
  const bar = total > 0 ? { max: total, value: Math.min(bytes, total) } : {};
  return (
    <>
      <progress aria-label={title} {...bar} />
      <p class="quiet number">
        {phase}: {phase === 'verify' ? '' : countText(files, 'file')}
        {totalFiles === undefined ? '' : ` of ${totalFiles.toLocaleString('en')}`}
        {phase === 'verify' ? '' : ', '}
        {bytesText(bytes)}
        {totalBytes === undefined ? '' : ` of ${bytesText(totalBytes)}`}
      </p>
    </>
  );
}
