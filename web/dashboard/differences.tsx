// What a snapshot has otherwise than the one before it.
import type { VNode } from 'preact';
import type { DifferenceAnswer } from './answers.ts';
import { Command, Title, useAnswer, Waiting } from './parts.tsx';

export function Differences({ id, at }: { readonly id: string; readonly at: string }): VNode {
  const answer = useAnswer<DifferenceAnswer>(`/v1/rows/${id}/difference?at=${at}`);
  return (
    <>
      <p>
        <a href={`#/row/${id}`}>Back to the row</a>
      </p>
      <Title text="What changed" />
      <Waiting of={answer}>
        {({ from, to, differences, more, command }) => (
          <>
            <p class="quiet">
              From {from} to {to}
            </p>
            <ul class="list">
              {differences.map(({ kind, shown, from: before }) => (
                <li key={shown} class="row">
                  <span class="kind quiet">{kind}</span>
                  <span>{before === null ? shown : `${before} → ${shown}`}</span>
                </li>
              ))}
            </ul>
            {more > 0 ? <p>and {more.toLocaleString('en')} more</p> : null}
            <Command line={command} />
          </>
        )}
      </Waiting>
    </>
  );
}
