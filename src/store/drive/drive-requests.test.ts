// How many requests nights cost: docs/stores/drive.md says the same numbers.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeDrive } from '../../../test/support/servers/fake-drive.ts';
import { SeriesLab } from '../../jobs/run/series.lab.ts';
import { ObjectStore } from '../object-store.ts';
import type { Store } from '../store.ts';
import { LateLocks } from '../wrap/late-locks.ts';
import { openDrive } from './drive-objects.ts';
import { machine } from './drive.lab.ts';

const ADDRESS = 'gdrive://Backups/nas';

interface Night {
  readonly outcome: string;
  readonly requests: readonly string[];
}

/** A row whose nights are counted; each is one of a process of its own. */
async function nights(): Promise<{ lab: SeriesLab; night: (isCold?: boolean) => Promise<Night> }> {
  const drive = await FakeDrive.start();
  const lab = new SeriesLab();
  onTestFinished(async () => {
    lab.remove();
    await drive.stop();
  });
  const env = machine(drive);
  const home = env['HOME'] ?? '';
  lab.row = { ...lab.row, destination: ADDRESS, keep: { last: 2 } };
  mkdirSync(join(lab.source, 'folder'));
  for (let i = 0; i < 10; i++) writeFileSync(join(lab.source, 'folder', `${i}`), `${i}`.repeat(300));
  let count = 0;
  const night = async (isCold = false): Promise<Night> => {
    // Tokens are remembered by the process, for each login.
    const login = join(home, `login-${count++}.json`);
    copyFileSync(env['SNAPSHOT_GDRIVE_LOGIN'] ?? '', login);
    const state = isCold ? join(home, `state-${count}`) : home;
    const own = { ...env, SNAPSHOT_GDRIVE_LOGIN: login, XDG_STATE_HOME: state };
    const from = drive.requests.length;
    const open = (): Store =>
      new ObjectStore(ADDRESS, async () => new LateLocks(await openDrive(ADDRESS, { env: own })));
    const { outcome } = await lab.run({ open });
    return { outcome, requests: drive.requests.slice(from) };
  };
  return { lab, night };
}

describe('a night in Google Drive', () => {
  it('without changes costs three requests, and reads only what it does not know', async () => {
    const { lab, night } = await nights();
    await night();
    const quiet = { outcome: 'unchanged', requests: ['token', 'list', 'create multipart'] };
    expect(await night()).toEqual(quiet);
    expect(await night()).toEqual(quiet);
    const cold = await night(true);
    expect(cold.outcome).toBe('unchanged');
    // info.json and the index of the newest, and of the others info.json.
    expect(cold.requests).toEqual(['token', 'list', 'get', 'get', 'generateIds', 'create multipart']);
    writeFileSync(join(lab.source, 'a'), 'a');
    await night();
    expect(await night()).toEqual(quiet);
  });

  it('with one archive costs 18, and eight more when a snapshot is rotated out', async () => {
    const { lab, night } = await nights();
    const counts: number[] = [];
    for (const name of ['first', 'a', 'b']) {
      writeFileSync(join(lab.source, name), name);
      const { outcome, requests } = await night();
      expect(outcome).toBe('written');
      counts.push(requests.length);
      expect(requests.filter((request) => request === 'get')).toEqual([]);
    }
    expect(counts).toEqual([25, 18, 26]);
  });
});
