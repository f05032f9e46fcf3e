// One row: how it is doing, what a guard holds back, its plots and its snapshots; and running it now.
import type { VNode } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { RowPageAnswer, SnapshotAnswer, VerifyDepth } from './answers.ts';
import { post, type Refused } from './api.ts';
import { RowFacts, StateWord } from './overview.tsx';
import { asRefused, Command, Title, Trouble, useAnswer, Waiting } from './parts.tsx';
import { RestorePart } from './restore.tsx';
import { RowTasks, TaskCard, TasksContext } from './tasks.tsx';
import { bytesText, changeText, countText, timeText } from './words.ts';

export function RowPage({ id, tick }: { readonly id: string; readonly tick: number }): VNode {
  const { version } = useContext(TasksContext);
  const answer = useAnswer<RowPageAnswer>(`/v1/rows/${id}`, `${version} ${tick}`);
  return (
    <Waiting of={answer}>
      {(row) => (
        <>
          <Title text={row.series}>
            <StateWord state={row.state} />
          </Title>
          {row.reasons.map((reason) => (
            <p key={reason} class={`lines ${row.state === 'waiting' ? 'warn' : 'bad'}`}>
              {reason}
            </p>
          ))}
          {[...row.notes, ...row.damaged].map((note) => (
            <p key={note} class="quiet lines">
              {note}
            </p>
          ))}
          {isHeld(row) ? <Guard row={row} /> : null}
          <section class="card">
            <RowFacts row={row} />
            {row.commands.run === null ? null : <RunNow id={id} command={row.commands.run} />}
            <VerifyNow id={id} commands={row.commands.verify} />
          </section>
          <RowTasks row={id} />
          <div class="plots">
            {row.plots
              .filter((plot) => plot !== '')
              .map((plot) => (
                // The server draws them, and escapes what it writes into them.
                <div key={plot} class="card plot" dangerouslySetInnerHTML={{ __html: plot }} />
              ))}
          </div>
          {row.mirror === null ? <Snapshots row={row} /> : <Mirror row={row} mirror={row.mirror} />}
        </>
      )}
    </Waiting>
  );
}

function isHeld({ held, lastRun, commands }: RowPageAnswer): boolean {
  return commands.accept !== null && (held !== null || (lastRun?.guards.length ?? 0) > 0);
}

function RunNow({ id, command }: { readonly id: string; readonly command: string }): VNode {
  const { tasks } = useContext(TasksContext);
  const [error, setError] = useState<Refused>();
  const isWorking = tasks.some(
    (task) => task.row === id && task.kind === 'run' && !task.dryRun && task.ended === null,
  );
  const run = (): void => {
    setError(undefined);
    post(`/v1/rows/${id}/run`).catch((refused: unknown) => setError(asRefused(refused)));
  };
  return (
    <>
      <div class="row">
        <button type="button" class="main" onClick={run} disabled={isWorking}>
          {isWorking ? 'A run is at work' : 'Run now'}
        </button>
        <Command line={command} />
      </div>
      <Trouble error={error} />
    </>
  );
}

const DEPTHS: Readonly<Record<VerifyDepth, string>> = {
  quick: 'that all is there',
  full: 'every byte',
  drill: 'by restoring the newest for trial',
};

/** Proves that there is something to restore: a look, all of it, or by doing so. */
function VerifyNow({
  id,
  commands,
}: {
  readonly id: string;
  readonly commands: RowPageAnswer['commands']['verify'];
}): VNode {
  const { tasks } = useContext(TasksContext);
  const [chosen, setChosen] = useState<VerifyDepth>('quick');
  const [error, setError] = useState<Refused>();
  const isWorking = tasks.some((task) => task.row === id && task.kind === 'verify' && task.ended === null);
  const verify = (): void => {
    setError(undefined);
    post(`/v1/rows/${id}/verify`, { depth: chosen }).catch((refused: unknown) =>
      setError(asRefused(refused)),
    );
  };
  return (
    <>
      <div class="row">
        <button type="button" onClick={verify} disabled={isWorking}>
          {isWorking ? 'A verify is at work' : 'Verify'}
        </button>
        <select
          aria-label="What to verify"
          value={chosen}
          onChange={({ currentTarget }) => setChosen(currentTarget.value as VerifyDepth)}
        >
          {commands.map(({ depth }) => (
            <option key={depth} value={depth}>
              {DEPTHS[depth]}
            </option>
          ))}
        </select>
        <Command line={commands.find(({ depth }) => depth === chosen)?.command ?? ''} />
      </div>
      <Trouble error={error} />
    </>
  );
}

