// --max-rate: a run that is slow on purpose can still be stopped, and writes the same.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Place } from './support/place.ts';

describe('--max-rate', () => {
  it('lets a run be stopped while it waits, and nothing of it is left', async () => {
    const place = Place.open();
    // 100 minutes' worth.
    place.write({ file: randomBytes(6_000_000) });
    const running = place.start(['run', '--json', '--max-rate', '1KB/s']);
    await running.line((line) => line.includes('"phase":"pack"'));
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(place.snapshots()).toEqual([]);
    expect(place.runs()).toMatchObject([{ outcome: 'stopped' }]);
  });

  it('takes as long as the rate makes it', async () => {
    const place = Place.open();
    place.write({ file: randomBytes(300_000) });
    const { row } = await place.run(['--max-rate', '200KB/s']);
    // A machine that is busy can only make it longer.
    expect(row?.['durationMs']).toBeGreaterThan(1400);
  });

  it('writes what a run without it writes', async () => {
    const place = Place.open();
    place.write({ file: randomBytes(500_000), 'folder/other': 'text' });
    const { status, row } = await place.run(['--max-rate', '20MB/s']);
    expect([status, row?.['outcome']]).toEqual([0, 'written']);
    place.checkSums();
    const { row: second } = await place.run();
    expect(second?.['outcome']).toBe('unchanged');
  });

  it.each(['fast', '20', '20Mb/s'])('refuses --max-rate %s before anything is done', async (rate) => {
    const place = Place.open();
    const ended = await place.command(['run', '--max-rate', rate]);
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining('a number and a unit') });
    expect(place.snapshots()).toEqual([]);
  });
});
