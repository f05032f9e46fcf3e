// Runs that are killed: the next one needs no hand, and nothing that was whole is lost.
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasTool, IS_WINDOWS } from './command.ts';
import { type Format, LivingSeries } from './living-series.ts';
import { noise } from './trees.ts';
import { withoutLinks } from './without-links.ts';

const FORMATS: readonly Format[] = ['tar.zst', 'zip'];

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
      rmSync(place.file('info.json', first));
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
