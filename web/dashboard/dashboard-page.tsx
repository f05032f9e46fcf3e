import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { AboutAnswer } from './answers.ts';
import { enter, get, Refused } from './api.ts';
import { Browser } from './browser.tsx';
import { Differences } from './differences.tsx';
import { LogView, ScheduleView } from './machine.tsx';
import { Overview } from './overview.tsx';
import { AboutContext, asRefused, StepContext, Title, Trouble } from './parts.tsx';
import { RowPage } from './row-page.tsx';
import { TasksContext, useTaskEvents } from './tasks.tsx';
import { Timeline } from './timeline.tsx';

/** What others do on this machine shows after so long. */
const TICK_MS = 60_000;

export function DashboardPage(): VNode {
  const [entered, setEntered] = useState<AboutAnswer | Refused>();
  const step = useHash();
  const { hash } = step;
  const tick = useTick();
  const tasks = useTaskEvents(entered !== undefined && !(entered instanceof Refused));
  useEffect(() => {
    enter()
      .then(async () => await get<AboutAnswer>('/v1/about'))
      .then(setEntered, (error: unknown) => setEntered(asRefused(error)));
  }, []);
  return (
    <TasksContext.Provider value={tasks}>
      <header class="bar">
        <strong>snapshot</strong>
        <nav aria-label="Views" class="row">
          <NavLink to="#/" hash={hash} text="Overview" />
          <NavLink to="#/schedule" hash={hash} text="Schedule" />
          <NavLink to="#/log" hash={hash} text="Log" />
        </nav>
      </header>
      <main>
        {entered === undefined ? null : entered instanceof Refused ? (
          <>
            <Title text={entered.status === 0 ? 'No answer' : 'Not let in'} />
            <Trouble error={entered} />
          </>
        ) : (
          <AboutContext.Provider value={entered}>
            <StepContext.Provider value={step}>
              <View key={hash} hash={hash} tick={tick} />
            </StepContext.Provider>
          </AboutContext.Provider>
        )}
      </main>
    </TasksContext.Provider>
  );
}

function View({ hash, tick }: { readonly hash: string; readonly tick: number }): VNode {
  const [kind, id = '', view, ...rest] = hash.replace(/^#\//, '').split('/');
  if (kind === 'log') return <LogView tick={tick} />;
  if (kind === 'schedule') return <ScheduleView />;
  if (kind !== 'row' || id === '') return <Overview tick={tick} />;
  if (view === 'files') return <Browser id={id} at={rest[0] ?? 'latest'} path={rest.slice(1).join('/')} />;
  if (view === 'file') return <Timeline id={id} path={rest.join('/')} />;
  if (view === 'changes') return <Differences id={id} at={rest[0] ?? 'latest'} />;
  return <RowPage id={id} tick={tick} />;
}

function NavLink({
  to,
  hash,
  text,
}: {
  readonly to: string;
  readonly hash: string;
  readonly text: string;
}): VNode {
  return (
    <a href={to} {...(hash === to ? { 'aria-current': 'page' as const } : {})}>
      {text}
    </a>
  );
}

/** The route, and whether it is the first one: after each step the page begins at its top. */
function useHash(): { readonly hash: string; readonly isFirst: boolean } {
  const [step, setStep] = useState(() => ({ hash: routeOf(location.hash), isFirst: true }));
  useEffect(() => {
    const changed = (): void => {
      setStep({ hash: routeOf(location.hash), isFirst: false });
      scrollTo(0, 0);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return step;
}

function routeOf(hash: string): string {
  return hash.startsWith('#/') ? hash : '#/';
}

/** Counts on, as long as somebody looks. */
function useTick(): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setTick((value) => value + 1);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return tick;
}
