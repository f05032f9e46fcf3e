// All rows, those that need somebody first; then the pairs that this machine syncs.
import type { VNode } from 'preact';
import { useContext } from 'preact/hooks';
import type { OverviewAnswer, PairAnswer, RowAnswer, State } from './answers.ts';
import { AboutContext, Command, Title, useAnswer, Waiting } from './parts.tsx';
import { TasksContext } from './tasks.tsx';
import { bytesText, countText, timeText } from './words.ts';

const GRAVITY: Readonly<Record<State, number>> = { failing: 0, overdue: 1, waiting: 2, ok: 3 };
const WORD: Readonly<Record<State, string>> = {
  failing: 'FAILING',
  overdue: 'OVERDUE',
  waiting: 'waiting',
  ok: 'ok',
};
const COLOR: Readonly<Record<State, string>> = {
  failing: 'bad',
  overdue: 'bad',
  waiting: 'warn',
  ok: 'good',
};

export function StateWord({ state }: { readonly state: State }): VNode {
  return <span class={`state ${COLOR[state]}`}>{WORD[state]}</span>;
}

export function Overview({ tick }: { readonly tick: number }): VNode {
  const { version } = useContext(TasksContext);
  const { host, plan } = useContext(AboutContext);
  const answer = useAnswer<OverviewAnswer>('/v1/overview', `${version} ${tick}`);
  return (
    <>
      <Title text="Overview" />
      <Waiting of={answer}>
        {({ rows, pairs, notes }) => (
          <>
            <p class="quiet">
              Backups of {host}, by {plan}
            </p>
            <Verdict rows={rows} />
            {notes.map((note) => (
              <p key={note} class="warn">
                {note}
              </p>
            ))}
            {rows
              .toSorted((a, b) => GRAVITY[a.state] - GRAVITY[b.state])
              .map((row) => (
                <RowCard key={row.id} row={row} />
              ))}
            {pairs.length === 0 ? null : <h2>Synced pairs</h2>}
            {pairs.map((pair) => (
              <PairCard key={`${pair.here} ${pair.there}`} pair={pair} />
            ))}
          </>
        )}
      </Waiting>
    </>
  );
}

function Verdict({ rows }: { readonly rows: readonly RowAnswer[] }): VNode {
  const bad = rows.filter(({ state }) => state === 'failing' || state === 'overdue').length;
  if (rows.length === 0) return <p>The plan has no active row.</p>;
  if (bad > 0)
    return (
      <p class="bad">
        {bad} of {countText(rows.length, 'row')} {bad === 1 ? 'needs' : 'need'} you.
      </p>
    );
  const waiting = rows.filter(({ state }) => state === 'waiting').length;
  if (waiting > 0)
    return (
      <p>
        {countText(waiting, 'row')} {waiting === 1 ? 'waits' : 'wait'} for a disk.
      </p>
    );
  // What nobody has looked at is not called well.
  const unseen = rows.filter(
    ({ logs, lastVerify, lastDrill }) => logs.verifies && lastVerify === null && lastDrill === null,
  ).length;
  if (unseen === 0) return <p class="good">All is well.</p>;
  return <p class="good">All rows are up to date. Never verified yet: {countText(unseen, 'row')}.</p>;
}

function RowCard({ row }: { readonly row: RowAnswer }): VNode {
  const { tasks } = useContext(TasksContext);
  const isWorking =
    row.isRunning || tasks.some((task) => task.row === row.id && task.ended === null && !task.dryRun);
  return (
    <section class="card">
      <h2 class="row">
        <a href={`#/row/${row.id}`}>{row.series}</a>
        <StateWord state={row.state} />
        {isWorking ? <span class="quiet">at work</span> : null}
      </h2>
      {row.reasons.map((reason) => (
        <p key={reason} class={`lines ${COLOR[row.state]}`}>
          {reason}
        </p>
      ))}
      {row.notes.map((note) => (
        <p key={note} class="quiet lines">
          {note}
        </p>
      ))}
      <RowFacts row={row} />
    </section>
  );
}

export function RowFacts({
  row,
}: {
  readonly row: Omit<RowAnswer, 'snapshots'> & { readonly snapshots?: unknown };
}): VNode {
  const { lastRun, lastSuccess, nextDue, lastVerify, lastDrill, nextVerify, snapshots, bytes, files } = row;
  const { freeBytes, isMirror } = row;
  const never = row.logKnown ? 'never' : '–';
  const neverVerified = row.logs.verifies ? never : '–';
  const facts: readonly (readonly [string, string])[] = [
    ['from', row.source ?? 'no row of the plan any more'],
    [isMirror ? 'mirrored to' : 'to', row.destination],
    ['last run', lastRun === null ? never : `${timeText(lastRun.time)}, ${lastRun.outcome}`],
    ['last success', timeText(lastSuccess)],
    ['next due', nextDue === null ? '–' : `${timeText(nextDue)} (every ${row.every})`],
    [
      'verified',
      lastVerify === null
        ? neverVerified
        : `${timeText(lastVerify.time)}, ${lastVerify.level}, ${lastVerify.result}`,
    ],
    ...(row.logs.drills
      ? [['drill', lastDrill === null ? never : `${timeText(lastDrill.time)}, ${lastDrill.result}`] as const]
      : []),
    ...(nextVerify === null ? [] : [['next verify', timeText(nextVerify)] as const]),
    ...(typeof snapshots === 'number' && bytes !== null
      ? [['snapshots', `${snapshots.toLocaleString('en')}, ${bytesText(bytes)} on disk`] as const]
      : []),
    ...(files === null ? [] : [['files', files.toLocaleString('en')] as const]),
    ...(freeBytes === null ? [] : [['free there', bytesText(freeBytes)] as const]),
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function PairCard({ pair }: { readonly pair: PairAnswer }): VNode {
  const { here, there, at, done, conflicts, troubles, failed, stop, status } = pair;
  const said =
    stop !== null
      ? `a guard stopped it: ${stop.message}`
      : failed === null
        ? `${countText(done, 'step')} done`
        : `not to its end (${failed}), ${countText(done, 'step')} done`;
  return (
    <section class="card">
      <h2>
        {here} and {there}
      </h2>
      <p class={status === 0 ? 'good' : 'warn'}>
        Last synced {timeText(at)}: {said}
        {conflicts.length > 0 ? `; ${countText(conflicts.length, 'conflict')} settled` : ''}
        {troubles.length > 0 ? `; ${countText(troubles.length, 'path')} not synced` : ''}
      </p>
      {troubles.slice(0, 10).map(({ path, reason }) => (
        <p key={path} class="warn">
          {path}: {reason}
        </p>
      ))}
      <Command line={pair.command} />
    </section>
  );
}
