import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { count, formatBytes } from '../shared/amounts.ts';
import type { Session } from '../shared/session.ts';
import { SignedIn } from '../shared/signed-in.tsx';
import { Chooser } from './chooser.tsx';
import { ItemList } from './item-list.tsx';
import type { Unfinished } from './memory.ts';
import { type Queue, totalsOf } from './queue.ts';
import { ReceiptCard } from './receipt-card.tsx';
import { Uploader } from './uploader.ts';

export function UploadPage(): VNode {
  return (
    <SignedIn page="upload">
      {(session, signOut) =>
        session.scope === 'read' ? <MayOnlyRead /> : <Upload session={session} signOut={signOut} />
      }
    </SignedIn>
  );
}

function MayOnlyRead(): VNode {
  return (
    <div class="card narrow">
      <h1>This device may only look</h1>
      <p>
        Its token has the scope <code>read</code>. For one that may upload, run{' '}
        <code>snapshot serve pair FOLDER NAME</code> on the server, sign out here, and enter the code.
      </p>
      <p>
        <a href="/library">See the library</a>
      </p>
    </div>
  );
}

interface Shown {
  readonly queue: Queue;
  readonly isAway: boolean;
}

/** Between two looks at what has changed: a browser has better things to do than to draw each of many steps. */
const DRAW_MS = 100;

function Upload({
  session,
  signOut,
}: {
  readonly session: Session;
  readonly signOut: (why?: string) => void;
}): VNode {
  const [{ queue, isAway }, show] = useState<Shown>({ queue: [], isAway: false });
  const [before, setBefore] = useState<readonly Unfinished[]>([]);
  const uploader = useRef<Uploader | undefined>(undefined);
  useEffect(() => {
    let latest: Shown | undefined;
    const draw = (): void => {
      if (latest !== undefined) show(latest);
      latest = undefined;
    };
    const onChange = (now: Queue, away: boolean): void => {
      if (latest === undefined) setTimeout(draw, DRAW_MS);
      latest = { queue: now, isAway: away };
    };
    const mine = new Uploader({ token: session.token, onChange, onOut: signOut });
    uploader.current = mine;
    void mine.memory.all().then(setBefore);
    return () => mine.close();
  }, [session.token]);
  const totals = totalsOf(queue);
  useEffect(() => {
    if (totals.isDone) return undefined;
    const stay = (event: Event): void => event.preventDefault();
    addEventListener('beforeunload', stay);
    return () => removeEventListener('beforeunload', stay);
  }, [totals.isDone]);

  return (
    <>
      <h1>Upload to {session.account}'s library</h1>
      <Chooser
        isFirst={queue.length === 0}
        onPicked={(picked) => {
          setBefore([]);
          uploader.current?.add(picked);
        }}
      />
      {before.length > 0 && queue.length === 0 ? (
        <section class="card" aria-label="Not finished the last time">
          <p>
            <strong>{count(before.length, 'file')}</strong> {before.length === 1 ? 'was' : 'were'} not
            finished when this page was closed, such as <em>{before[0]?.path}</em>. Choose them again: what
            has arrived is not sent again.
          </p>
          <button
            type="button"
            onClick={() => {
              setBefore([]);
              void uploader.current?.memory.clear();
            }}
          >
            Forget them
          </button>
        </section>
      ) : null}
      {queue.length === 0 ? null : (
        <section class="card" aria-label="Progress">
          <div role="status">
            <h2>{statusOf(queue, isAway)}</h2>
          </div>
          <progress
            max={totals.bytes || 1}
            value={totals.isDone && totals.failed === 0 ? totals.bytes || 1 : totals.sent}
            aria-label="All files"
          />
          <p class="quiet">
            {formatBytes(totals.sent)} of {formatBytes(totals.bytes)}
            {totals.known > 0 ? ` - ${totals.known.toLocaleString('en')} known already, not sent` : ''}
          </p>
          {totals.failed > 0 ? (
            <div class="row">
              <span class="bad">{count(totals.failed, 'file')} could not be uploaded</span>
              <button type="button" onClick={() => uploader.current?.retry()}>
                Try those again
              </button>
            </div>
          ) : null}
        </section>
      )}
      {totals.isDone && totals.files > totals.failed ? (
        <ReceiptCard
          account={session.account}
          queue={queue}
          verify={async () => (await uploader.current?.verify()) ?? []}
          onClear={() => uploader.current?.clear()}
        />
      ) : null}
      <ItemList queue={queue} onDrop={(item) => uploader.current?.drop(item)} />
    </>
  );
}

/** Whether it runs, in one line. */
function statusOf(queue: Queue, isAway: boolean): string {
  const { files, stored, known, failed, isDone } = totalsOf(queue);
  const there = `${(stored + known).toLocaleString('en')} of ${count(files, 'file')}`;
  if (isDone) return failed === 0 ? `Done: ${there} are there` : `Ended: ${there} are there`;
  if (isAway) return `${there}. The server cannot be reached now; this goes on by itself`;
  return `${there} are there`;
}
