// Restores below the folder that the server was started with: first what would be done, with counts, then the button.
import type { VNode } from 'preact';
import { useContext, useState } from 'preact/hooks';
import { post, type Refused } from './api.ts';
import { AboutContext, asRefused, Command, Trouble } from './parts.tsx';
import { TaskCard, TasksContext } from './tasks.tsx';
import { countText } from './words.ts';

export interface RestoreOf {
  readonly id: string;
  readonly at: string;
  readonly path: string;
  /** For people. */
  readonly what: string;
  /** What does it where it is not offered here. */
  readonly command: string;
}

export function RestorePart(props: RestoreOf): VNode {
  const { restoreTo } = useContext(AboutContext);
  if (restoreTo === null)
    return (
      <>
        <p class="quiet">
          To restore {props.what}; a page offers it when `snapshot web` was started with --restore-to FOLDER:
        </p>
        <Command line={props.command} />
      </>
    );
  return (
    <details>
      <summary>Restore {props.what}</summary>
      <RestoreForm {...props} root={restoreTo} />
    </details>
  );
}

function RestoreForm({ id, at, path, what, root }: RestoreOf & { readonly root: string }): VNode {
  const [folder, setFolder] = useState(`restored-${at}`);
  const [replaces, setReplaces] = useState(false);
  const [looked, setLooked] = useState<number>();
  const [isBegun, setBegun] = useState(false);
  const [error, setError] = useState<Refused>();
  const { tasks } = useContext(TasksContext);
  const look = tasks.find((task) => task.id === looked);
  const ask = (dryRun: boolean): void => {
    setError(undefined);
    const overwrite = replaces ? 'if-changed' : 'never';
    post<{ task: number }>(`/v1/rows/${id}/restore`, { at, path, folder, overwrite, dryRun }).then(
      ({ task }) => (dryRun ? setLooked(task) : setBegun(true)),
      (refused: unknown) => setError(asRefused(refused)),
    );
  };
  const again = (): void => {
    setLooked(undefined);
    setBegun(false);
  };
  const counts = look?.counts ?? {};
  const mayGo =
    look !== undefined && look.ended !== null && look.error === null && (counts['refuse'] ?? 0) === 0;
  const replaced = counts['replace'] ?? 0;
  const label = `Restore ${countText(counts['files'] ?? 0, 'file')}${replaced > 0 ? `, replacing ${replaced.toLocaleString('en')}` : ''}`;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        again();
        ask(true);
      }}
    >
      <p>
        <label>
          Folder below {root}
          <input
            value={folder}
            onInput={(event) => {
              setFolder(event.currentTarget.value);
              again();
            }}
          />
        </label>
      </p>
      <p>
        <label>
          <input
            type="checkbox"
            checked={replaces}
            onChange={(event) => {
              setReplaces(event.currentTarget.checked);
              again();
            }}
          />{' '}
          Replace files there that differ
        </label>
      </p>
      <button type="submit">See what would be done</button>
      <Trouble error={error} />
      {look === undefined ? null : <TaskCard task={look} />}
      {mayGo && !isBegun ? (
        <p>
          <button
            type="button"
            class={replaced > 0 ? 'danger' : 'main'}
            onClick={() => ask(false)}
            aria-label={`${label}: ${what}`}
          >
            {label}
          </button>
        </p>
      ) : null}
    </form>
  );
}
