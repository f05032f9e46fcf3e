// Requests that no client of good will sends, as bytes, and what is answered to them.
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { BODIES, HEADERS, METHODS, NAMES } from './odd-parts.lab.ts';

export interface OddRequest {
  readonly method: string;
  /** As it is sent. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** Which token it has. */
  readonly who: string;
  /** How its length is said: another one than `right` may leave the server waiting for more. */
  readonly framing: string;
}

export interface OddAnswer {
  /** 0: none, and the connection was ended. */
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface OddChoices {
  /** Where the endpoints are. */
  readonly targets: readonly string[];
  /** Those that get the odd names at their end. */
  readonly prefixes: readonly string[];
  readonly bodies: readonly unknown[];
  readonly headers: readonly (readonly [string, string])[];
  readonly who: readonly string[];
  /** A `Host` that is its own. */
  readonly host: string;
}

/** @param choices - What there is at the server that is asked. */
export function oddRequests(choices: OddChoices): fc.Arbitrary<OddRequest> {
  const { targets, prefixes, bodies, headers, who } = choices;
  const odd = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...NAMES) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map(encodeURIComponent) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 20 }) },
  );
  const target = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...targets) },
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...prefixes), odd).map(([at, name]) => at + name) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        '*',
        '//',
        '/%',
        'x',
        'http://evil.example/',
        'http://',
        '/\\',
        '/?%',
        '/#',
        `/${'x'.repeat(15_000)}`,
      ),
    },
  );
  return fc.record({
    method: fc.constantFrom(...METHODS),
    target: target.map((text) => text.replaceAll(/[\r\n ]/g, '%20')),
    headers: fc.array(fc.constantFrom(...HEADERS, ...headers), { maxLength: 3 }),
    body: fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...BODIES) },
      { weight: 3, arbitrary: fc.constantFrom(...bodies).map((body) => JSON.stringify(body)) },
      { weight: 1, arbitrary: fc.json() },
    ),
    who: fc.constantFrom(...who),
    framing: fc.constantFrom(
      'right',
      'right',
      'right',
      'right',
      'short',
      'long',
      'chunked',
      'both',
      'twice',
      'negative',
      'broken chunks',
      'none',
    ),
  });
}

/** The bytes of it. @param token - Empty: none. */
function bytesOf(
  { method, target, headers, body, framing }: OddRequest,
  host: string,
  token: string,
): Buffer {
  const length = Buffer.byteLength(body);
  const chunk = `${length.toString(16)}\r\n${body}\r\n${length === 0 ? '' : '0\r\n\r\n'}`;
  const [lengths, sent] = (
    {
      right: [`Content-Length: ${length}\r\n`, body],
      short: [`Content-Length: ${length + 5}\r\n`, body],
      long: [`Content-Length: ${Math.max(0, length - 1)}\r\n`, body],
      chunked: ['Transfer-Encoding: chunked\r\n', chunk],
      both: [`Content-Length: ${length}\r\nTransfer-Encoding: chunked\r\n`, chunk],
      twice: ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked, identity\r\n', chunk],
      negative: ['Content-Length: -1\r\n', body],
      'broken chunks': ['Transfer-Encoding: chunked\r\n', `zz\r\n${body}`],
      none: ['', body],
    } as Readonly<Record<string, readonly [string, string]>>
  )[framing] ?? ['', ''];
  const others = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const own = headers.some(([name]) => name === 'Host') ? '' : `Host: ${host}\r\n`;
  const auth = token === '' ? '' : `Authorization: Bearer ${token}\r\n`;
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${own}${auth}${others}${lengths}\r\n${sent}`);
}

/** Sends it over a connection of its own. What the server still waits for does not come. */
export async function sendOdd(
  port: number,
  odd: OddRequest,
  host: string,
  token: string,
): Promise<OddAnswer> {
  return await new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(bytesOf(odd, host, token));
      if (odd.framing !== 'right') socket.end();
    });
    const look = (): void => {
      if (isWhole(text, odd.method)) socket.destroy();
    };
    socket.on('data', (part) => {
      // Before an answer may come word that the body is awaited.
      text = (text + part.toString('latin1')).replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, '');
      look();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answerIn(text)));
  });
}

function isWhole(text: string, method: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const { status, type } = answerIn(text);
  if (method === 'HEAD' || [204, 304].includes(status) || type.startsWith('text/event-stream')) return true;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return text.endsWith('0\r\n\r\n');
}

function answerIn(text: string): OddAnswer {
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end === -1 ? text.length : end);
  const type = /\r\ncontent-type: ([^\r]*)/i.exec(head)?.[1] ?? '';
  // What follows is the answer to what was sent behind it.
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? text.length);
  const body = end === -1 ? '' : text.slice(end + 4, end + 4 + length);
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1] ?? 0), type, body };
}

/** What is wrong with an answer to anything; undefined when nothing is. @param secret - What must not be told, as a path of the disk. */
export function faultIn(
  { status, type, body }: OddAnswer,
  { method }: OddRequest,
  secret: string,
): string | undefined {
  if (status >= 500 && ![501, 503, 507].includes(status)) return `status ${status}`;
  if (body.includes(secret)) return 'a path of the disk';
  if (/\n\s+at |node_modules|\.[jt]s:\d+/.test(type.startsWith('text/javascript') ? '' : body))
    return 'a stack';
  if (status < 400 || method === 'HEAD') return undefined;
  if (!type.startsWith('application/json')) return `status ${status} of type "${type}"`;
  const said: unknown = JSON.parse(Buffer.from(body, 'latin1').toString());
  const { error } = said as { error?: unknown };
  return typeof error === 'string' && error !== '' ? undefined : `status ${status} without a word`;
}
