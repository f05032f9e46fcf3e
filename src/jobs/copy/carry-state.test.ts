// What is said of a series, at another place, also where nothing may be removed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { readAccepted, writeAccepted } from '../../series/accepted.ts';
import { liftHeld, readHeld, writeHeld } from '../../series/guards.ts';
import { OWNER_FILE } from '../../series/names.ts';
import { readPin, writePin } from '../../series/pins.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { MemoryObjects } from '../../store/memory-objects.lab.ts';
import { ObjectStore } from '../../store/object-store.ts';
import { fromText } from '../../tree/path.ts';
import { carryPins, carryState } from './carry-state.ts';

class AppendOnly extends MemoryObjects {
  override async remove(key: string): Promise<never> {
    return await Promise.reject(new SnapshotError('E_AUTH', `Cannot remove "${key}": access denied`));
  }
}

it('does not count any more there once it is gone at home', async () => {
  const root = mkdtempSync(join(tmpdir(), 'carry-state-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const home = new Series(new LocalStore(root), 'data');
  const objects = new AppendOnly();
  const there = new Series(new ObjectStore('memory://', async () => await Promise.resolve(objects)), 'data');
  const held = { since: '2026-01-01', guard: 'mass-change', snapshot: 'x', message: 'much' };
  await writeHeld(home, held);
  await writeAccepted(home, [{ path: fromText('a'), reason: 'known', since: '2026-01-01' }]);
  await home.store.put(home.key(OWNER_FILE), Buffer.from('{"host":"a","source":"/a"}'));
  await carryState(home, there);
  expect(await readHeld(there)).toMatchObject(held);
  expect(await readAccepted(there)).toHaveLength(1);
  await liftHeld(home, held, new Date());
  await writeAccepted(home, []);
  await home.store.remove(home.key(OWNER_FILE));
  for (const _ of ['one night', 'the next']) {
    await carryState(home, there);
    expect(await readHeld(there)).toBeUndefined();
    expect(await readAccepted(there)).toEqual([]);
  }
});

it('leaves a pin there as somebody has put it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'carry-state-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const [home, there] = ['home', 'there'].map((at) => new Series(new LocalStore(join(root, at)), 'data'));
  if (home === undefined || there === undefined) throw new Error('there are two');
  const name = '2026-01-01T00-00-00Z';
  const pin = { reason: 'of there', since: '2026-01-02T00:00:00.000Z' };
  await writePin(there, name, pin);
  await writePin(home, name, { ...pin, reason: 'of home' });
  await carryPins(home, there, [{ name }]);
  expect(await readPin(there, name)).toEqual(pin);
});
