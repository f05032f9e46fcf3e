// Folders and files of a library, each with what is known of it.
import type { VNode } from 'preact';
import { count, formatBytes, formatDay, formatWhen } from '../shared/amounts.ts';
import type { Session } from '../shared/session.ts';
import { hashOf, type ListedFile, type Listing } from './listing.ts';
import { Thumbnail } from './thumbnail.tsx';

export interface EntriesProps {
  readonly listing: Listing;
  readonly session: Session;
  /** Of what a search found: where each lies. */
  readonly showsPaths: boolean;
  readonly download: (what: { readonly file: string }) => Promise<void>;
}

export function Entries({ listing, session, showsPaths, download }: EntriesProps): VNode {
  return (
    <ul class="list card above">
      {listing.folders.map(({ name, path, files, bytes }) => (
        <li key={`folder ${path ?? name}`} class="entry">
          <span class="thumb folder" aria-hidden="true" />
          <span class="grow">
            {path === undefined ? name : <a href={hashOf({ folder: path, search: '' })}>{name}</a>}
            <span class="small quiet block">
              {count(files, 'file')}, {formatBytes(bytes)}
            </span>
          </span>
        </li>
      ))}
      {listing.files.map((file) => (
        <li key={`file ${file.path ?? file.name}`} class="entry">
          <Thumbnail file={file} token={session.token} />
          <span class="grow">
            {showsPaths ? (file.path ?? file.name) : file.name}
            <span class="small quiet block">
              {formatBytes(file.size)}, of {formatDay(file.modified)}
            </span>
            <span class="small quiet block">{origin(file, session)}</span>
          </span>
          {file.path === undefined ? null : (
            <button
              type="button"
              aria-label={`Download ${file.name}`}
              onClick={() => void download({ file: file.path ?? '' })}
            >
              <span class="wide">Download</span>
              <span class="short" aria-hidden="true">
                ↓
              </span>
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Who uploaded it when. A token stands for a device: `snapshot serve token list` tells which is which. */
function origin({ by, at }: ListedFile, { id }: Session): string {
  if (by === undefined || at === undefined) return 'Put there on the server';
  return `Uploaded ${formatWhen(at)} by ${by === id ? 'this device' : `token ${by}`}`;
}
