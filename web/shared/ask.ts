// Requests to the server, with errors that a person can act on.

/** What the server refused, in its words; or that it could not be reached, with status 0. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refused';
    this.status = status;
  }
}

export interface Question {
  readonly token?: string;
  /** Sent as the body of a POST. */
  readonly json?: unknown;
  readonly signal?: AbortSignal;
}

/** The JSON that the server answers with. @throws {@link Refused} */
export async function ask<T>(path: string, question: Question = {}): Promise<T> {
  return (await (await fetchFrom(path, question)).json()) as T;
}

/** The answer itself. @throws {@link Refused} */
export async function fetchFrom(path: string, { token, json, signal }: Question = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: json === undefined ? 'GET' : 'POST',
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  }
  if (answer.ok) return answer;
  throw new Refused(answer.status, reasonIn(await answer.text().catch(() => ''), answer.status));
}

export function unreachable(): Refused {
  return new Refused(0, 'The server cannot be reached. Is this device in its network?');
}

/** The `error` of an answer of the server; of what lies between, only its status. */
export function reasonIn(body: string, status: number): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // It is no answer of ours.
  }
  return `The server answered with status ${status}`;
}

/** What to show of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
