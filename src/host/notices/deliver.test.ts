import { describe, expect, it } from 'vitest';
import type { Message } from './channel.ts';
import { deliver, HASTY, PATIENT, type Patience } from './deliver.ts';
import { closedPort, silentPort, webServer } from './notices.lab.ts';
import { webhook } from './webhook.ts';

const MESSAGE: Message = { moment: 'success', title: 'title', text: 'text', payload: {} };
const QUICK: Patience = { limitMs: 20_000, pausesMs: [1, 1] };

/** The longest it can take. */
function most({ limitMs, pausesMs }: Patience): number {
  return limitMs * (pausesMs.length + 1) + pausesMs.reduce((sum, ms) => sum + ms, 0);
}

describe('deliver()', () => {
  it('tries again when the server has trouble, until it is taken', async () => {
    const { origin, received } = await webServer((response, nth) => {
      response.statusCode = nth < 3 ? 500 : 200;
      response.end();
    });
    expect(await deliver(webhook(new URL(origin)), MESSAGE, QUICK)).toBeUndefined();
    expect(received).toHaveLength(3);
  });

  it('says what the last answer was when it gives up', async () => {
    const { origin, received } = await webServer((response) => response.writeHead(503).end());
    const failure = await deliver(webhook(new URL(origin)), MESSAGE, QUICK);
    expect(failure?.message).toMatch(
      /^Cannot send the notice, webhook at 127\.0\.0\.1:\d+: the server answers 503$/,
    );
    expect(received).toHaveLength(3);
  });

  it.each([404, 302])('tries once when the server answers %i', async (status) => {
    const { origin, received } = await webServer((response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:1/secret' }).end(),
    );
    const failure = await deliver(webhook(new URL(origin)), MESSAGE, QUICK);
    expect(failure?.message).not.toContain('secret');
    expect(received).toHaveLength(1);
  });

  it('says that nobody answers', async () => {
    const failure = await deliver(webhook(new URL(`http://127.0.0.1:${await closedPort()}`)), MESSAGE, QUICK);
    expect(failure?.message).toMatch(/: nobody answers there$/);
  });

  it('gives up on a server that says nothing', async () => {
    const patience = { limitMs: 50, pausesMs: [1] };
    const channel = webhook(new URL(`http://127.0.0.1:${await silentPort()}`));
    const failure = await deliver(channel, MESSAGE, patience);
    expect(failure?.message).toMatch(/: no answer within 0\.05 seconds$/);
  });

  it('asks a server again that was too slow', async () => {
    const { origin, received } = await webServer((response, nth) => void (nth > 1 && response.end()));
    expect(await deliver(webhook(new URL(origin)), MESSAGE, { limitMs: 300, pausesMs: [1] })).toBeUndefined();
    expect(received).toHaveLength(2);
  });

  it('takes an answer for good as soon as its status is there, however long its body', async () => {
    const { origin } = await webServer((response) => {
      response.writeHead(200);
      response.write('and so on');
    });
    expect(await deliver(webhook(new URL(origin)), MESSAGE, QUICK)).toBeUndefined();
  });

  it('gives up as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const { origin, received } = await webServer(() => controller.abort());
    const failure = await deliver(
      webhook(new URL(origin)),
      MESSAGE,
      { ...QUICK, pausesMs: [60_000] },
      controller.signal,
    );
    expect(failure?.message).toMatch(/: stopped$/);
    expect(received).toHaveLength(1);
  });

  it('waits for no second try when the signal aborts in between', async () => {
    const controller = new AbortController();
    const { origin, received } = await webServer((response) => {
      response.on('close', () => controller.abort());
      response.writeHead(500).end();
    });
    const patience = { ...QUICK, pausesMs: [3_600_000] };
    expect(await deliver(webhook(new URL(origin)), MESSAGE, patience, controller.signal)).toBeDefined();
    expect(received).toHaveLength(1);
  });

  it('tries nothing when the signal has aborted before', async () => {
    const { origin, received } = await webServer();
    const failure = await deliver(webhook(new URL(origin)), MESSAGE, QUICK, AbortSignal.abort());
    expect(failure?.message).toMatch(/: stopped$/);
    expect(received).toHaveLength(0);
  });

  it('never holds up a shutdown for a minute', () => {
    expect(most(PATIENT) + most(HASTY)).toBeLessThan(60_000);
  });
});
