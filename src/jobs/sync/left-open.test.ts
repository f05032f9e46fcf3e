import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { bring } from '../../../test/support/synced.ts';
import { HAS_MODES } from '../../base/able.lab.ts';
import { PastFile } from '../../sync/past-file.ts';
import type { BytePath } from '../../tree/path.ts';
import { noteOpen } from './left-open.ts';
import { openPair } from './pair.ts';

it.skipIf(!HAS_MODES)(
  'closes the folders that a sync which was killed has left open, but for what somebody has changed',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-open-'));
    vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(root, { recursive: true });
    });
    const [here, there] = [join(root, 'here'), join(root, 'there')];
    const names = ['closed', 'mine', 'gone'];
    for (const name of names) mkdirSync(join(here, name), { recursive: true });
    mkdirSync(there);
    writeFileSync(join(here, 'closed/file'), 'text');
    for (const name of names) chmodSync(join(here, name), 0o555);
    await bring(here, there);
    const modes = (): readonly number[] =>
      [here, there].flatMap((side) =>
        ['closed', 'mine'].map((name) => statSync(join(side, name)).mode & 0o777),
      );
    expect(modes()).toEqual([0o555, 0o555, 0o555, 0o555]);
    const sides = await openPair(here, there);
    const file = new PastFile([sides.here.address, sides.there.address]);
    const opened = names.map((path) => ({ side: 'there' as const, path: path as BytePath, mode: 0o555 }));
    await noteOpen(file, opened);
    chmodSync(join(there, 'closed'), 0o755);
    chmodSync(join(there, 'mine'), 0o775);
    rmSync(join(there, 'gone'), { recursive: true });
    const part = join(there, 'closed', '.snapshot-0123456789abcdef.part');
    writeFileSync(part, 'cut short');
    await bring(here, there);
    expect(existsSync(part)).toBe(false);
    expect(modes()).toEqual([0o555, 0o775, 0o555, 0o775]);
    // It counts once.
    chmodSync(join(there, 'closed'), 0o755);
    await bring(here, there);
    expect(modes()).toEqual([0o755, 0o775, 0o755, 0o775]);
  },
);
