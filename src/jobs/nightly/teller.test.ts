import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Channel, Message } from '../../host/notices/channel.ts';
import { RunRecord } from './run-record.ts';
import { Teller } from './teller.ts';

describe('Teller', () => {
  it('tells of the end after the start has arrived, so that a slow line does not swap them', async () => {
    const sent: string[] = [];
    const line = new EventEmitter();
    const channel: Channel = {
      label: 'check',
      isMonitor: true,
      async send({ moment }: Message): Promise<void> {
        sent.push(`${moment} begins`);
        if (moment === 'start') await once(line, 'arrived');
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
    line.emit('arrived');
    await ended;
    expect(sent).toEqual(['start begins', 'start', 'success begins', 'success']);
  });
});
