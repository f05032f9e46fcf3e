// From the plan to the rows, and the commands around the run.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Ended, eventsOf, IS_WINDOWS } from './support/command.ts';
import { listing, Place } from './support/place.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/plans/', import.meta.url));

/** A place with two rows that are ready to run. */
function openWithTwoRows(): Place {
  const place = Place.open();
  for (const name of ['one', 'two']) {
    mkdirSync(place.path(name));
    writeFileSync(place.path(name, 'file'), name);
  }
  place.writePlan('source,destination', 'one,destination', 'two,destination');
  return place;
}

function ends(ended: Ended): unknown[] {
  return eventsOf(ended)
    .filter(({ event }) => event === 'row')
    .map(({ row, outcome }) => `${String(row)} ${String(outcome)}`);
}

describe('a plan with errors', () => {
  it('shows all of them at once, with line and column, and nothing is done', async () => {
    const place = openWithTwoRows();
    place.writePlan(
      'source,destnation,destination,format,keep',
      'one,,destination,tar,7',
      'two,,destination,zip,dayly=7',
      ',,destination,zip,7',
    );
    const before = listing(place.root);
    const { status, stdout, stderr } = await place.command(['run', '--log', place.path('log')]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    // Nobody may be there to read it but the log.
    const log = readFileSync(place.path('log'), 'utf8');
    expect(log).toContain('unknown column `destnation`');
    expect(log.match(/"line":[1-4]/g)).toHaveLength(new Set(log.match(/"line":[1-4]/g)).size);
    rmSync(place.path('log'));
    expect(stderr).toContain('line 1: unknown column `destnation`: did you mean `destination`?');
    expect(stderr).toMatch(/line 2: .*`tar`.*`format`.*`tar\.zst`/);
    expect(stderr).toMatch(/line 3: .*`dayly.*`keep`.*`daily`/);
    expect(stderr).toMatch(/line 4: .*`source`/);
    expect(listing(place.root)).toEqual(before);
  });

  it.each(['run', 'check', 'list'])('makes `%s --json` end with them', async (command) => {
    const place = Place.open();
    copyFileSync(join(FIXTURES, 'many-errors.csv'), place.plan);
    const ended = await place.command([command, '--json']);
    expect(ended.status).toBe(2);
    const problems = expect.arrayContaining([
      expect.objectContaining({ line: 2, column: 'destnation', message: expect.any(String) }),
    ]);
    expect(eventsOf(ended)).toEqual([
      { event: 'end', status: 2, error: expect.objectContaining({ code: 'E_PLAN', problems }) },
    ]);
  });

  it('is a missing one too, with the way to a first one', async () => {
    const place = Place.open();
    const { status, stderr } = await place.command(['run', '--plan', 'none.csv']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/none\.csv.*\n.*snapshot init/);
  });

  it.each([
    ['the destination is in the source', 'source,source/backup', /destination.*is in the source/],
    ['the source is in its own series', 'destination/data,destination', /is in its own series/],
  ])('is refused when %s', async (_, row, message) => {
    const place = Place.open();
    place.write({ file: 'x' });
    mkdirSync(join(place.destination, 'data'), { recursive: true });
    place.writePlan('source,destination,name', `${row},data`);
    const before = listing(place.root);
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    // The log has its own folder.
    expect(listing(place.root).filter((path) => !path.startsWith('home/'))).toEqual(before);
  });

  it('is none when the destination in the source is excluded', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    place.writePlan('source,destination,name,exclude', 'source,source/backup,data,/backup/');
    await place.night();
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged', files: 1 });
  });
});

describe('rows', () => {
  it('come from the file of the older tool as it is', async () => {
    const place = Place.open();
    copyFileSync(join(FIXTURES, 'older-tool.csv'), place.plan);
    mkdirSync(place.path('data', 'folder_to_backup'), { recursive: true });
    writeFileSync(place.path('data', 'folder_to_backup', 'file'), 'x');
    const { status, row } = await place.run();
    expect(status).toBe(0);
    expect(row).toMatchObject({ row: 'folder_to_backup', outcome: 'written' });
    expect(
      String(row?.['folder']).startsWith(place.path('data', 'backup').replaceAll('\\', '/')) || IS_WINDOWS,
    ).toBe(true);
  });

  it('are made from a glob, one for each match', async () => {
    const place = openWithTwoRows();
    place.write({ 'a/1': '1', 'b/2': '2', 'c.txt': '3' });
    place.writePlan('source,destination', 'source/*,destination');
    expect(ends(await place.command(['run', '--json']))).toEqual(['a written', 'b written', 'c.txt written']);
  });

  it('are run in the order of the plan, but for the inactive ones', async () => {
    const place = openWithTwoRows();
    place.writePlan(
      'source,destination,active',
      'two,destination,yes',
      'source,destination,no',
      'one,destination,',
    );
    expect(ends(await place.command(['run', '--json']))).toEqual(['two written', 'one written']);
  });

  it('are picked with --only', async () => {
    const place = openWithTwoRows();
    expect(ends(await place.command(['run', '--json', '--only', 'two']))).toEqual(['two written']);
    expect(ends(await place.command(['run', '--json', '--only', 'one', 'two']))).toEqual([
      'one written',
      'two unchanged',
    ]);
  });

  it('may run at once with --jobs', async () => {
    const place = openWithTwoRows();
    expect(ends(await place.command(['run', '--json', '--jobs', '2']))).toEqual(
      expect.arrayContaining(['one written', 'two written']),
    );
  });

  it('that --only does not find are an error, and nothing is done', async () => {
    const place = openWithTwoRows();
    const { status, stderr } = await place.command(['run', '--only', 'one', '--only', 'tow']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/tow.*\n.*one, two/);
    expect(place.snapshots('one')).toEqual([]);
  });

  it('have paths relative to the plan, wherever the command is called', async () => {
    const place = openWithTwoRows();
    const { status } = await place.command(['run'], { cwd: place.path('home') });
    expect(status).toBe(0);
    expect(place.snapshots('one')).toHaveLength(1);
  });

  it('may leave out files', async () => {
    const place = Place.open();
    place.write({
      'keep.txt': '',
      'a.tmp': '',
      'node_modules/x/y.js': '',
      'sub/.snapshotignore': '*.log\n!good.log\n',
      'sub/bad.log': '',
      'sub/good.log': '',
    });
    place.write({ 'cache/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55', 'cache/big': 'x' });
    place.writePlan('source,destination,name,exclude', 'source,destination,data,*.tmp|node_modules/');
    const { row } = await place.run();
    // keep.txt, sub/.snapshotignore, sub/good.log; and the tag says why its folder is empty.
    expect(row).toMatchObject({ outcome: 'written', files: 4, status: 0 });
  });

  it('are none when none is active, which is no failure', async () => {
    const place = openWithTwoRows();
    place.writePlan('source,destination,active', 'one,destination,no');
    const { status, stdout } = await place.command(['run']);
    expect(status).toBe(0);
    expect(stdout).toContain('no active row');
  });
});

describe('snapshot init', () => {
  it('writes a plan that `check` accepts', async () => {
    const place = Place.open();
    const plan = place.path('new.csv');
    const options = ['--plan', 'new.csv'];
    expect(await place.command(['init', ...options])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('new.csv'),
    });
    expect(readFileSync(plan, 'utf8')).toMatch(/^# /);
    expect((await place.command(['check', ...options])).status).toBe(0);
  });

  it('never overwrites one', async () => {
    const place = Place.open();
    const before = readFileSync(place.plan, 'utf8');
    const { status, stderr } = await place.command(['init']);
    expect(status).toBe(2);
    expect(stderr).toContain('exists already');
    expect(readFileSync(place.plan, 'utf8')).toBe(before);
  });
});

describe('a pattern that can match nothing', () => {
  it('is named by check and run, and a full path below the source is none', async () => {
    const place = Place.open();
    place.write({ 'secret/key': 's', 'x.tmp': 't', 'x.bak': 'b' });
    place.writePlan(
      'source,destination,name,exclude',
      `source,destination,data,"${place.source}/secret|*.tmp;*.bak"`,
    );
    const said =
      'the pattern `*.tmp;*.bak` of `exclude` can match nothing: write `|` between patterns: `*.tmp|*.bak`';
    const check = await place.command(['check']);
    expect(check).toMatchObject({ status: 0, stdout: expect.stringContaining(`warning  ${said}`) });
    expect(await place.command(['run', '--quiet'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: `warning: data: ${said}\n`,
    });
    expect(place.index().map(({ path }) => path)).toEqual(['', 'x.bak', 'x.tmp']);
  });

  it('is named by run also where it stands in a .snapshotignore', async () => {
    const place = Place.open();
    place.write({
      '.snapshotignore': '*.tmp\n',
      'a/.snapshotignore': '# a comment\n./b\n',
      'a/b': 'b',
      'x.tmp': 't',
    });
    expect((await place.command(['run', '--quiet'])).stderr).toBe(
      'warning: data: the pattern `./b` of "a/.snapshotignore" can match nothing: write `/b`\n',
    );
  });
});
