// Downloads: a ticket is asked for, and the browser follows it.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { post, type Refused } from './api.ts';
import { asRefused, Command, Trouble } from './parts.tsx';

interface TicketAnswer {
  readonly url: string;
  readonly name: string;
  readonly command: string;
}

export interface DownloadOf {
  readonly id: string;
  readonly at: string;
  readonly path: string;
  readonly as: 'file' | 'zip';
  readonly text: string;
  /** What it is of, for who cannot see where it stands. */
  readonly of: string;
}

export function DownloadButton({ id, at, path, as, text, of }: DownloadOf): VNode {
  const [error, setError] = useState<Refused>();
  const [command, setCommand] = useState<string>();
  const download = (): void => {
    setError(undefined);
    post<TicketAnswer>(`/v1/rows/${id}/tickets`, { at, path, as }).then(
      (ticket) => {
        setCommand(ticket.command);
        const link = document.createElement('a');
        link.href = ticket.url;
        link.download = ticket.name;
        link.click();
      },
      (refused: unknown) => setError(asRefused(refused)),
    );
  };
  return (
    <>
      <button type="button" onClick={download} aria-label={`${text}: ${of}`}>
        {text}
      </button>
      {command === undefined ? null : <Command line={command} />}
      <Trouble error={error} />
    </>
  );
}
