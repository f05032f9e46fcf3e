import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { count } from '../shared/amounts.ts';
import { ask, messageOf, Refused } from '../shared/ask.ts';
import type { Session } from '../shared/session.ts';
import { SignedIn } from '../shared/signed-in.tsx';
import { crumbsOf, hashOf, type Listing, type View, viewOf } from './listing.ts';
import { Entries } from './entries.tsx';

export function LibraryPage(): VNode {
  return (
    <SignedIn page="library">
      {(session, signOut) =>
        session.scope === 'upload' ? <MayOnlyUpload /> : <Library session={session} signOut={signOut} />
      }
    </SignedIn>
  );
}

function MayOnlyUpload(): VNode {
  return (
    <div class="card narrow">
      <h1>This device may only upload</h1>
      <p>
        That is how devices are let in, so that a lost phone shows nobody your files. To look at them here,
        run <code>snapshot serve pair FOLDER NAME --scope all</code> on the server, sign out, and enter the
        code.
      </p>
      <p>
        <a href="/">Upload files</a>
      </p>
    </div>
  );
}

const NOTHING: Listing = { folders: [], files: [] };

function Library({
  session,
  signOut,
}: {
  readonly session: Session;
  readonly signOut: (why?: string) => void;
}): VNode {
  const [view, setView] = useState<View>(viewOf(location.hash));
  const [listing, setListing] = useState<Listing>();
  const [problem, setProblem] = useState<string>();
  const search = useRef<HTMLInputElement>(null);
  const { token } = session;

  const fail = (error: unknown): void => {
    if (error instanceof Refused && error.status === 401)
      signOut('This device is not let in any more: its token was taken back.');
    else setProblem(messageOf(error));
  };
  const load = async (before: Listing, signal?: AbortSignal): Promise<void> => {
    const query = new URLSearchParams(view.search === '' ? { folder: view.folder } : { search: view.search });
    if (before.next !== undefined) query.set('after', before.next);
    const options = signal === undefined ? { token } : { token, signal };
    const { folders, files, next } = await ask<Listing>(`/v1/list?${query.toString()}`, options);
    const all = { folders: [...before.folders, ...folders], files: [...before.files, ...files] };
    setListing(next === undefined ? all : { ...all, next });
    setProblem(undefined);
  };
  useEffect(() => {
    const changed = (): void => setView(viewOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    setListing(undefined);
    if (search.current !== null) search.current.value = view.search;
    load(NOTHING, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) fail(error);
    });
    return () => stop.abort();
  }, [view.folder, view.search]);

  const download = async (what: { readonly file: string } | { readonly folder: string }): Promise<void> => {
    try {
      const { url } = await ask<{ url: string }>('/v1/tickets', { token, json: what });
      const link = document.createElement('a');
      link.href = url;
      // It comes as an attachment: the page stays.
      link.download = '';
      link.click();
      setProblem(undefined);
    } catch (error) {
      fail(error);
    }
  };
  const find = (event: Event): void => {
    event.preventDefault();
    location.hash = hashOf({ folder: '', search: search.current?.value.trim() ?? '' });
  };
  const isEmpty = listing !== undefined && listing.folders.length + listing.files.length === 0;
  return (
    <>
      <h1>{session.account}'s library</h1>
      <form class="row" role="search" onSubmit={find}>
        <label class="unseen" for="search">
          Search by name
        </label>
        <input
          id="search"
          ref={search}
          class="grow"
          type="search"
          placeholder="Search by name"
          autocomplete="off"
        />
        <button type="submit">Search</button>
      </form>
      <div class="row above">
        {view.search === '' ? (
          <nav class="grow" aria-label="Folders">
            <Crumbs folder={view.folder} />
          </nav>
        ) : (
          <p class="grow above">
            Found for "{view.search}" - <a href={hashOf({ folder: '', search: '' })}>show everything</a>
          </p>
        )}
        {view.search === '' && !isEmpty ? (
          <button type="button" onClick={() => void download({ folder: view.folder })}>
            Download {view.folder === '' ? 'everything' : 'this folder'} as zip
          </button>
        ) : null}
      </div>
      {problem === undefined ? null : (
        <p class="bad" role="alert">
          {problem}{' '}
          <button class="plain" type="button" onClick={() => void load(NOTHING).catch(fail)}>
            Try again
          </button>
        </p>
      )}
      <p class="unseen" role="status">
        {listing === undefined ? 'Loading' : wordsOf(listing)}
      </p>
      {listing === undefined ? (
        <p class="quiet">{problem === undefined ? 'Loading...' : ''}</p>
      ) : isEmpty ? (
        <p class="card quiet">
          {view.search === '' ? 'There is nothing here yet.' : 'No file has that in its name.'}
        </p>
      ) : (
        <Entries listing={listing} session={session} showsPaths={view.search !== ''} download={download} />
      )}
      {listing?.next === undefined ? null : (
        <button type="button" onClick={() => void load(listing).catch(fail)}>
          Show more
        </button>
      )}
    </>
  );
}

function wordsOf({ folders, files, next }: Listing): string {
  const shown = `${count(folders.length, 'folder')}, ${count(files.length, 'file')}`;
  return next === undefined ? shown : `${shown}, and more`;
}

function Crumbs({ folder }: { readonly folder: string }): VNode {
  const crumbs = crumbsOf(folder);
  return (
    <ol class="crumbs">
      {crumbs.map(({ name, path }, i) => (
        <li key={path}>
          {i === crumbs.length - 1 ? (
            <span aria-current="page">{name}</span>
          ) : (
            <a href={hashOf({ folder: path, search: '' })}>{name}</a>
          )}
        </li>
      ))}
    </ol>
  );
}
