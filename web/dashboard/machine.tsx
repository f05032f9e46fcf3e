// What this machine tells of itself: its log, and what its scheduler runs.
import type { VNode } from 'preact';
import { useContext } from 'preact/hooks';
import { Command, Title, useAnswer, Waiting } from './parts.tsx';
import { TasksContext } from './tasks.tsx';
import { timeText } from './words.ts';

interface LogAnswer {
  readonly file: string;
  readonly lines: readonly {
    readonly time: string;
    readonly level: string;
    readonly row?: string;
    readonly message: string;
  }[];
}

const COLOR: Readonly<Record<string, string>> = { warn: 'warn', error: 'bad' };

export function LogView({ tick }: { readonly tick: number }): VNode {
  const { version } = useContext(TasksContext);
  const answer = useAnswer<LogAnswer>('/v1/log', `${version} ${tick}`);
  return (
    <>
      <Title text="Log" />
      <Waiting of={answer}>
        {({ file, lines }) => (
          <>
            <p class="quiet">The newest lines of {file}, newest first.</p>
            {lines.length === 0 ? <p>There is nothing in it yet.</p> : null}
            <ul class="list log">
              {lines.map(({ time, level, row, message }, i) => (
                <li key={`${time} ${i}`}>
                  <span class="quiet number">{timeText(time)}</span>{' '}
                  <span class={COLOR[level] ?? ''}>
                    {level === 'info' ? '' : `${level}: `}
                    {row === undefined ? '' : `${row}: `}
                    {message}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Waiting>
    </>
  );
}

interface ScheduleAnswer {
  readonly entries: readonly {
    readonly name: string;
    readonly when: string;
    readonly scheduler: string;
    readonly command: string;
  }[];
  readonly command: string;
}

export function ScheduleView(): VNode {
  const answer = useAnswer<ScheduleAnswer>('/v1/schedule');
  return (
    <>
      <Title text="Schedule" />
      <Waiting of={answer}>
        {({ entries, command }) => (
          <>
            {entries.length === 0 ? (
              <p>Nothing is scheduled for this user. This does it, every night at two:</p>
            ) : null}
            {entries.length === 0 ? <Command line={command} /> : null}
            {entries.map(({ name, when, scheduler, command: line }) => (
              <section key={`${scheduler} ${name}`} class="card">
                <h2>
                  {name} <span class="quiet">({scheduler})</span>
                </h2>
                <p>{when}</p>
                <Command line={line} />
              </section>
            ))}
          </>
        )}
      </Waiting>
    </>
  );
}