/** What a guard holds back, and the way to accept it: first what that would do. */
function Guard({ row }: { readonly row: RowPageAnswer }): VNode {
  const { tasks } = useContext(TasksContext);
  const [looked, setLooked] = useState<number>();
  const [error, setError] = useState<Refused>();
  const look = tasks.find((task) => task.id === looked);
  const { held, id, commands, lastRun } = row;
  const newest = row.snapshots[0]?.snapshot;
  const ask = (dryRun: boolean): void => {
    setError(undefined);
    post<{ task: number }>(`/v1/rows/${id}/run`, { dryRun, accept: true }).then(
      ({ task }) => setLooked(dryRun ? task : undefined),
      (refused: unknown) => setError(asRefused(refused)),
    );
  };
  const counts = look?.counts ?? {};
  const rotated = counts['rotatedOut'] ?? 0;
  return (
    <section class="card guard">
      <h2 class="warn">A guard holds something back: {held?.guard ?? lastRun?.guards.join(', ')}</h2>
      {held === null ? null : (
        <p class="lines">
          {held.message}
          {held.since === '' ? '' : ` (since ${timeText(held.since)})`}
        </p>
      )}
      {newest === undefined || held === null ? null : (
        <p>
          <a href={`#/row/${id}/changes/${newest}`}>What changed in the newest snapshot</a>
        </p>
      )}
      <p>If that is what you want, accept it: older snapshots may be rotated out again from then on.</p>
      <div class="row">
        <button type="button" onClick={() => ask(true)}>
          See what accepting would do
        </button>
        {commands.accept === null ? null : <Command line={commands.accept} />}
      </div>
      <Trouble error={error} />
      {look === undefined ? null : <TaskCard task={look} />}
      {look === undefined || look.ended === null || look.error !== null ? null : (
        <button type="button" class="danger" onClick={() => ask(false)}>
          Accept and run: {changeText(counts)}, {countText(rotated, 'snapshot')} rotated out
        </button>
      )}
    </section>
  );
}

function Snapshots({ row }: { readonly row: RowPageAnswer }): VNode {
  const { snapshots, unfinished, id, commands } = row;
  return (
    <section class="card">
      <h2>{countText(snapshots.length, 'snapshot')}</h2>
      {unfinished.map((name) => (
        <p key={name} class="quiet">
          {name}: unfinished, a run is at work or was cut short
        </p>
      ))}
      <ul class="list">
        {snapshots.map((snapshot) => (
          <SnapshotLine
            key={snapshot.snapshot}
            id={id}
            of={snapshot}
            isFirst={snapshot === snapshots.at(-1)}
          />
        ))}
      </ul>
      <Command line={commands.list} />
    </section>
  );
}

function SnapshotLine({
  id,
  of,
  isFirst,
}: {
  readonly id: string;
  readonly of: SnapshotAnswer;
  readonly isFirst: boolean;
}): VNode {
  const { snapshot, time, isOdd, count, bytes, change, newBytes, reasons, pin, flaws } = of;
  return (
    <li>
      <div class="row">
        <a href={`#/row/${id}/files/${snapshot}`}>{timeText(time)}</a>
        {isOdd ? <span class="warn">the clock was wrong</span> : null}
        <span class="number">
          {countText(count.files, 'file')}, {bytesText(bytes)}
        </span>
        <span class="quiet">{bytesText(newBytes)} added on disk</span>
        <span class="quiet end">{reasons.length === 0 ? '' : `kept: ${reasons.join(', ')}`}</span>
      </div>
      <div>
        {isFirst ? (
          <span class="quiet">the first one</span>
        ) : (
          <a
            href={`#/row/${id}/changes/${snapshot}`}
            aria-label={`${changeText(change)} in the snapshot of ${timeText(time)}`}
          >
            {changeText(change)}
          </a>
        )}
        {pin === null || pin === '' ? '' : `, pinned: ${pin}`}
      </div>
      {flaws.map((flaw) => (
        <p key={flaw} class="bad">
          damaged: {flaw}
        </p>
      ))}
    </li>
  );
}

function Mirror({
  row,
  mirror,
}: {
  readonly row: RowPageAnswer;
  readonly mirror: NonNullable<RowPageAnswer['mirror']>;
}): VNode {
  return (
    <section class="card">
      <h2>Mirror</h2>
      <p>
        The files themselves lie in {mirror.folder}: {countText(mirror.files, 'file')},{' '}
        {bytesText(mirror.bytes)}, as of {timeText(mirror.scanned)}. What they were before:{' '}
        {countText(mirror.versions, 'version')}, {bytesText(mirror.versionBytes)}.
      </p>
      <RestorePart id={row.id} at="latest" path="" what="the mirror" command={row.commands.restore} />
      <Command line={row.commands.list} />
    </section>
  );
}
