// Mirrors that are kept up to date.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IS_LINUX, IS_ROOT, type JsonEvent, type Running, tool } from './support/command.ts';
import { LivingTree, randomOf } from './support/history.ts';
import { allContentsOf, contentsOf, differencesOf } from './support/mirrored.ts';
import { Place } from './support/place.ts';
import { chosenSeed } from './support/seed.ts';

interface Watched {
  readonly place: Place;
  readonly mirror: string;
  readonly watch: Running;
}

function mirrored(): Place & { readonly mirror: string } {
  const place = Place.open();
  place.writePlan('source,destination,name,strategy', 'source,destination,data,mirror');
  return Object.assign(place, { mirror: place.series() });
}

/** A watch that has brought its mirror up to date. */
async function watched(files: Readonly<Record<string, string>> = { 'a/1': 'one' }): Promise<Watched> {
  const place = mirrored();
  place.write(files);
  return { place, mirror: place.mirror, watch: await watchOf(place) };
}

async function watchOf(place: Place, args: readonly string[] = []): Promise<Running> {
  const watch = place.start(['watch', '--json', ...args]);
  onTestFinished(async () => {
    watch.child.kill('SIGKILL');
    await watch.ended;
  });
  await watch.line((line) => line.includes('watching for changes'));
  return watch;
}

/** Waits until the log of the mirror has a line about `what`. */
async function done(watch: Running, action: string, what: string): Promise<void> {
  await watch.line((line) => {
    const event = JSON.parse(line) as JsonEvent;
    return event.event === 'action' && event['action'] === action && String(event['path']).endsWith(what);
  });
}

async function stopped({ watch }: Watched): Promise<number | null> {
  watch.child.kill('SIGTERM');
  return (await watch.ended).status;
}

