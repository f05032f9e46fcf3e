import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { readJson } from './read-json.ts';

/** What reads a body needs no more of a request than its stream. */
function bodyOf(...parts: readonly string[]): {
  readonly incoming: IncomingMessage;
  readonly end: () => void;
} {
  const stream = new PassThrough();
  for (const part of parts) stream.write(part);
  return { incoming: stream as unknown as IncomingMessage, end: () => void stream.end() };
}

it('an object is read, in as many pieces as it comes', async () => {
  const { incoming, end } = bodyOf('{"a"', ':1}');
  end();
  expect(await readJson({ incoming })).toEqual({ a: 1 });
});

it.each(['[1]', 'null', '{"a"', ''])('what is no object is refused: %s', async (text) => {
  const { incoming, end } = bodyOf(text);
  end();
  await expect(readJson({ incoming })).rejects.toMatchObject({ status: 400 });
});

it('of one that is too long no more is read', async () => {
  const { incoming: whole, end } = bodyOf('{"a":1}');
  end();
  expect(await readJson({ incoming: whole }, 7)).toEqual({ a: 1 });
  const { incoming } = bodyOf('x'.repeat(2000));
  await expect(readJson({ incoming }, 1024)).rejects.toMatchObject({
    status: 413,
    message: 'That is more than 1 KiB of JSON',
  });
});

it('one that does not come to its end is not waited for', async () => {
  const { incoming } = bodyOf('{"a"');
  await expect(readJson({ incoming }, 1024, 30)).rejects.toMatchObject({
    status: 408,
  });
});
