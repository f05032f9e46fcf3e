import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LocalStore } from '../store/local/local-store.ts';
import { readPin, readPins, removePin, writePin } from './pins.ts';
import { Series } from './series.ts';

it('a pin that is taken back leaves nothing that would keep the snapshot from being removed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-pins-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const series = new Series(new LocalStore(folder), 'data');
  const pin = { reason: 'taxes', since: '2026-11-20T02:00:00.000Z' };
  await writePin(series, 'then', pin);
  expect(await readPin(series, 'then')).toEqual(pin);
  expect([...(await readPins(series, [{ name: 'then' }, { name: 'now' }])).keys()]).toEqual(['then']);
  expect(readdirSync(join(folder, 'data', 'then'))).toHaveLength(2);
  await removePin(series, 'then');
  expect(await readPin(series, 'then')).toBeUndefined();
  expect(readdirSync(join(folder, 'data', 'then'))).toEqual([]);
});
