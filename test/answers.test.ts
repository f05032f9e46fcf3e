// What is said of series that are deleted, or held back: nothing that was not looked at, and nothing that is not so.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventsOf, IS_LINUX, IS_ROOT, tool } from './support/command.ts';
import { Place } from './support/place.ts';

describe('a series that somebody has deleted', () => {
  it('never counts as one that has never run', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    expect((await place.run()).status).toBe(0);
    rmSync(place.series(), { recursive: true });
    const status = await place.command(['status']);
    expect(status.status).toBe(1);
    expect(status.stdout).toContain('data: FAILING: none of its snapshots is there any more');
    expect(status.stdout).not.toContain('it has never run');
    expect(await place.command(['list'])).toMatchObject({
      status: 1,
      stderr: 'damaged: none of its snapshots is there any more\n',
    });
    expect((await place.command(['restore', 'data', '--to', 'out'])).stderr).not.toContain('yet');
  });

  it('of which only the log is gone has snapshots, and a last run that nobody knows', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    rmSync(join(place.series(), 'runs.jsonl'));
    const { stdout } = await place.command(['status']);
    expect(stdout).toContain('data: FAILING: its log is not there any more: when it last ran is not known');
    expect(stdout).not.toContain('it has never run');
  });

  it('is no mirror that nobody ever made', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    place.writePlan('source,destination,name,strategy', 'source,destination,data,mirror');
    expect((await place.run()).status).toBe(0);
    rmSync(place.destination, { recursive: true });
    const { stdout } = await place.command(['status']);
    expect(stdout).toContain('data: FAILING: the mirror is not there any more');
    expect(stdout).not.toContain('it has never run');
    expect((await place.command(['list'])).stderr).toContain('There is no mirror at');
  });
});

describe.skipIf(!IS_LINUX || !IS_ROOT)('a snapshot that cannot be removed', () => {
  it('is told until a rotation has found that it can be', async ({ skip }) => {
    const place = Place.open();
    place.writePlan('source,destination,name,keep', 'source,destination,data,1');
    place.write({ file: '1' });
    await place.night();
    const [first = ''] = place.snapshots();
    const fixed = join(place.series(), first);
    try {
      tool('chattr', ['+i', fixed]);
    } catch {
      skip('not every file system makes files immutable');
    }
    onTestFinished(() => {
      if (existsSync(fixed)) tool('chattr', ['-i', fixed]);
    });
    place.write({ file: '2' });
    expect((await place.run()).status).toBe(0);
    const held = expect.stringMatching(/^data: FAILING: rotation is held back, since .* cannot be removed/m);
    expect(await place.command(['status'])).toMatchObject({ status: 1, stdout: held });
    // A night on which nothing changes rotates nothing: it does not know any better.
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'unchanged' } });
    expect(await place.command(['status'])).toMatchObject({ status: 1, stdout: held });
    const pruned = await place.command(['prune']);
    expect([pruned.status, pruned.stdout]).toEqual([1, 'data: removed nothing\n']);
    tool('chattr', ['-i', fixed]);
    rmSync(fixed, { recursive: true });
    // Nothing to remove is an answer as well.
    expect(await place.command(['prune'])).toMatchObject({ status: 0, stdout: 'data: nothing to remove\n' });
    expect(await place.command(['status'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('All rows are up to date.'),
    });
  });
});

describe('a command that is suggested', () => {
  it('has the plan that was given, and works when it is pasted', async () => {
    const place = Place.open();
    place.write({ 'a b.txt': 'x' });
    place.writePlan('source,destination,name', 'source,one,data', 'source,two,data', 'source,two,other');
    await place.night();
    const texts = [
      (await place.command(['find', 'a b.txt'])).stdout,
      (await place.command(['diff', 'other'])).stdout,
    ];
    const suggested = texts.join('\n').match(/snapshot (?:restore|diff) .*?(?=`|$)/gm) ?? [];
    expect(suggested).toHaveLength(4);
    for (const line of suggested) {
      expect(line).toContain(` --plan ${place.plan} `);
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
      expect(await place.command(words.slice(1)), line).toMatchObject({ status: 0, stderr: '' });
      rmSync(place.path('restored'), { recursive: true, force: true });
    }
  });
});

describe('prune', () => {
  it('tells two rows of one name apart', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    place.writePlan('source,destination,name', 'source,one,data', 'source,two,data');
    await place.night();
    const names = ['one', 'two'].map((to) => `data (${place.path(to)})`);
    const { stdout } = await place.command(['prune']);
    expect(stdout).toBe(names.map((name) => `${name}: nothing to remove\n`).join(''));
    const events = eventsOf(await place.command(['prune', '--json']));
    expect(events.map(({ series }) => series)).toEqual([...names, undefined]);
  });
});

describe('status', () => {
  it('counts each row once', async () => {
    const place = Place.open();
    place.writePlan('source,destination,name', 'missing,destination,data');
    writeFileSync(place.path('marker'), '');
    expect((await place.run()).status).toBe(1);
    const { stdout } = await place.command(['status']);
    expect(stdout.trimEnd()).toMatch(/\nOf 1 row: 1 failing\.$/);
  });
});
