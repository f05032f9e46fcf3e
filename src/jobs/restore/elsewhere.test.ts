// What one destination lacks comes from another one, and what is wrong with the request does not.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import type { RestoreEnd } from './restore-events.ts';
import { restore } from './restore.ts';

class FailingStore extends LocalStore {
  readonly code: 'E_AWAY' | 'E_STORE';

  constructor(folder: string, code: 'E_AWAY' | 'E_STORE') {
    super(folder);
    this.code = code;
  }

  override async list(): Promise<never> {
    return await Promise.reject(new SnapshotError(this.code, 'no answer'));
  }
}

let lab: SeriesLab;
let notes: string[];
beforeEach(async () => {
  lab = new SeriesLab();
  notes = [];
  writeFileSync(join(lab.source, 'file'), 'content');
  expect((await lab.run()).outcome).toBe('written');
});
afterEach(() => lab.remove());

/** Restores from `first`, with the series of the lab, which is whole, at another destination. */
async function restoreFrom(first: LocalStore, at = 'latest'): Promise<RestoreEnd> {
  return await restore(new Series(first, 'data'), {
    at,
    globs: [],
    to: join(lab.root, 'target'),
    elsewhere: [new Series(new LocalStore(lab.row.destination), 'data')],
    overwrite: 'never',
    deletes: false,
    dryRun: false,
    signal: new AbortController().signal,
    report: (event) => event.event === 'note' && notes.push(event.message),
  });
}

it.each<[string, (folder: string) => LocalStore]>([
  ['is away', (folder) => new FailingStore(folder, 'E_AWAY')],
  ['does not have the snapshot', (folder) => new LocalStore(folder)],
])('restores from another destination when the nearest one %s, and says so', async (_, open) => {
  const nearest = join(lab.root, 'nearest');
  mkdirSync(join(nearest, 'data'), { recursive: true });
  expect(await restoreFrom(open(nearest))).toMatchObject({ status: 0, files: 1 });
  expect(readFileSync(join(lab.root, 'target', 'file'), 'utf8')).toBe('content');
  expect(notes).toContainEqual(expect.stringContaining('trying another destination'));
});

it('does not hide behind another destination that one cannot be used', async () => {
  await expect(restoreFrom(new FailingStore(join(lab.root, 'nearest'), 'E_STORE'))).rejects.toMatchObject({
    code: 'E_STORE',
  });
});

it('says of a snapshot that no destination has that there is none', async () => {
  const nearest = join(lab.root, 'nearest');
  mkdirSync(join(nearest, 'data'), { recursive: true });
  await expect(restoreFrom(new LocalStore(nearest), '2001-01-01')).rejects.toMatchObject({ code: 'E_USAGE' });
  rmSync(lab.row.destination, { recursive: true });
  await expect(restoreFrom(new LocalStore(nearest))).rejects.toMatchObject({ code: 'E_USAGE' });
});
