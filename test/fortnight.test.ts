// Weeks in the life of a laptop, in seconds: its snapshots, states and notices are those written here, and no others.
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { webServer } from '../src/host/notices/notices.lab.ts';
import { berlinTime } from './support/berlin-time.ts';
import { IS_LINUX, IS_ROOT, tool } from './support/command.ts';
import { Place } from './support/place.ts';
import { AUTUMN, SPRING } from './support/fortnight-stories.ts';
import { Laptop, type LaptopRow } from './support/simulated-laptop.ts';

/** Whether disks can be plugged in; elsewhere, the story is told without the row of that disk. */
const HAS_DISKS = IS_LINUX && IS_ROOT;

const HOME: LaptopRow = { name: 'home', series: 'home' };
const USB: LaptopRow = { name: 'usb', series: 'usb-disk/usb' };

/** A diary that is backed up every night at half past two, as clocks in Berlin show it. */
class Life {
  readonly place: Place = Place.open();
  readonly laptop: Laptop;
  readonly #start: string;

  /** @param start - The first day. */
  private constructor(start: string, rows: readonly LaptopRow[], check: Laptop['check']) {
    this.#start = start;
    this.place.write({ 'diary.txt': 'begun\n' });
    this.laptop = new Laptop({
      place: this.place,
      check,
      args: ['--cron', '30 2 * * *', '--timezone', 'Europe/Berlin'],
      rows,
      now: this.time(0, '12:00'),
    });
  }

  static async begin(start: string, rows: readonly LaptopRow[]): Promise<Life> {
    return new Life(start, rows, await webServer());
  }

  plan(...rows: readonly string[]): void {
    this.place.writePlan('source,destination,name,keep,every', ...rows);
  }

