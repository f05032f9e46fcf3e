import { describe, expect, it } from 'vitest';
import type { Channel, Message } from '../host/notices/channel.ts';
import { RunRecord } from './run-record.ts';
import { Teller } from './teller.ts';

describe('Teller', () => {
  it('tells of the end after the start has arrived, so that a slow line does not swap them', async () => {
    const sent: string[] = [];
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const channel: Channel = {
      label: 'check',
      isMonitor: true,
      async send({ moment }: Message): Promise<void> {
        sent.push(`${moment} begins`);
        if (moment === 'start') await arrived;
        sent.push(moment);
      },
    };
    const teller = new Teller([channel], 'always', () => undefined);
    teller.start();
    const notice = new RunRecord().notice({ kind: 'run', status: 0, ends: [], notes: [] });
    const ended = teller.end(notice, new AbortController().signal);
    await expect.poll(() => sent, { timeout: 20_000 }).toContain('start begins');
    // All that does not wait for the start goes ahead.
    await import('./notice-text.ts');
    await new Promise(setImmediate);
    arrive();
    await ended;
    expect(sent).toEqual(['start begins', 'start', 'success begins', 'success']);
  });
});
