// Commands of the user's own around one row of a plan.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { IS_WINDOWS } from './support/command.ts';
import { listing, Place } from './support/place.ts';

/** A plan with one row, and these commands around it. */
function openWith(before: string, after = '', limit = ''): Place {
  const place = Place.open();
  place.write({ file: 'x' });
  const cells = [before, after, limit].map((cell) => `"${cell.replaceAll('"', '""')}"`);
  place.writePlan(
    'source,destination,name,before,after,hook-limit',
    `source,destination,data,${cells.join(',')}`,
  );
  return place;
}

describe.skipIf(IS_WINDOWS)('the columns `before` and `after`', () => {
  it('run around the row, which takes what the first one has made', async () => {
    const place = openWith(
      'echo "$SNAPSHOT_ROW" > "$SNAPSHOT_SOURCE/dump"',
      'echo "$SNAPSHOT_STATUS" > told; rm "$SNAPSHOT_SOURCE/dump"',
    );
    expect((await place.run()).row).toMatchObject({ outcome: 'written', files: 2, status: 0 });
    expect(readFileSync(place.path('told'), 'utf8')).toBe('0\n');
    expect((await place.command(['cat', 'data', 'dump'])).stdout).toBe('data\n');
    expect(listing(place.source)).toEqual(['file']);
  });

  it('75 from the first leaves the row out, and nothing else runs', async () => {
    const place = openWith('exit 75', 'touch ran');
    const { status, events, row } = await place.run();
    expect({ status, row, snapshots: place.snapshots() }).toEqual({
      status: 0,
      row: undefined,
      snapshots: [],
    });
    expect(events).toContainEqual(
      expect.objectContaining({ message: 'not run: the command before it ended with 75' }),
    );
    expect(existsSync(place.path('ran'))).toBe(false);
  });

  it('a first one that fails fails the row, and no other', async () => {
    const place = openWith('exit 3', 'touch ran');
    writeFileSync(place.plan, `${readFileSync(place.plan, 'utf8')}source,destination,other,,,\n`);
    const { status, events } = await place.run();
    const rows = events.filter(({ event }) => event === 'row');
    expect(status).toBe(1);
    const message = expect.stringMatching(/ failed with status 3$/) as string;
    expect(rows).toMatchObject([
      { row: 'data', outcome: 'failed', error: { code: 'E_HOOK', message } },
      { row: 'other', outcome: 'written' },
    ]);
    expect(existsSync(place.path('ran'))).toBe(false);
  });

  it('a second one that fails is a warning and exit code 1, and the snapshot is there', async () => {
    const place = openWith('', 'exit 4');
    const { status, row, events } = await place.run();
    expect(status).toBe(1);
    expect(row).toMatchObject({ outcome: 'written', status: 1, error: { code: 'E_HOOK' } });
    expect(events).toContainEqual(
      expect.objectContaining({ warning: true, message: 'The command after the row failed with status 4' }),
    );
    expect(place.snapshots()).toHaveLength(1);
    // The row itself is well.
    expect((await place.command(['status', '-q'])).status).toBe(0);
  });

  it('one that takes too long is ended, and has failed', async () => {
    const place = openWith('sleep 600', '', '1s');
    const { status, row } = await place.run();
    expect(status).toBe(1);
    expect(row).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('took longer than 1 s') as string },
    });
  });

  it('a dry run runs none', async () => {
    const place = openWith('touch ran');
    expect((await place.run(['--dry-run'])).status).toBe(0);
    expect(existsSync(place.path('ran'))).toBe(false);
  });

  it('a limit that is none is refused, with its line', async () => {
    const place = openWith('true', '', '2 days');
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(2);
    expect(stderr).toContain('line 2: unknown time `2 days` in column `hook-limit`: write for example `90s`');
  });
});
