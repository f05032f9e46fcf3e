// What nights without changes ask of a place far away, as a test: docs/stores say the same numbers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../store/store.ts';
import { SeriesLab } from './series.lab.ts';

interface CountedPlace {
  /** What opens it, as each run does. */
  readonly open: () => Store;
  /** All that was asked so far, as `GET /path`. */
  readonly requests: readonly string[];
}

/**
 * @param place - Makes an empty place.
 * @param most - So many requests, and so many more for each snapshot.
 */
export function testQuietNights(
  name: string,
  place: () => Promise<CountedPlace>,
  most: number,
  forEach: number,
): void {
  it(`asks a ${name} for little in a night without changes, and for no archive`, async () => {
    const lab = new SeriesLab();
    onTestFinished(() => lab.remove());
    const { open, requests } = await place();
    lab.row = { ...lab.row, destination: open().label, keep: { last: 30 } };
    const night = async (): Promise<readonly string[]> => {
      const before = requests.length;
      const { outcome, error } = await lab.run({ open });
      expect([outcome, error]).toEqual(['unchanged', null]);
      // The server of the tests shows ten names in a page, real ones a thousand.
      return requests.slice(before).filter((request) => !request.includes('continuation-token'));
    };
    for (let snapshots = 1; snapshots <= 3; snapshots++) {
      writeFileSync(join(lab.source, `file ${snapshots}`), `content ${snapshots}`);
      expect(await lab.run({ open })).toMatchObject({ outcome: 'written', error: null });
      const limit = most + forEach * snapshots;
      let asked = await night();
      // What was written in the night before is read once, and what is younger than a second has no tag at some.
      for (let nights = 1; nights < 20 && asked.length > limit; nights++) asked = await night();
      expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(limit);
      expect(asked.filter((request) => /^GET .*\.tar\.zst/.test(request))).toEqual([]);
    }
  });
}