  /** When the clock shows `clock`, so many days after the first. */
  time(day: number, clock: string): Date {
    return berlinTime(this.#start, day, clock);
  }

  /** The diary is written before noon of each of `days`. */
  writesOn(...days: readonly number[]): void {
    const file = this.place.path('source', 'diary.txt');
    for (const day of days) {
      const write = (): void => appendFileSync(file, `day ${day}\n`);
      this.laptop.at(this.time(day, '11:00'), 'the diary is written', write);
    }
  }

  /** Somebody asks for the state at noon of each of `days`. */
  asksOn(...days: readonly number[]): void {
    for (const day of days) {
      this.laptop.at(this.time(day, '12:00'), '', async () => await this.laptop.status());
    }
  }

  /** There is a disk, and it is taken away for some time. */
  diskIsAway(from: Date, until: Date): void {
    const disk = this.place.path('disk');
    const point = this.place.path('destination', 'usb-disk');
    for (const folder of [disk, point]) mkdirSync(folder, { recursive: true });
    if (!HAS_DISKS) return;
    tool('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    onTestFinished(() => void tool('umount', [disk]));
    let isPlugged = false;
    const plug = (): void => {
      // Nothing was written in its place.
      expect(readdirSync(point)).toEqual([]);
      tool('mount', ['--bind', disk, point]);
      isPlugged = true;
    };
    const unplug = (): void => {
      if (isPlugged) tool('umount', [point]);
      isPlugged = false;
    };
    onTestFinished(unplug);
    plug();
    this.laptop.at(from, 'the disk is unplugged', unplug);
    this.laptop.at(until, 'the disk is plugged in', plug);
  }

  /** The diary, as it comes back from the newest snapshot of a series. */
  async restored({ series }: LaptopRow): Promise<string> {
    const target = this.place.path('restored', series);
    const folder = this.place.series(series);
    const ended = await this.place.command(['restore', folder, '--to', target]);
    expect(ended).toMatchObject({ status: 0 });
    return readFileSync(this.place.path('restored', series, 'diary.txt'), 'utf8');
  }
}

/** Lives a fortnight around the night from `start` + 6 to `start` + 7, in which the clocks change. */
async function expectFortnight(start: string, story: string): Promise<void> {
  const rows = HAS_DISKS ? [HOME, USB] : [HOME];
  const life = await Life.begin(start, rows);
  const { laptop, place } = life;
  // A disk that travels: two days without it are no alarm.
  const usb = 'source,destination/usb-disk,usb,5,2d';
  life.plan('source,destination,home,5,1d', ...(HAS_DISKS ? [usb] : []));
  life.writesOn(1, 2, 6, 7, 9, 10, 11, 12);
  life.asksOn(1, 2, 6, 7, 8, 9, 10, 11, 12, 13);
  laptop.sleeps(life.time(2, '20:00'), life.time(5, '18:00'));
  life.diskIsAway(life.time(7, '13:00'), life.time(9, '13:00'));
  laptop.cutAt(life.time(11, '02:30'));
  await laptop.isOnUntil(life.time(8, '13:00'));
  await laptop.isOffUntil(life.time(8, '14:00'));
  await laptop.isOnUntil(life.time(13, '13:00'));
  await laptop.isOffUntil(life.time(11, '09:00'));
  await laptop.isOnUntil(life.time(13, '13:00'));

  expect(laptop.told()).toBe(toldHere(story));
  const diary = readFileSync(place.path('source', 'diary.txt'), 'utf8');
  for (const row of rows) {
    expect(await life.restored(row)).toBe(diary);
    place.checkSums(row.series);
    expect(readdirSync(place.series(row.series)).filter((name) => /^\.lock-[0-9a-f]/.test(name))).toEqual([]);
    // Nothing is left of the run that was cut.
    expect(place.snapshots(row.series)).toEqual(place.whole(row.series));
  }
}

const AWAY = `
Sun 03 Jun 12:00 +2  first run: usb written 03 | pings: start success
Mon 04 Jun 02:30 +2  run: usb unchanged 03 | pings: start success
Mon 04 Jun 12:00 +2  status: usb ok, next due Tue 05 Jun 02:30 +2
Mon 04 Jun 13:00 +2  the disk is unplugged
Tue 05 Jun 02:30 +2  run: usb waiting | pings: start log
Tue 05 Jun 11:00 +2  the diary is written
Tue 05 Jun 12:00 +2  status: usb waiting, next due Tue 05 Jun 02:30 +2
Tue 05 Jun 18:00 +2  status: usb overdue, next due Tue 05 Jun 02:30 +2
Wed 06 Jun 02:30 +2  run: usb failed | pings: start fail
Wed 06 Jun 12:00 +2  status: usb failing, next due Tue 05 Jun 02:30 +2
Wed 06 Jun 13:00 +2  off
Wed 06 Jun 14:00 +2  on
Thu 07 Jun 02:30 +2  run: usb failed | pings: start fail
Thu 07 Jun 12:00 +2  status: usb failing, next due Tue 05 Jun 02:30 +2
Thu 07 Jun 13:00 +2  the disk is plugged in
Fri 08 Jun 02:30 +2  run: usb written 03 08 | pings: start success
Fri 08 Jun 12:00 +2  status: usb ok, next due Sat 09 Jun 02:30 +2
`.trim();

const MISTAKE = `
Sun 03 Jun 12:00 +2  first run: home written 03 | pings: start success
Mon 04 Jun 02:30 +2  run: home unchanged 03 | pings: start success
Mon 04 Jun 11:00 +2  a mistake is made in the plan
Mon 04 Jun 11:00 +2  the diary is written
Tue 05 Jun 02:30 +2  run: E_PLAN | pings: fail
Tue 05 Jun 11:00 +2  the plan is mended
Wed 06 Jun 02:30 +2  run: home written 03 06 | pings: start success
Wed 06 Jun 12:00 +2  it said: error: Cannot use the plan "plan.csv": 1 problem line 3: a quote is opened but never closed: add the closing quote
`.trim();

const DAYS = `
Sun 03 Jun 12:00 +2  off
Sun 03 Jun 12:30 +2  on
Sun 03 Jun 12:30 +2  first run: home written 03 | pings: start success
Sun 03 Jun 13:00 +2  off
Sun 03 Jun 14:00 +2  on
Sun 03 Jun 15:00 +2  off
Sun 03 Jun 20:00 +2  on
Sun 03 Jun 23:00 +2  off
Mon 04 Jun 12:30 +2  on
Mon 04 Jun 12:30 +2  run for 1 missed: home unchanged 03 | pings: start success
Mon 04 Jun 13:00 +2  off
Mon 04 Jun 14:00 +2  on
Mon 04 Jun 15:00 +2  off
Mon 04 Jun 20:00 +2  on
Mon 04 Jun 23:00 +2  off
Tue 05 Jun 12:30 +2  on
Tue 05 Jun 12:30 +2  run for 1 missed: home unchanged 03 | pings: start success
Tue 05 Jun 13:00 +2  off
Tue 05 Jun 14:00 +2  on
Tue 05 Jun 15:00 +2  off
Tue 05 Jun 20:00 +2  on
`.trim();

/** What is left of a story where no disk can be plugged in. */
function toldHere(story: string): string {
  if (HAS_DISKS) return story;
  const lines = story.split('\n').filter((line) => !line.includes('the disk is'));
  return lines.map((line) => line.replace(/ \| usb [^|]*(?= \||$)/, '')).join('\n');
}

describe('a laptop', () => {
  it('has one run for each night that can have one, over a fortnight in which clocks are put forward', async () => {
    await expectFortnight('2040-03-18', SPRING);
  });

  it('has one run for each night that can have one, over a fortnight in which clocks are put back', async () => {
    await expectFortnight('2040-10-21', AUTUMN);
  });

  it.skipIf(!HAS_DISKS)(
    'tells of a disk that is away: nothing is wrong at first, then it is late, then it fails',
    async () => {
      const life = await Life.begin('2040-06-03', [USB]);
      const { laptop } = life;
      life.plan('source,destination/usb-disk,usb,5,1d');
      life.writesOn(2);
      life.asksOn(1, 2, 3, 4, 5);
      laptop.at(life.time(2, '18:00'), '', async () => await laptop.status());
      life.diskIsAway(life.time(1, '13:00'), life.time(4, '13:00'));
      await laptop.isOnUntil(life.time(3, '13:00'));
      await laptop.isOffUntil(life.time(3, '14:00'));
      await laptop.isOnUntil(life.time(5, '13:00'));
      expect(laptop.told()).toBe(AWAY);
    },
  );

  it('tells of a night whose plan has a mistake, and goes on when it is mended', async () => {
    const life = await Life.begin('2040-06-03', [HOME]);
    const { laptop } = life;
    const row = 'source,destination,home,5,1d';
    life.plan(row);
    laptop.at(life.time(1, '11:00'), 'a mistake is made in the plan', () => life.plan(row, 'source,"'));
    life.writesOn(1);
    laptop.at(life.time(2, '11:00'), 'the plan is mended', () => life.plan(row));
    await laptop.isOnUntil(life.time(3, '12:00'));
    expect(laptop.told()).toBe(MISTAKE);
  });

  it('has one run a day when it is switched on and off all day', async () => {
    const life = await Life.begin('2040-06-03', [HOME]);
    const { laptop } = life;
    life.plan('source,destination,home,5,1d');
    for (const day of [0, 1, 2]) {
      for (const [from, to] of [
        ['12:30', '13:00'],
        ['14:00', '15:00'],
        ['20:00', '23:00'],
      ] as const) {
        await laptop.isOffUntil(life.time(day, from));
        await laptop.isOnUntil(life.time(day, to));
      }
    }
    expect(laptop.told()).toBe(DAYS);
  });
});
