// What a snapshot holds, folder by folder.
import type { VNode } from 'preact';
import type { EntryAnswer, FilesAnswer } from './answers.ts';
import { DownloadButton } from './download.tsx';
import { Command, Title, useAnswer, Waiting } from './parts.tsx';
import { RestorePart } from './restore.tsx';
import { RowTasks } from './tasks.tsx';
import { bytesText, countText, timeText } from './words.ts';

interface Where {
  readonly id: string;
  readonly at: string;
  readonly path: string;
}

export function Browser({ id, at, path }: Where): VNode {
  const answer = useAnswer<FilesAnswer>(`/v1/rows/${id}/files?at=${at}&path=${encodeURIComponent(path)}`);
  return (
    <Waiting of={answer}>
      {({ snapshot, time, shown, entries, more, commands }) => (
        <>
          <Crumbs id={id} at={at} path={path} />
          <Title text={shown === '' ? `Snapshot of ${timeText(time)}` : (shown.split('/').at(-1) ?? shown)} />
          <p class="quiet">
            {snapshot}
            {shown === '' ? '' : `, ${shown}`}
          </p>
          {entries.length === 0 ? <p>There is nothing in it.</p> : null}
          <ul class="list files">
            {entries.map((entry) => (
              <EntryLine key={entry.path} id={id} at={at} entry={entry} />
            ))}
          </ul>
          {more > 0 ? <p>and {more.toLocaleString('en')} more, which the command lists:</p> : null}
          <Command line={commands.files} />
          <section class="card">
            <h2>All of this folder</h2>
            <div class="row">
              <DownloadButton
                id={id}
                at={at}
                path={path}
                as="zip"
                text="Download as zip"
                of={shown === '' ? snapshot : shown}
              />
            </div>
            <RestorePart
              id={id}
              at={at}
              path={path}
              what={shown === '' ? 'this snapshot' : shown}
              command={commands.restore}
            />
          </section>
          <RowTasks row={id} />
        </>
      )}
    </Waiting>
  );
}

function Crumbs({ id, at, path }: Where): VNode {
  const names = path === '' ? [] : path.split('/');
  return (
    <nav aria-label="Where it is" class="row crumbs">
      <a href={`#/row/${id}`}>Row</a>
      <span aria-hidden="true">/</span>
      {names.length === 0 ? <span>top</span> : <a href={`#/row/${id}/files/${at}`}>top</a>}
      {names.map((name, i) => (
        <>
          <span aria-hidden="true">/</span>
          {i === names.length - 1 ? (
            <span>{shownName(name)}</span>
          ) : (
            <a href={`#/row/${id}/files/${at}/${names.slice(0, i + 1).join('/')}`}>{shownName(name)}</a>
          )}
        </>
      ))}
    </nav>
  );
}

/** A name that is no text stays as it is encoded. */
function shownName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function EntryLine({
  id,
  at,
  entry,
}: {
  readonly id: string;
  readonly at: string;
  readonly entry: EntryAnswer;
}): VNode {
  const { path, name, type, files, bytes, time, target } = entry;
  const isFolder = type === 'folder';
  return (
    <li class="row">
      <span class="name">
        <a href={isFolder ? `#/row/${id}/files/${at}/${path}` : `#/row/${id}/file/${path}`}>
          {name}
          {isFolder ? '/' : ''}
        </a>
        {target === null ? '' : ` → ${target}`}
      </span>
      <span class="quiet number end">
        {isFolder
          ? `${countText(files, 'file')}, ${bytesText(bytes)}`
          : type === 'file'
            ? bytesText(bytes)
            : 'link'}
      </span>
      <span class="quiet number time">{timeText(time)}</span>
      {type === 'file' ? (
        <DownloadButton id={id} at={at} path={path} as="file" text="Download" of={name} />
      ) : null}
    </li>
  );
}
