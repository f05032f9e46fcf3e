// Runs that are stopped, killed or doubled: the series stays whole and the next run needs no hand.
import { readdirSync, readFileSync, truncateSync, watch } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, IS_WINDOWS, type Running } from './support/command.ts';
import { listing, Place } from './support/place.ts';
import { noise } from './support/trees.ts';
import { writeZeros } from './support/write-zeros.ts';

/** A place with one snapshot, and then so much to back up that a run can be caught in the middle. */
async function openWithMuchToDo(): Promise<Place> {
  const place = Place.open();
  place.write({ 'first.txt': 'first' });
  await place.night();
  place.writeMany('small', 20);
  place.write({ noise: noise(3_000_000) });
  // A hole: it takes long to read, and no room.
  place.write({ large: '' });
  writeZeros(join(place.source, 'large'), 1_000_000_000);
  return place;
}

/** What is left to do is little: the next run need not take long. */
function shrink(place: Place): void {
  truncateSync(join(place.source, 'large'), 10);
}

/** Resolves when the run has locked the series in `folder`; rejects when it ends before. */
async function lock(folder: string, running: Running): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (!readdirSync(folder).some((name) => /^\.lock-[0-9a-f]/.test(name))) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    void running.ended.then(({ stderr }) => {
      watcher.close();
      reject(new Error(`ended too early: ${stderr}`));
    });
    look();
  });
}

/** Resolves when files are being packed: bytes are on their way to the disk. */
async function packing(running: Running): Promise<void> {
  await running.line((line) => line.includes('"phase":"pack"'));
}

function expectNothingLeft(place: Place, snapshots: number): void {
  expect(place.snapshots()).toHaveLength(snapshots);
  const all = ['.lock-of-version-2', ...place.snapshots(), 'runs.jsonl'];
  expect(readdirSync(place.series()).toSorted()).toEqual(all);
  expect(listing(place.series()).filter((name) => name.endsWith('.part'))).toEqual([]);
  place.checkSums();
}

describe.skipIf(IS_WINDOWS)('a run that is stopped', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s ends with 130 and leaves nothing but a line in the log',
    async (signal) => {
      const place = await openWithMuchToDo();
      const running = place.start(['run', '--json']);
      await packing(running);
      running.child.kill(signal);
      const ended = await running.ended;
      expect(ended).toMatchObject({ status: 130, stderr: '' });
      expect(eventsOf(ended).at(-1)).toMatchObject({ event: 'end', status: 130, stopped: 1 });
      expectNothingLeft(place, 1);
      expect(place.runs().at(-1)).toMatchObject({ outcome: 'stopped', snapshot: null });
      shrink(place);
      expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written' } });
      expectNothingLeft(place, 2);
    },
  );

  it('does not begin the rows that are left', async () => {
    const place = await openWithMuchToDo();
    place.writePlan('source,destination,name', 'source,destination,data', 'source,destination,second');
    const running = place.start(['run']);
    await lock(place.series(), running);
    running.child.kill('SIGINT');
    const { status, stdout, stderr } = await running.ended;
    expect(status).toBe(130);
    expect(`${stdout}${stderr}`).toMatch(/data: stopped/);
    expect(place.snapshots('second')).toEqual([]);
  });

  it('a second time ends at once, and the next run clears up', async () => {
    const place = await openWithMuchToDo();
    const running = place.start(['run', '--json']);
    await packing(running);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    shrink(place);
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written' } });
    expectNothingLeft(place, 2);
  });
});

describe('a run that is killed', () => {
  it('leaves a lock and an unfinished folder, which the next run clears away', async () => {
    const place = await openWithMuchToDo();
    const running = place.start(['run', '--json']);
    await packing(running);
    running.child.kill('SIGKILL');
    await running.ended;
    expect(readdirSync(place.series()).filter((name) => /^\.lock-[0-9a-f]/.test(name))).toHaveLength(1);
    shrink(place);
    const { status, row } = await place.run();
    expect({ status, outcome: row?.['outcome'] }).toEqual({ status: 0, outcome: 'written' });
    expectNothingLeft(place, 2);
    const { archives } = place.info();
    expect(archives.reduce((sum, { entries }) => sum + entries, 0)).toBe(23);
  });
});

describe('two runs at once', () => {
  it('never write one series: the second one says who holds it, with status 11', async () => {
    const place = await openWithMuchToDo();
    const first = place.start(['run', '--json']);
    await packing(first);
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(11);
    expect(stderr).toMatch(new RegExp(`locked by process ${first.child.pid} on `));
    expect((await first.ended).status).toBe(0);
    expectNothingLeft(place, 2);
    expect(place.runs()).toHaveLength(2);
  });

  it.each([2, 10])(
    'that begin in the same moment, %i of them: one writes, the others step back',
    async (many) => {
      const place = Place.open();
      place.writeMany('files', 500);
      const ended = await Promise.all(Array.from({ length: many }, async () => await place.run()));
      expect(ended.map(({ status }) => status).filter((status) => status !== 11 && status !== 0)).toEqual([]);
      expect(ended.filter(({ row }) => row?.['outcome'] === 'written')).toHaveLength(1);
      // Those that came when it was done found nothing changed.
      const unchanged = ended.filter(({ row }) => row?.['outcome'] === 'unchanged');
      expect(place.runs()).toHaveLength(1 + unchanged.length);
      expectNothingLeft(place, 1);
    },
  );

  it('may work on two series', async () => {
    const place = await openWithMuchToDo();
    const first = place.start(['run', '--json']);
    await packing(first);
    place.writePlan('source,destination,name', 'plan.csv,destination,other');
    await place.night();
    expect((await first.ended).status).toBe(0);
  });

  it('is what a lock of a process that lives means, and one of a dead process does not', async () => {
    const place = await openWithMuchToDo();
    const first = place.start(['run', '--json']);
    await packing(first);
    const [file = ''] = readdirSync(place.series()).filter((name) => /^\.lock-[0-9a-f]/.test(name));
    const { owner, held } = JSON.parse(readFileSync(`${place.series()}/${file}`, 'utf8'));
    expect({ pid: owner.pid, held }).toEqual({ pid: first.child.pid, held: true });
    first.child.kill('SIGKILL');
    await first.ended;
    shrink(place);
    await place.night();
    expect(readdirSync(place.series())).not.toContain(file);
  });
});
