// `snapshot status`: which rows are well, and which need somebody.
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, eventsOf, type JsonEvent } from './support/command.ts';
import { listing, Place } from './support/place.ts';

const HOUR_MS = 3_600_000;

async function openWithSnapshot(...plan: readonly string[]): Promise<Place> {
  const place = Place.open();
  if (plan.length > 0) place.writePlan(...plan);
  place.write({ 'one.txt': 'one' });
  await place.night();
  return place;
}

async function status(
  place: Place,
  ...args: readonly string[]
): Promise<Ended & { readonly rows: readonly JsonEvent[]; readonly end: JsonEvent | undefined }> {
  const ended = await place.command(['status', '--json', ...args]);
  const events = eventsOf(ended);
  return { ...ended, rows: events.filter(({ event }) => event === 'status'), end: events.at(-1) };
}

/** Makes every record of a series so many hours older. */
function age(place: Place, hours: number, name = 'data'): void {
  const file = join(place.series(name), 'runs.jsonl');
  const older = place.runs(name).map((run) => ({
    ...run,
    started: new Date(Date.parse(String(run['started'])) - hours * HOUR_MS).toISOString(),
  }));
  writeFileSync(file, older.map((run) => `${JSON.stringify(run)}\n`).join(''));
}

describe('snapshot status', () => {
  it('says that all is well once that was looked at, and changes nothing', async () => {
    const place = await openWithSnapshot();
    const before = listing(place.root);
    const { status: code, stdout, stderr } = await place.command(['status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^data +ok +\d{4}-/m);
    expect(stdout).toContain('All rows are up to date.');
    expect(stdout).not.toContain('All is well');
    expect(listing(place.root)).toEqual(before);
    await place.command(['verify']);
    expect((await place.command(['status'])).stdout).toContain('All is well.');
  });

  it('knows how many snapshots there are, their size, and the oldest', async () => {
    const place = await openWithSnapshot('source,destination,name,keep', 'source,destination,data,2');
    for (const content of ['two', 'three']) {
      place.write({ 'one.txt': content });
      await place.night();
    }
    const { rows } = await status(place);
    const listed = await place.command(['list']);
    const [oldest] = place.snapshots();
    expect(place.snapshots()).toHaveLength(2);
    expect(rows).toMatchObject([{ series: 'data', state: 'ok', snapshots: 2 }]);
    const [row] = rows;
    expect(String(row?.['oldest']).slice(0, 19).replaceAll(':', '-')).toBe(oldest?.slice(0, 19));
    expect(row?.['bytes']).toBeLessThan(1000);
    expect(listed.stdout).toContain(`2 snapshots, ${String(row?.['bytes'])} B on disk`);
  });

  it('is 1 when a night was missed, and says by how much', async () => {
    const place = await openWithSnapshot();
    age(place, 37);
    const { status: code, stdout } = await place.command(['status']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^data: OVERDUE: the last success was 37 hours ago, and is to be every day$/m);
    place.writePlan('source,destination,name,interval', 'source,destination,data,2d');
    expect((await place.command(['status'])).status).toBe(0);
  });

  it('puts those first that need somebody, and leaves out rows that are switched off', async () => {
    const place = Place.open();
    mkdirSync(place.path('gone'));
    writeFileSync(join(place.path('gone'), 'file'), 'x');
    place.writePlan(
      'source,destination,name,active',
      'source,destination,well,',
      'source,destination,off,no',
      'source,destination,late,',
      'gone,destination,broken,',
    );
    place.write({ file: 'x' });
    await place.night();
    age(place, 40, 'late');
    renameSync(place.path('gone'), place.path('elsewhere'));
    await place.run(['--only', 'broken']);
    const { status: code, rows, end } = await status(place);
    expect(code).toBe(1);
    expect(rows.map(({ series, state }) => [series, state])).toEqual([
      ['broken', 'failing'],
      ['late', 'overdue'],
      ['well', 'ok'],
    ]);
    expect(String(rows[0]?.['reasons'])).toMatch(/the last run failed: Source .* does not exist/);
    expect(end).toEqual({ event: 'end', status: 1, rows: 3, overdue: 1, failing: 1, waiting: 0 });
    const quiet = await place.command(['status', '--quiet']);
    expect(quiet).toMatchObject({ status: 1, stdout: '' });
    expect(quiet.stderr.trimEnd().split('\n')).toHaveLength(2);
    expect((await status(place, 'off')).rows).toMatchObject([{ series: 'off', state: 'overdue' }]);
  });

  it('is told of snapshots that somebody has deleted, by the run as well, which goes on without them', async () => {
    const place = Place.open();
    for (const text of ['one', 'two']) {
      place.write({ 'one.txt': text });
      await place.command(['run']);
    }
    rmSync(place.file('.'), { recursive: true });
    expect((await status(place)).rows[0]?.['reasons']).toEqual([
      expect.stringMatching(/^its newest snapshot, .*Z, is not there any more; the next run writes/),
    ]);
    const warned = await place.command(['run']);
    expect(warned.status).toBe(0);
    expect(warned.stdout + warned.stderr).toMatch(
      /warning: data: its newest snapshot, .*Z, is not there any more; it goes on from the one before/,
    );
    rmSync(place.series(), { recursive: true });
    const anew = await place.command(['run']);
    expect(anew.stdout + anew.stderr).toContain(
      'warning: data: none of its snapshots is there any more; it begins anew',
    );
    expect((await place.command(['run'])).stderr).toBe('');
    expect(await status(place)).toMatchObject({ status: 0 });
  });

  it('reads on when lines of a log are damaged, and says so', async () => {
    const place = await openWithSnapshot();
    appendFileSync(join(place.series(), 'runs.jsonl'), '{"started":"2026\nnonsense\u001B[31m\n');
    const { status: code, stdout } = await place.command(['status']);
    expect(code).toBe(0);
    expect(stdout).toContain('data: 2 lines of its log cannot be read');
    expect(stdout).toContain('Nothing needs you now; see above.');
    expect(stdout).not.toContain('\u001B');
  });

  it('does not say of a log that is not there that something was never done', async () => {
    const place = await openWithSnapshot();
    expect((await place.command(['status'])).stdout).toMatch(/ never +never /);
    rmSync(join(place.series(), 'runs.jsonl'));
    const { status: code, stdout } = await place.command(['status']);
    expect(code).toBe(1);
    expect(stdout).toContain('its log is not there any more');
    expect(stdout).not.toContain('never');
    expect((await status(place)).rows).toMatchObject([{ logKnown: false, lastVerify: null }]);
  });

  it('tells when a series was verified and drilled, and with what result', async () => {
    const place = await openWithSnapshot();
    await place.command(['verify', '--level', 'full']);
    expect((await status(place)).rows).toMatchObject([
      { state: 'ok', lastVerify: { result: 'passed', level: 'full', sample: null, at: null } },
    ]);
    const [archive = ''] = place.archives();
    const bytes = readFileSync(archive);
    writeFileSync(archive, bytes.fill(0, 10, 20));
    await place.command(['verify', '--level', 'full', '--at', 'latest']);
    expect(place.runs().at(-1)).toMatchObject({
      outcome: 'verify',
      result: 'failed',
      at: 'latest',
      damages: 1,
    });
    await place.command(['verify']);
    const { status: code, rows } = await status(place);
    expect(code).toBe(1);
    expect(rows).toMatchObject([
      {
        state: 'failing',
        lastVerify: { result: 'failed', level: 'quick' },
        reasons: [
          expect.stringContaining('the newest snapshot needs is damaged'),
          expect.stringContaining('in no archive any more'),
        ],
      },
    ]);
  });

  it('does not make a series by verifying it', async () => {
    const place = Place.open();
    // Of nothing, nothing is known to be right.
    expect((await place.command(['verify'])).status).toBe(1);
    expect(listing(place.destination)).toEqual([]);
  });

  it('prints metrics, with status 0 also when something is wrong', async () => {
    const place = Place.open();
    const { status: code, stdout } = await place.command(['status', '--prometheus']);
    expect(code).toBe(0);
    expect(stdout).toContain('# TYPE snapshot_overdue gauge\nsnapshot_overdue{series="data",destination=');
    const both = await place.command(['status', '--prometheus', '--json']);
    expect(both).toMatchObject({ status: 2, stderr: expect.stringContaining('exclude each other') });
  });

  it('works without a plan, for the folder of a series', async () => {
    const place = await openWithSnapshot();
    rmSync(place.plan);
    expect((await status(place, place.series())).rows).toMatchObject([{ series: 'data', every: '1d' }]);
    expect((await place.command(['status', 'nothing'])).status).toBe(2);
  });
});
