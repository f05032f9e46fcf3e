// Small parts that several views show.
import { type ComponentChildren, createContext, type VNode } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { AboutAnswer } from './answers.ts';
import { get, Refused } from './api.ts';

export const AboutContext = createContext<AboutAnswer>({ host: '', plan: '', restoreTo: null });

/** Whether a view is the first one since the page was opened. */
export const StepContext = createContext({ isFirst: true });

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: Refused | undefined;
}

/** What the server has at `path`; asked again when `version` changes, without forgetting what is shown. */
export function useAnswer<T>(path: string, version: unknown = 0): Loaded<T> {
  const [found, set] = useState<Loaded<T> & { readonly path: string }>({
    path,
    data: undefined,
    error: undefined,
  });
  useEffect(() => {
    let isWanted = true;
    get<T>(path).then(
      (data) => isWanted && set({ path, data, error: undefined }),
      (error: unknown) =>
        isWanted &&
        set((old) => ({ path, data: old.path === path ? old.data : undefined, error: asRefused(error) })),
    );
    return () => {
      isWanted = false;
    };
  }, [path, version]);
  return found.path === path ? found : { data: undefined, error: undefined };
}

export function asRefused(error: unknown): Refused {
  return error instanceof Refused
    ? error
    : new Refused(0, error instanceof Error ? error.message : String(error));
}

export function Trouble({ error }: { readonly error: Refused | undefined }): VNode | null {
  if (error === undefined) return null;
  return (
    <div class="card trouble" role="alert">
      <strong class="bad">{error.message}</strong>
      {error.hint === undefined ? null : <div class="quiet lines">{error.hint}</div>}
    </div>
  );
}

/** What is shown until the server has answered, and when it does not. */
export function Waiting<T>({
  of,
  children,
}: {
  readonly of: Loaded<T>;
  readonly children: (data: T) => ComponentChildren;
}): VNode {
  return (
    <>
      <Trouble error={of.error} />
      {of.data === undefined ? (
        of.error === undefined ? (
          <p class="quiet">Looking …</p>
        ) : null
      ) : (
        children(of.data)
      )}
    </>
  );
}

/** A command line that does the same, and a button that copies it. */
export function Command({ line }: { readonly line: string }): VNode {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(line).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div class="command">
      <code>{line}</code>
      <button type="button" class="plain" onClick={copy} aria-label={`Copy the command ${line}`}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}

/** The heading of a view; it gets the focus, so that a screen reader says where one is. */
export function Title({
  children,
  text,
}: {
  readonly text: string;
  readonly children?: ComponentChildren;
}): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const { isFirst } = useContext(StepContext);
  useEffect(() => {
    document.title = `${text} - snapshot`;
  }, [text]);
  useEffect(() => {
    if (!isFirst) heading.current?.focus();
  }, []);
  return (
    <h1 tabIndex={-1} ref={heading}>
      {text} {children}
    </h1>
  );
}
