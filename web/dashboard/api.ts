// Talks to the server. The token never stands in an address, and is forgotten with the tab.

const KEY = 'snapshot-token';

/** What the server refuses, in words. */
export class Refused extends Error {
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string | null) {
    super(message);
    this.status = status;
    this.hint = hint ?? undefined;
  }
}

/** Exchanges the code in the address for a token, and takes it out of the address. */
export async function enter(): Promise<void> {
  const [, code] = /^#code=([\w-]+)$/.exec(location.hash) ?? [];
  if (code === undefined) return;
  history.replaceState(undefined, '', `${location.pathname}#/`);
  const { token } = await ask<{ token: string }>('POST', '/v1/session', { code });
  sessionStorage.setItem(KEY, token);
}

export async function get<T>(path: string): Promise<T> {
  return await ask<T>('GET', path);
}

export async function post<T>(path: string, body: object = {}): Promise<T> {
  return await ask<T>('POST', path, body);
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await call(path, {
    method,
    headers: { ...headers(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const said = (await answer.json().catch(() => ({}))) as { error?: string; hint?: string };
  if (answer.ok) return said as T;
  throw new Refused(answer.status, said.error ?? `The server answered ${answer.status}`, said.hint);
}

async function call(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch {
    throw new Refused(0, 'The server does not answer', 'Is `snapshot web` still running?');
  }
}

function headers(): Readonly<Record<string, string>> {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** Reads server-sent events until the connection ends. EventSource would send no header. */
export async function events(
  told: (event: string, data: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const answer = await call('/v1/events', { headers: headers(), signal });
  if (!answer.ok || answer.body === null) throw new Refused(answer.status, 'No progress is told');
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (text + value).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const [, event = ''] = /^event: (.*)$/m.exec(part) ?? [];
      const [, data] = /^data: (.*)$/m.exec(part) ?? [];
      if (data !== undefined) told(event, data);
    }
  }
}
