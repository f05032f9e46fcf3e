// What a plan leaves out: other file systems, large files, marked folders, and what a file of patterns says.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventsOf, IS_LINUX, IS_ROOT } from './support/command.ts';
import { Place } from './support/place.ts';

/** Paths of the newest snapshot. */
async function paths(place: Place): Promise<readonly unknown[]> {
  const ended = await place.command(['files', 'data', '--json']);
  return eventsOf(ended)
    .filter(({ event }) => event === 'entry')
    .map(({ path }) => path);
}

async function findings(place: Place): Promise<readonly string[]> {
  const ended = await place.command(['check', '--json']);
  const [row] = eventsOf(ended).filter(({ event }) => event === 'check');
  const found = row?.['findings'] as readonly { readonly level: string; readonly message: string }[];
  return found.map(({ level, message }) => `${level}: ${message}`);
}

/** @param what - What `mount` is told of it. */
function mounted(path: string, what: readonly string[] = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs']): void {
  mkdirSync(path, { recursive: true });
  expect(spawnSync('mount', [...what, path]).status).toBe(0);
  onTestFinished(() => void spawnSync('umount', [path]));
}

describe('a plan', () => {
  it('leaves out what its columns say, and a night later says the same', async () => {
    const place = Place.open();
    place.write({
      'a.txt': 'x',
      'a.tmp': 'x',
      'keep.tmp': 'x',
      'large.iso': 'x'.repeat(2001),
      'music/.nobackup': '',
      'music/song': 'x',
      'build/SKIP': '',
      'build/out': 'x',
    });
    writeFileSync(place.path('ours.txt'), '# ours\n*.tmp\n');
    place.writePlan(
      'source,destination,name,exclude,exclude-from,exclude-if-present,exclude-larger-than',
      'source,destination,data,!keep.tmp,ours.txt,.nobackup | SKIP,2KB',
    );
    const { status, events } = await place.run();
    expect(status).toBe(0);
    expect(events.filter(({ event }) => event === 'note').map(({ message }) => message)).toContain(
      'passed over: large.iso is larger than `exclude-larger-than`',
    );
    expect(await paths(place)).toEqual([
      'a.txt',
      'build',
      'build/SKIP',
      'keep.tmp',
      'music',
      'music/.nobackup',
    ]);
    expect(place.info().skipped).toEqual([
      { path: 'large.iso', reason: 'is larger than `exclude-larger-than`' },
    ]);
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged' });
    expect((await place.command(['diff', 'data', '--json'])).stdout).not.toContain('"difference"');
  });

  it('is refused where its file of patterns is gone: nothing is backed up that was to be left out', async () => {
    const place = Place.open();
    place.write({ 'a.tmp': 'x' });
    writeFileSync(place.path('ours.txt'), '*.tmp\n');
    place.writePlan('source,destination,name,exclude-from', 'source,destination,data,ours.txt');
    await place.night();
    rmSync(place.path('ours.txt'));
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/line 2: cannot read the patterns in `.*ours\.txt`: no such file/);
  });

  it('is told where a mark leaves nothing of a source, and where patterns of its file are odd', async () => {
    const place = Place.open();
    place.write({ '.nobackup': '', x: 'x' });
    writeFileSync(place.path('ours.txt'), '# ./no\n./a\n');
    place.writePlan(
      'source,destination,name,exclude-from,exclude-if-present',
      'source,destination,data,ours.txt,.nobackup',
    );
    const mark = `".nobackup" lies in the source "${place.source}" itself: nothing else of it is backed up`;
    const odd = `the pattern \`./a\` of "${place.path('ours.txt')}" can match nothing: write \`/a\``;
    expect(await findings(place)).toEqual(expect.arrayContaining([`warning: ${mark}`, `warning: ${odd}`]));
    const { status, events } = await place.run();
    expect(status).toBe(0);
    expect(events.filter(({ warning }) => warning === true).map(({ message }) => message)).toEqual([
      mark,
      odd,
    ]);
    expect(await paths(place)).toEqual(['.nobackup']);
  });
});

describe.skipIf(!IS_LINUX || !IS_ROOT)('a plan with mounts in its source', () => {
  it('stays on one file system when it says so, and check names the mounts', async () => {
    const place = Place.open();
    place.write({ x: 'x' });
    mounted(join(place.source, 'disk'));
    mounted(join(place.source, 'out'));
    place.write({ 'disk/y': 'y', 'out/z': 'z' });
    place.writePlan('source,destination,name,exclude', 'source,destination,data,out/');
    expect(await findings(place)).toContain('ok: mounted in the source: "disk"; backed up as well');
    await place.night();
    expect(await paths(place)).toEqual(['disk', 'disk/y', 'x']);
    place.writePlan('source,destination,name,exclude,one-file-system', 'source,destination,data,out/,yes');
    expect(await findings(place)).toContain(
      'ok: mounted in the source: "disk"; left out, as `one-file-system` says',
    );
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written', guards: [] } });
    expect(await paths(place)).toEqual(['disk', 'x']);
  });

  it.each(['data', 'other'])(
    'says of the series "%s" of its plan, mounted there, nothing: no run takes it along',
    async (name) => {
      const place = Place.open();
      place.write({ x: 'x', 'more/y': 'y' });
      place.writePlan('source,destination,name', 'source,destination,data', 'source/more,destination,other');
      expect((await place.run()).status).toBe(0);
      mounted(join(place.source, 'backup'), ['--bind', join(place.destination, name)]);
      expect((await findings(place)).filter((finding) => finding.includes('mounted in the source'))).toEqual(
        [],
      );
    },
  );
});
