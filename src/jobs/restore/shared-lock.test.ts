// What is being restored is not rotated out meanwhile; where that cannot be made sure, the restore goes on all the same.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import type { RestoreEvent } from './restore-events.ts';
import { restore, type RestoreOptions } from './restore.ts';

let lab: SeriesLab;
/** The locks there were whenever something was told. */
let seen: Set<string>;
let events: RestoreEvent[];

beforeEach(async () => {
  lab = new SeriesLab();
  seen = new Set();
  events = [];
  writeFileSync(join(lab.source, 'file'), 'content');
  await lab.run();
});

afterEach(() => {
  lab.remove();
});

async function restored(
  store: LocalStore,
  options: Partial<RestoreOptions> = {},
): Promise<string | undefined> {
  const to = join(lab.root, 'target');
  await restore(new Series(store, 'data'), {
    at: 'latest',
    globs: [],
    to,
    overwrite: 'never',
    deletes: false,
    dryRun: false,
    signal: new AbortController().signal,
    report: (event) => {
      events.push(event);
      for (const name of lab.locks()) seen.add(name);
    },
    ...options,
  });
  return options.dryRun === true ? undefined : readFileSync(join(to, 'file'), 'utf8');
}

describe('restore()', () => {
  it('holds a lock that is shared as long as it reads', async () => {
    expect(await restored(new LocalStore(lab.row.destination))).toBe('content');
    expect([...seen]).toEqual([expect.stringMatching(/^\.shared-[0-9a-f]{16}$/)]);
    expect(lab.locks()).toEqual([]);
  });

  it('gives it back when it fails, and takes none for a dry run', async () => {
    const store = new LocalStore(lab.row.destination);
    await expect(restored(store, { globs: ['nothing'] })).rejects.toThrow('Nothing in');
    expect(lab.locks()).toEqual([]);
    await restored(store, { dryRun: true });
    expect(events).not.toEqual([]);
    expect(seen.size).toBe(0);
  });

  it('goes on where it cannot be locked, and says so', async () => {
    const store = new LocalStore(lab.row.destination);
    store.put = async () => await Promise.reject(new SnapshotError('E_STORE', 'the disk is read-only'));
    expect(await restored(store)).toBe('content');
    expect(events).toContainEqual({
      event: 'note',
      row: 'data',
      message: 'it is not locked against a rotation meanwhile: the disk is read-only',
    });
  });
});
