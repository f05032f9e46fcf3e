// A night that is cut off from Google Drive at some request: the next one needs no hand.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Trouble } from '../../../test/support/servers/nasty-proxy.ts';
import { SeriesLab } from '../../jobs/run/series.lab.ts';
import { Series } from '../../series/series.ts';
import { ObjectStore } from '../object-store.ts';
import type { Store } from '../store.ts';
import { LateLocks } from '../wrap/late-locks.ts';
import { openDrive } from './drive-objects.ts';
import { drivePlace } from './drive.lab.ts';

/** Of the requests of a night so many are passed over; `SNAPSHOT_FAR_STEP=1` tries each. */
const STEP = Number(process.env['SNAPSHOT_FAR_STEP'] ?? 11);
/** As many as a night has in which a snapshot is rotated out. */
const MOST = 28;

const AWAY: Trouble = { kind: 'answer', answer: { status: 503 } };

it.each<[string, Trouble]>([
  ['is heard, and not answered', { kind: 'lose' }],
  ['is not heard', AWAY],
])(
  'a night of which a request %s, and none after it, leaves nothing that the next one does not clear up',
  { timeout: 300_000 },
  async (how, trouble) => {
    for (let at = 1; at <= MOST; at += STEP) {
      const { address, env, proxy, drive } = await drivePlace();
      const lab = new SeriesLab();
      onTestFinished(() => lab.remove());
      lab.row = { ...lab.row, destination: address, keep: { last: 2 } };
      const open = (): Store =>
        new ObjectStore(address, async () => new LateLocks(await openDrive(address, { env })));
      const night = async (name: string): Promise<string> => {
        writeFileSync(join(lab.source, name), name);
        return (await lab.run({ open })).outcome;
      };
      for (const name of ['a', 'b']) expect(await night(name)).toBe('written');
      const before = proxy.requests.length;
      proxy.trouble = () => {
        if (proxy.requests.length - before < at) return undefined;
        return proxy.requests.length - before === at ? trouble : AWAY;
      };
      await night('c');
      proxy.trouble = () => undefined;
      const where = `${at} ${how}`;
      expect(await night('d'), where).toBe('written');
      expect((await lab.run({ open })).outcome, where).toBe('unchanged');
      const store = open();
      onTestFinished(async () => await store.close());
      const { snapshots, damaged, unfinished } = await new Series(store, 'data').survey();
      expect([snapshots.length, damaged, unfinished], where).toEqual([2, [], []]);
      const keys = drive.files.all().map(({ appProperties }) => JSON.stringify(appProperties));
      expect(
        keys.filter((key, i) => keys.indexOf(key) !== i && !key.includes('Base')),
        where,
      ).toEqual([]);
    }
  },
);
