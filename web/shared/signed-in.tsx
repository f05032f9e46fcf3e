// Around each page of a library: lets in whoever has a token, and asks for one else.
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messageOf, Refused } from './ask.ts';
import { forgetToken, keepToken, openSession, pair, type Session, takePairingCode } from './session.ts';

export interface SignedInProps {
  readonly page: 'upload' | 'library';
  readonly children: (session: Session, signOut: (why?: string) => void) => ComponentChildren;
}

type State = { readonly session?: Session | undefined; readonly why?: string | undefined } | 'opening';

export function SignedIn({ page, children }: SignedInProps): VNode {
  const [state, setState] = useState<State>('opening');
  const open = async (begin?: () => Promise<void> | void): Promise<void> => {
    setState('opening');
    try {
      await begin?.();
      setState({ session: await openSession() });
    } catch (error) {
      const isUnknown = error instanceof Refused && error.status === 401;
      if (isUnknown) forgetToken();
      setState({
        why: isUnknown ? 'This device is not let in any more: its token was taken back.' : messageOf(error),
      });
    }
  };
  useEffect(() => {
    const code = takePairingCode();
    void open(code === undefined ? undefined : async () => await pair(code));
  }, []);
  const signOut = (why?: string): void => {
    forgetToken();
    setState({ why });
  };
  const session = state === 'opening' ? undefined : state.session;
  return (
    <>
      <header class="bar">
        <strong>snapshot</strong>
        <nav class="row" aria-label="Pages">
          <a href="/" aria-current={page === 'upload' ? 'page' : undefined}>
            Upload
          </a>
          <a href="/library" aria-current={page === 'library' ? 'page' : undefined}>
            Library
          </a>
        </nav>
        {session === undefined ? null : (
          <button
            class="plain end"
            type="button"
            aria-label={`Sign out ${session.account}`}
            onClick={() => signOut()}
          >
            Sign out
          </button>
        )}
      </header>
      <main>
        {state === 'opening' ? (
          <p class="quiet" role="status">
            Opening...
          </p>
        ) : session === undefined ? (
          <SignIn why={state.why} enter={open} />
        ) : (
          children(session, signOut)
        )}
      </main>
    </>
  );
}

interface SignInProps {
  readonly why: string | undefined;
  readonly enter: (begin?: () => Promise<void> | void) => Promise<void>;
}

function SignIn({ why, enter }: SignInProps): VNode {
  const [text, setText] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    const secret = text.trim();
    void enter(async () => {
      if (secret.startsWith('snap_')) keepToken(secret);
      else await pair(secret);
    });
  };
  return (
    <form class="card narrow" onSubmit={submit}>
      <h1>Connect this device</h1>
      {why === undefined ? null : (
        <p class="bad" role="alert">
          {why}
        </p>
      )}
      <p>
        On the server, <code>snapshot serve pair FOLDER NAME</code> shows a code to scan. Or enter that code,
        or a token, here.
      </p>
      <label for="secret">Code or token</label>
      <div class="row">
        <input
          id="secret"
          class="grow"
          required
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button class="main" type="submit">
          Connect
        </button>
      </div>
      {why === undefined ? null : (
        <button class="plain" type="button" onClick={() => void enter()}>
          Try again
        </button>
      )}
    </form>
  );
}
