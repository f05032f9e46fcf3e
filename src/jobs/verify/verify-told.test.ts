// What is told of a verify to who is not there, and how one ends that could not be looked into.
import { describe, expect, it } from 'vitest';
import type { Channel } from '../../host/notices/channel.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { tellVerify } from './tell-verify.ts';
import { unseenEnd } from './unseen-end.ts';
import { END } from './verify-end.lab.ts';
import type { VerifyEnd } from './verify-events.ts';
import { verifyMessage } from './verify-notice.ts';
import type { VerifyOptions } from './verify.ts';

describe('verifyMessage()', () => {
  it.each<[string, Partial<VerifyEnd>, string]>([
    ['well', {}, 'data: 2 snapshots, as it should be'],
    ['damaged', { damages: 1, status: 1 }, 'data: 2 snapshots, 1 file damaged'],
    ['lost', { damages: 2, lost: 3, status: 1 }, 'data: 2 snapshots, 2 files damaged, 3 paths lost'],
    ['a guard would stop it', { status: 4 }, 'data: 2 snapshots, not all is as it should be'],
    ['away', { nothing: '"/mnt/disk" is not there', status: 0 }, 'data: "…/disk" is not there'],
  ])('%s', (_, change, line) => {
    const { text, moment } = verifyMessage([{ ...END, ...change }], change.status ?? 0);
    const [first = '', ...rest] = text.split('\n');
    expect(first).toBe(line);
    expect(rest).toEqual(['', `Exit code ${change.status ?? 0}.`]);
    expect(moment).toBe((change.status ?? 0) === 0 ? 'success' : 'failure');
  });

  it('has what went wrong first, and counts each for itself', () => {
    const bad = { ...END, series: 'bad', damages: 1, lost: 2, status: 1 };
    const { text, payload, title } = verifyMessage([END, bad, { ...END, series: 'last' }], 1);
    expect(text.split('\n').map((line) => line.split(':')[0])).toEqual([
      'bad',
      'data',
      'last',
      '',
      'Exit code 1.',
    ]);
    expect(title).toMatch(/: something is wrong$/);
    expect(payload).toMatchObject({
      status: 1,
      series: [{ series: 'data' }, { series: 'bad', damages: 1, lost: 2, status: 1 }, { series: 'last' }],
    });
  });
});

it.each([
  ['trouble', 0, ['monitor']],
  ['trouble', 1, ['monitor', 'mail']],
  ['always', 0, ['monitor', 'mail']],
] as const)('tells on %s, with exit code %i: %j', async (on, status, expected) => {
  const told: string[] = [];
  const channel = (name: string, isMonitor: boolean): Channel =>
    ({
      name,
      isMonitor,
      send: async () => await Promise.resolve(void told.push(name)),
    }) as unknown as Channel;
  const channels = [channel('monitor', true), channel('mail', false)];
  await tellVerify(channels, on, { ends: [{ ...END, status }], status, error: undefined }, (message) =>
    expect.unreachable(message),
  );
  expect(told).toEqual(expected);
});

it.each([
  // [its disk is away, its row is overdue, is active, exit code]
  [true, false, true, 0],
  [true, true, true, 1],
  [true, true, false, 1],
  [false, false, true, 1],
  [false, false, false, 0],
  [false, false, undefined, 1],
])(
  'of a series that is away (%s, overdue %s, active %s) the exit code is %i',
  (isAway, isOverdue, active, status) => {
    const lab = new SeriesLab();
    lab.remove();
    const row = active === undefined ? undefined : { ...lab.row, active };
    const series = new Series(new LocalStore(lab.row.destination), 'data');
    const options = { level: 'quick' } as VerifyOptions;
    const end = unseenEnd(series, options, { message: 'not there', isAway, isOverdue }, row);
    expect(end).toMatchObject({ status, nothing: 'not there', looked: 'quick' });
    expect(end.isAway).toBe(isAway ? true : undefined);
  },
);
