// Two weeks in the life of a laptop, in a second: nightly runs, a lid that stays closed, a power cut in the middle.
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCron } from '../host/cron.ts';
import { LocalStore } from '../store/local-store.ts';
import type { StoreWriter } from '../store/store.ts';
import { Timetable } from './due.ts';
import type { RowEnd } from './events.ts';
import { lastRun } from './last-run.ts';
import { run } from './run.ts';
import { schedule, type ScheduleEvent } from './schedule.ts';
import { ScheduleLab } from './schedule-lab.ts';
import { contentOf, SeriesLab } from './series-lab.ts';

const RUN_MS = 10 * 60_000;

class PowerCut extends Error {}

/** A disk that is without power from the first archive on; the locks go with the process, as far as others can tell. */
class CutStore extends LocalStore {
  #isCut = false;

  override async create(key: string): Promise<StoreWriter> {
    if (key.endsWith('.tar.zst')) this.#isCut = true;
    if (this.#isCut) throw new PowerCut();
    return await super.create(key);
  }

  override async appendLine(key: string, line: string): Promise<void> {
    if (this.#isCut) throw new PowerCut();
    await super.appendLine(key, line);
  }

  override async remove(key: string): Promise<void> {
    if (this.#isCut && !key.includes('.lock-')) throw new PowerCut();
    await super.remove(key);
  }
}

class Laptop {
  readonly clock = new ScheduleLab();
  readonly series = new SeriesLab();
  readonly ends: { readonly at: string; readonly outcome: string }[] = [];
  readonly events: ScheduleEvent[] = [];
  /** The power fails in the run that begins at this time. */
  cutAt = '';

  /** `snapshot schedule`, from when the machine is on until `end`, or until the power fails. */
  async isOnUntil(end: Date): Promise<void> {
    const { row } = this.series;
    try {
      await schedule({
        timetable: new Timetable(readCron('0 2 * * *'), { timezone: 'UTC' }),
        lastRun: await lastRun([row], this.clock.now(), async () => await Promise.resolve(undefined)),
        signal: this.clock.until(end),
        report: (event) => this.events.push(event),
        clock: this.clock,
        run: async () => {
          const at = this.clock.tell(this.clock.now());
          try {
            const outcome = (await this.#run(at)).outcome;
            this.ends.push({ at, outcome });
          } catch (error) {
            if (error instanceof PowerCut) this.ends.push({ at, outcome: 'power cut' });
            throw error;
          }
          this.clock.pass(RUN_MS);
        },
      });
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
  }

  async #run(at: string): Promise<RowEnd> {
    const [end] = await run(
      { file: 'plan.csv', rows: [this.series.row] },
      {
        only: [],
        dryRun: false,
        jobs: 1,
        rehash: false,
        acceptChanges: false,
        signal: new AbortController().signal,
        report: () => {},
        now: this.clock.now,
        open: (destination) => (at === this.cutAt ? new CutStore(destination) : new LocalStore(destination)),
      },
    );
    if (end === undefined) throw new Error('no row ended');
    return end;
  }
}

function openLaptop(): Laptop {
  const laptop = new Laptop();
  onTestFinished(() => laptop.series.remove());
  return laptop;
}

describe('a fortnight', () => {
  it('has a run for each night that can have one, and ends with everything in the newest snapshot', async () => {
    const laptop = openLaptop();
    const { clock, series } = laptop;
    const diary = join(series.source, 'diary.txt');
    writeFileSync(diary, 'begun\n');

    // Installed at noon: the first snapshot is made at once, then one a night.
    clock.set(clock.at(0, '12:00'));
    await laptop.isOnUntil(clock.at(2, '12:00'));
    appendFileSync(diary, 'day 2\n');
    // The lid is closed through three nights.
    clock.sleeps(clock.at(2, '20:00'), clock.at(5, '18:00'));
    await laptop.isOnUntil(clock.at(6, '12:00'));
    appendFileSync(diary, 'day 6\n');
    // The power fails in the middle of the night's run, and comes back in the morning.
    laptop.cutAt = '7 02:00';
    await laptop.isOnUntil(clock.at(8, '12:00'));
    expect(readdirSync(series.folder()).filter((name) => name.startsWith('.lock-'))).toEqual([]);
    clock.set(clock.at(7, '09:00'));
    await laptop.isOnUntil(clock.at(10, '12:00'));
    // Off over the weekend.
    appendFileSync(diary, 'day 10\n');
    clock.set(clock.at(13, '08:00'));
    await laptop.isOnUntil(clock.at(14, '12:00'));

    expect(laptop.ends.map(({ at, outcome }) => `${at} ${outcome}`)).toEqual([
      '0 12:00 written',
      '1 02:00 unchanged',
      '2 02:00 unchanged',
      '5 18:00 written',
      '6 02:00 unchanged',
      '7 02:00 power cut',
      '7 09:00 written',
      '8 02:00 unchanged',
      '9 02:00 unchanged',
      '10 02:00 unchanged',
      '13 08:00 written',
      '14 02:00 unchanged',
    ]);
    const missed = laptop.events.flatMap((event) =>
      event.event === 'missed' ? [`${event.count} from ${clock.tell(event.due)}`] : [],
    );
    expect(missed).toEqual(['3 from 3 02:00', '1 from 7 02:00', '3 from 11 02:00']);
    // Nothing is left of the run that was cut, and all that was written is in the last one.
    expect(series.folders()).toHaveLength(4);
    const newest = series.folders().at(-1) ?? '';
    expect(series.restored(newest)).toEqual(contentOf(series.source));
    expect(readFileSync(diary, 'utf8')).toBe('begun\nday 2\nday 6\nday 10\n');
  });

  it('a machine that is switched on and off all day has one run a day', async () => {
    const laptop = openLaptop();
    const { clock, series } = laptop;
    writeFileSync(join(series.source, 'a.txt'), 'a');
    for (let day = 0; day < 4; day++) {
      for (const [from, to] of [
        ['08:00', '09:00'],
        ['12:00', '13:00'],
        ['20:00', '23:00'],
      ] as const) {
        clock.set(clock.at(day, from));
        await laptop.isOnUntil(clock.at(day, to));
      }
    }
    expect(laptop.ends.map(({ at }) => at)).toEqual(['0 08:00', '1 08:00', '2 08:00', '3 08:00']);
  });
});
