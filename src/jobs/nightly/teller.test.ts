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

  it.each<[number, 'always' | 'trouble', readonly string[]]>([
    [0, 'always', ['mail', 'monitor']],
    [0, 'trouble', ['monitor']],
    [3, 'trouble', ['mail', 'monitor']],
  ])('tells of a run that ends with %i, where it is to tell %s', async (status, on, told) => {
    const sent: string[] = [];
    const channel = (label: string): Channel => ({
      label,
      isMonitor: label === 'monitor',
      send: async () => await Promise.resolve(void sent.push(label)),
    });
    const teller = new Teller([channel('mail'), channel('monitor')], on, () => undefined);
    const notice = new RunRecord().notice({ kind: 'run', status, ends: [], notes: [] });
    await teller.end(notice, new AbortController().signal);
    expect(sent.toSorted()).toEqual(told);
  });

  it('tries once where somebody waits, and says what could not be delivered', async () => {
    let tries = 0;
    const channel: Channel = {
      label: 'mail',
      isMonitor: false,
      send: async () => {
        tries++;
        await Promise.reject(new Error('no route'));
      },
    };
    const warnings: string[] = [];
    const teller = new Teller([channel], 'always', (message) => warnings.push(message));
    const notice = new RunRecord().notice({ kind: 'run', status: 130, ends: [], notes: [] });
    await teller.end(notice, AbortSignal.abort());
    expect([tries, warnings]).toEqual([1, [expect.stringContaining('no route')]]);
  });
});
