// One file: what it was in all snapshots.
import type { VNode } from 'preact';
import type { TimelineAnswer } from './answers.ts';
import { DownloadButton } from './download.tsx';
import { Command, Title, useAnswer, Waiting } from './parts.tsx';
import { RestorePart } from './restore.tsx';
import { RowTasks } from './tasks.tsx';
import { bytesText, countText, timeText } from './words.ts';

export function Timeline({ id, path }: { readonly id: string; readonly path: string }): VNode {
  const answer = useAnswer<TimelineAnswer>(`/v1/rows/${id}/timeline?path=${encodeURIComponent(path)}`);
  return (
    <>
      <p>
        <a href={`#/row/${id}`}>Back to the row</a>
      </p>
      <Waiting of={answer}>
        {({ shown, versions, damaged, command }) => (
          <>
            <Title text={shown} />
            {damaged.map((text) => (
              <p key={text} class="bad">
                {text}
              </p>
            ))}
            {versions.length === 0 ? (
              <p>No snapshot has it.</p>
            ) : (
              <p class="quiet">Its versions, the newest first.</p>
            )}
            {versions.map(({ version, bytes, time, snapshots, from, to, type, restore, damaged: isLost }) => {
              const at = snapshots.at(-1) ?? '';
              return (
                <section key={at} class="card">
                  <h2>
                    Version {version}: {type === 'file' ? bytesText(bytes) : type}
                  </h2>
                  <p>
                    Changed {timeText(time)}; in {countText(snapshots.length, 'snapshot')},{' '}
                    {from === to ? timeText(from) : `${timeText(from)} to ${timeText(to)}`}
                  </p>
                  {isLost ? (
                    <p class="bad">It is damaged, and in no archive any more: it cannot be restored.</p>
                  ) : (
                    <>
                      <div class="row">
                        {type === 'file' ? (
                          <DownloadButton
                            id={id}
                            at={at}
                            path={path}
                            as="file"
                            text="Download"
                            of={`version ${version}`}
                          />
                        ) : null}
                      </div>
                      <RestorePart
                        id={id}
                        at={at}
                        path={path}
                        what={`version ${version} of ${shown}`}
                        command={restore}
                      />
                    </>
                  )}
                </section>
              );
            })}
            <RowTasks row={id} />
            <Command line={command} />
          </>
        )}
      </Waiting>
    </>
  );
}
