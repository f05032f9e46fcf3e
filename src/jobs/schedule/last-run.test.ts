import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastRun } from './last-run.ts';
import type { PastRecord } from '../../series/past.ts';
import type { KnownDestination, Recall } from '../status/memory.ts';
import { SeriesLab } from '../run/series.lab.ts';

const NOW = new Date('2040-03-10T12:00:00Z');

/** A machine that remembers runs of these days, and how they ended. */
function remembering(
  isRemovable: boolean,
  runs: Readonly<Record<string, 'failed' | 'stopped' | 'waiting' | 'written'>>,
  others: readonly PastRecord[] = [],
): Recall {
  const records = Object.entries(runs).map(([day, outcome]) => ({
    started: `2040-03-${day}T02:00:00.000Z`,
    outcome,
    guards: [],
    error: null,
  }));
  const disks = isRemovable ? ['disk-one'] : [];
  const known: KnownDestination = {
    isRemovable,
    disks,
    series: [{ name: 'data', waitingSince: null, records: [...records, ...others] }],
  };
  return async () => await Promise.resolve(known);
}

describe('lastRun()', () => {
  let lab: SeriesLab;

  beforeEach(() => {
    lab = new SeriesLab();
  });
  afterEach(() => lab.remove());

  async function last(recall: Recall): Promise<string | undefined> {
    return (await lastRun([lab.row], NOW, recall))?.toISOString().slice(8, 10);
  }

  it('is the run that found the disk away, so that a restart while it is away runs nothing', async () => {
    expect(await last(remembering(true, { '07': 'written', '09': 'waiting' }))).toBe('09');
    expect(await last(remembering(true, { '08': 'written' }))).toBe('08');
  });

  it('is the run that could not reach its destination, whose log says nothing', async () => {
    writeFileSync(lab.row.destination, 'a file where the folder should be');
    expect(await last(remembering(false, { '09': 'failed' }))).toBe('09');
  });

  it('is none that was stopped, and the latest of the others, in whatever order', async () => {
    expect(await last(remembering(true, { '09': 'waiting', '07': 'written', '10': 'stopped' }))).toBe('09');
    expect(await last(remembering(true, { '10': 'stopped' }))).toBeUndefined();
  });

  it('is no look at what is there already, and no removal', async () => {
    const started = '2040-03-09T02:00:00.000Z';
    const later: readonly PastRecord[] = [
      { started, outcome: 'drill', result: 'passed' },
      { started, outcome: 'prune', removed: [] },
    ];
    expect(await last(remembering(true, { '07': 'written' }, later))).toBe('07');
  });

  it('is none of the future, which a clock has written that was wrong: it would hold all runs back until then', async () => {
    expect(await last(remembering(true, { '09': 'written', '12': 'written' }))).toBe('09');
  });

  it('is that of the row which has waited longest, and none when one has never been run', async () => {
    const rows = ['a', 'b', 'new'].map((name) => ({
      ...lab.row,
      name,
      destination: `${lab.row.destination}-${name}`,
    }));
    const memory = new Map([
      [rows[0]?.destination, '08'],
      [rows[1]?.destination, '06'],
    ]);
    const recall: Recall = async (destination) => {
      const day = memory.get(destination);
      if (day === undefined) return undefined;
      const known = await remembering(true, { [day]: 'waiting' })(destination);
      const [series] = known?.series ?? [];
      const name = destination.slice(destination.lastIndexOf('-') + 1);
      return known === undefined || series === undefined
        ? undefined
        : { ...known, series: [{ ...series, name }] };
    };
    const known = await lastRun(rows.slice(0, 2), NOW, recall);
    expect(known?.toISOString()).toBe('2040-03-06T02:00:00.000Z');
    expect(await lastRun(rows, NOW, recall)).toBeUndefined();
  });

  it('is none when somebody has deleted the series, whatever is remembered', async () => {
    expect(await last(remembering(false, { '09': 'written' }))).toBeUndefined();
  });

  it('is none on a new machine', async () => {
    mkdirSync(lab.row.destination);
    expect(await last(async () => await Promise.resolve(undefined))).toBeUndefined();
    rmSync(lab.row.destination, { recursive: true });
    expect(await last(async () => await Promise.resolve(undefined))).toBeUndefined();
  });
});