describe('watch', () => {
  it('copies what is new and changed, moves what is moved, and keeps what is gone', async () => {
    const all = await watched();
    const { place, mirror, watch } = all;
    place.write({ 'a/2': 'two' });
    await done(watch, 'FILE CREATED', '/a/2');
    place.write({ 'new/deep/er/3': 'three' });
    await done(watch, 'FILE CREATED', '/new/deep/er/3');
    renameSync(place.path('source/new'), place.path('source/old'));
    await done(watch, 'FILE MOVED', '/old');
    place.write({ 'old/deep/er/3': 'three, changed' });
    await done(watch, 'FILE MODIFIED', '/old/deep/er/3');
    rmSync(place.path('source/a/1'));
    await done(watch, 'FILE DELETED', '/a/1');
    // Times of folders follow what was done in them.
    expect(await stopped(all)).toBe(0);
    expect(differencesOf(place.source, mirror)).toEqual([]);
    const restored = await place.command(['versions', 'data', '--json']);
    expect(restored.stdout).toContain('"path":"a/1"');
    const log = readFileSync(join(mirror, '.snapshot-data/backup_log.txt'), 'utf8').trimEnd().split('\n');
    expect(log[0]).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] STARTUP: data - BACKUP STARTED$/);
    expect(log).toContainEqual(expect.stringMatching(/\] INITIAL BACKUP: \/.*\/source\/a\/1 - SUCCESS$/));
    expect(log).toContainEqual(
      expect.stringMatching(/\] FILE MOVED: .*\/source\/new -> .*\/source\/old - SUCCESS$/),
    );
    expect(log.at(-1)).toMatch(/\] SHUTDOWN: data - BACKUP STOPPED$/);
  });

  it('takes a save by a new file and a rename for a change', async () => {
    const { place, mirror, watch } = await watched();
    writeFileSync(place.path('source/a/.1.tmp'), 'one, saved');
    renameSync(place.path('source/a/.1.tmp'), place.path('source/a/1'));
    await done(watch, 'FILE MODIFIED', '/a/1');
    expect(readFileSync(join(mirror, 'a/1'), 'utf8')).toBe('one, saved');
  });

  it('is the one writer of its mirror, which a run knows', async () => {
    const { place } = await watched();
    const { status, row, events } = await place.run();
    expect(status).toBe(0);
    expect(row).toMatchObject({ outcome: 'unchanged', error: null });
    expect(events).toContainEqual({ event: 'note', row: 'data', message: 'kept by watch' });
  });

  it('lets a mirror be while its source is away, and goes on when it is back', async () => {
    const { place, mirror, watch } = await watched();
    renameSync(place.source, place.path('away'));
    await watch.line((line) => line.includes('its mirror stays as it is'));
    expect(readFileSync(join(mirror, 'a/1'), 'utf8')).toBe('one');
    renameSync(place.path('away'), place.source);
    place.write({ 'a/2': 'two' });
    await watch.line((line) => line.includes('the source is back'));
    expect(differencesOf(place.source, mirror)).toEqual([]);
  });

  it('does not end well while its source is away', async () => {
    const all = await watched();
    renameSync(all.place.source, all.place.path('away'));
    const line = await all.watch.line((one) => one.includes('"outcome":"failed"'));
    expect(JSON.parse(line)).toMatchObject({
      event: 'row',
      row: 'data',
      status: 1,
      error: { code: 'E_ROW' },
    });
    expect(await stopped(all)).toBe(1);
    const { stdout } = await all.place.command(['status', 'data']);
    expect(stdout).toContain('FAILING');
  });

  it('holds deletions when more than half is gone', async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`many/${i}`, String(i)]));
    const { place, mirror, watch } = await watched({ ...files, stays: 'here' });
    rmSync(place.path('source/many'), { recursive: true });
    const line = await watch.line((one) => one.includes('"guard":"mass-change"'));
    expect(JSON.parse(line)).toMatchObject({ status: 4 });
    expect(existsSync(join(mirror, 'many/7'))).toBe(true);
    // All else goes on.
    place.write({ 'other/x': 'x' });
    await done(watch, 'FILE CREATED', '/other/x');
    expect(existsSync(join(mirror, 'many/7'))).toBe(true);
  });

  it('counts what goes within an hour, little by little', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`many/${i}`, String(i)]));
    const { place, mirror, watch } = await watched(files);
    for (let i = 0; i < 15; i++) rmSync(place.path(`source/many/${i}`));
    await done(watch, 'FILE DELETED', '/many/14');
    // By themselves these would be too few for a guard.
    for (let i = 15; i < 23; i++) rmSync(place.path(`source/many/${i}`));
    await watch.line((line) => line.includes('"guard":"mass-change"'));
    expect(readdirSync(join(mirror, 'many'))).toHaveLength(25);
  });

  it('takes what is accepted for the first pass only', async () => {
    const place = mirrored();
    place.writeMany('many', 30);
    place.write({ stays: 'here' });
    await place.run();
    rmSync(place.path('source/many/0.txt'));
    const watch = await watchOf(place, ['--accept-changes']);
    rmSync(place.path('source/many'), { recursive: true });
    await watch.line((line) => line.includes('"guard":"mass-change"'));
    expect(readdirSync(join(place.mirror, 'many'))).toHaveLength(29);
  });

  it('keeps a single file as well, in whichever way it is saved', async () => {
    const place = mirrored();
    place.write({ note: 'one' });
    place.writePlan('source,destination,name,strategy', 'source/note,destination,data,mirror');
    const watch = await watchOf(place);
    place.write({ note: 'two, longer' });
    await done(watch, 'FILE MODIFIED', '/note');
    expect(readFileSync(join(place.mirror, 'note'), 'utf8')).toBe('two, longer');
    writeFileSync(place.path('source/.note.tmp'), 'three');
    renameSync(place.path('source/.note.tmp'), place.path('source/note'));
    while (readFileSync(join(place.mirror, 'note'), 'utf8') !== 'three') await delay(50);
    expect(readdirSync(place.mirror).toSorted()).toEqual(['.snapshot-data', 'note']);
  });

  it('tells readers what it holds while it is at work', async () => {
    const { place, watch } = await watched();
    place.write({ 'a/2': 'two' });
    await done(watch, 'FILE CREATED', '/a/2');
    const file = join(place.series(), '.snapshot-data/state.jsonl.zst');
    const { mtimeMs } = statSync(file);
    while (statSync(file).mtimeMs === mtimeMs) await delay(50);
    const verified = await place.command(['verify', 'data', '--level', 'full']);
    expect(verified).toMatchObject({ status: 0 });
    expect(verified.stdout).toContain('2 files');
  });

  it('is verified while it is at work: what it has not told yet is waited for, and no damage', async () => {
    const { place, watch } = await watched({ 'a/1': 'one', 'b/2': 'two' });
    let n = 0;
    const writing = setInterval(() => place.write({ 'a/1': `${n++}`.padStart(9), [`c/${n}`]: 'new' }), 50);
    onTestFinished(() => clearInterval(writing));
    await done(watch, 'FILE MODIFIED', '/a/1');
    const during = await place.command(['verify', 'data', '--level', 'full']);
    expect([0, 3], during.stdout + during.stderr).toContain(during.status);
    expect(during.stdout).toContain(during.status === 0 ? 'healthy' : 'not all compared');
    clearInterval(writing);
    const after = await place.command(['verify', 'data', '--level', 'full']);
    expect(after.status, after.stdout + after.stderr).toBe(0);
    expect((await place.command(['status'])).stdout).toContain('All is well.');
  });

  it.runIf(IS_ROOT && IS_LINUX)('holds what was mounted in the source and is not any more', async () => {
    const place = mirrored();
    const mount = place.path('source/m');
    place.write({ stays: 'here', 'm/below': 'the mount' });
    tool('mount', ['-t', 'tmpfs', 'none', mount]);
    onTestFinished(() => void spawnSync('umount', ['-l', mount]));
    place.write({ 'm/p': 'p', 'm/q': 'q' });
    const watch = await watchOf(place);
    tool('umount', ['-l', mount]);
    rmSync(join(mount, 'below'));
    place.write({ new: 'new' });
    await watch.line((line) => line.includes('"guard":"away-part"'));
    expect(readdirSync(join(place.mirror, 'm')).toSorted()).toEqual(['p', 'q']);
    expect(readFileSync(join(place.mirror, 'new'), 'utf8')).toBe('new');
  });

  it.runIf(IS_ROOT && IS_LINUX)('ends when it is idle also where something cannot be read', async () => {
    const place = mirrored();
    place.write({ open: 'open', closed: 'closed' });
    chmodSync(place.path('source/closed'), 0);
    const { status } = await place.command(['watch', '--until-idle'], { isOrdinary: true });
    expect(status).toBe(3);
    expect(readFileSync(join(place.mirror, 'open'), 'utf8')).toBe('open');
  });

  it('reads its plan again when that has changed', async () => {
    const all = await watched();
    const { place, watch } = all;
    mkdirSync(place.path('second'));
    writeFileSync(place.path('second/file'), 'second');
    place.writePlan(
      'source,destination,name,strategy',
      'source,destination,data,mirror',
      'second,destination,second,mirror',
    );
    await watch.line((line) => line.includes('The plan has changed'));
    await watch.line((line) => line.includes('"row":"second"') && line.includes('"outcome":"written"'));
    expect(readFileSync(join(place.series('second'), 'file'), 'utf8')).toBe('second');
    place.write({ 'a/2': 'two' });
    await done(watch, 'FILE CREATED', '/a/2');
    expect(await stopped(all)).toBe(0);
  });

  it('ends by itself when it is idle, if that is asked for', async () => {
    const place = mirrored();
    place.write({ a: 'a' });
    const { status, stdout } = await place.command(['watch', '--until-idle']);
    expect(status).toBe(0);
    expect(stdout).toContain('data: written, 1 file');
    expect(differencesOf(place.source, place.mirror)).toEqual([]);
  });

  it('runs rows that are due to their end before that', async () => {
    const place = mirrored();
    place.write({ a: 'a' });
    place.writePlan('source,destination,name,strategy', 'source,destination,snapshots,incremental');
    expect((await place.command(['watch', '--until-idle'])).status).toBe(0);
    expect(readdirSync(place.series('snapshots'))).toContainEqual(expect.stringMatching(/^\d{4}-/));
  });

  it('loses nothing when it is killed and stopped while the source changes', async () => {
    const place = mirrored();
    const seed = chosenSeed();
    const random = randomOf(seed);
    const tree = new LivingTree(place.source, seed);
    tree.change(30);
    mkdirSync(place.path('source/z'), { recursive: true });
    const settled = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const watch = place.start(['watch', '--json', '--accept-changes']);
      for (let i = 0; i < 6; i++) {
        // Pauses are part of the history: what comes next meets whatever the watch is at.
        await delay(random(400));
        tree.change(5);
        if (random(4) === 0) watch.child.kill('SIGSTOP');
        else watch.child.kill('SIGCONT');
      }
      watch.child.kill('SIGKILL');
      await watch.ended;
      const { status } = await place.command(['watch', '--until-idle', '--accept-changes']);
      try {
        expect(status).toBe(0);
        expect(differencesOf(place.source, place.mirror)).toEqual([]);
        for (const hash of contentsOf(place.source)) settled.add(hash);
        const kept = allContentsOf(place.mirror);
        expect([...settled].filter((hash) => !kept.has(hash))).toEqual([]);
      } catch (error) {
        throw new Error(`seed ${seed}, round ${round}`, { cause: error });
      }
    }
  });
});
