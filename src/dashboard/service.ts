// What the routes work with.
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { readJson } from '../serve/http/read-json.ts';
import { Refusal } from '../serve/refusal.ts';
import type { Tasks } from './tasks.ts';
import type { Tickets } from './tickets.ts';

export interface Service {
  /** The plan, absolute. */
  readonly plan: string;
  /** The log that runs write, absolute. */
  readonly log: string;
  /** As the user gave it for the log; undefined: the usual place. */
  readonly logGiven: string | undefined;
  /** The folder below which may be restored, absolute; undefined: nowhere. */
  readonly restoreTo: string | undefined;
  readonly tasks: Tasks;
  readonly tickets: Tickets<Download>;
  /** Told of what should not happen. */
  readonly fail: (error: unknown) => void;
}

/** What a ticket stands for. */
export interface Download {
  readonly row: string;
  /** The snapshot. */
  readonly at: string;
  /** See `path-word.ts`. */
  readonly path: string;
  readonly as: 'file' | 'zip';
}

export type Asked = Context<{ readonly Bindings: HttpBindings }>;

/** A body of JSON. A form of another page cannot send this type. @throws {@link Refusal} 415, 400, 413 */
export async function bodyOf(asked: Asked, mostBytes?: number): Promise<Readonly<Record<string, unknown>>> {
  const type = asked.req.header('Content-Type') ?? '';
  if (/^application\/json(?:\s*;|$)/i.test(type)) return await readJson(asked.env, mostBytes);
  throw new Refusal(415, 'This takes JSON: `Content-Type: application/json`');
}

/** The text `name` in `body`. @throws {@link Refusal} 400 when it is something else. */
export function textIn(body: Readonly<Record<string, unknown>>, name: string, otherwise?: string): string {
  const value = body[name] ?? otherwise;
  if (typeof value === 'string') return value;
  throw new Refusal(400, `\`${name}\` is to be a text`);
}

/** @throws {@link Refusal} 400 when it is none of `choices`. */
export function choiceIn<T extends string>(
  body: Readonly<Record<string, unknown>>,
  name: string,
  choices: readonly T[],
): T {
  const found = choices.find((choice) => choice === body[name]);
  if (found !== undefined) return found;
  throw new Refusal(400, `\`${name}\` is to be one of: ${choices.join(', ')}`);
}

export function flagIn(body: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new Refusal(400, `\`${name}\` is to be true or false`);
}
