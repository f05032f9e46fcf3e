// Runs that are killed: the next one needs no hand, and nothing that was whole is lost.
import { mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine, hasTool, IS_WINDOWS } from './support/command.ts';
import { KilledPlace } from './support/killed.ts';
import { type Format, LivingSeries } from './support/living-series.ts';
import { noise } from './support/trees.ts';
import { withoutLinks } from './support/without-links.ts';

const FORMATS: readonly Format[] = ['tar.zst', 'zip'];

describe.skipIf(IS_WINDOWS || !hasTool('unzip'))('runs that are killed at any moment', () => {
  // A share of `npm run campaign -- kill`, which does it hundreds of times.
  it('lose nothing that was whole, and the next one needs no hand', async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-e2e-')));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const [, main = ''] = commandLine([]);
    const place = new KilledPlace(main, root, 1, 60);
    await place.begin();
    for (let round = 1; round <= 2; round++) {
      await place.kill();
      await place.check();
    }
    expect(place.count.kills).toBe(2);
  }, 300_000);
});

describe.skipIf(IS_WINDOWS || !hasTool('unzip'))('archives that a killed run has finished', () => {
  it.each(FORMATS)(
    'are used by the next one, and stay where hard links are not possible: %s',
    async (format) => {
      const series = new LivingSeries(format);
      const { place } = series;
      const more = { env: withoutLinks('destination') };
      place.write({ 'noise.bin': noise(300_000), small: 'small' });
      expect((await place.run([], more)).status).toBe(0);
      const [first = ''] = place.snapshots();
      // As if it had been killed right before its last step.
      renameSync(place.file('info.json', first), place.file('UNFINISHED', first));
      for (const content of ['1', '2', '3']) {
        place.write({ small: content });
        const { status, row } = await place.run([], more);
        expect({ status, outcome: row?.['outcome'] }).toEqual({ status: 0, outcome: 'written' });
        series.remember(String(row?.['snapshot']));
        expect(row?.['newBytes']).toBeLessThan(100_000);
        expect(place.info().archives[0]?.file).toContain(`${first}/`);
      }
      series.expectAll();
    },
  );
});
