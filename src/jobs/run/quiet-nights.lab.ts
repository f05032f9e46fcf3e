// What nights without changes ask of a place far away, as a test: docs/stores say the same numbers.
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../store/store.ts';
import { SeriesLab } from './series.lab.ts';

interface CountedPlace {
  /** What opens it, as each run does. */
  readonly open: () => Store;
  /** All that was asked so far, as `GET /path`. */
  readonly requests: readonly string[];
  /** Where it lies on this machine, when what was written just now is not trusted there: it is made older. */
  readonly folder?: string;
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
    const { open, requests, folder } = await place();
    lab.row = { ...lab.row, destination: open().label, keep: { last: 30 } };
    const night = async (): Promise<readonly string[]> => {
      if (folder !== undefined) makeOld(folder);
      const before = requests.length;
      const { outcome, error } = await lab.run({ open });
      expect([outcome, error]).toEqual(['unchanged', null]);
      // The server of the tests shows ten names in a page, real ones a thousand.
      const asked = requests.slice(before).filter((request) => !request.includes('continuation-token'));
      // What this machine wrote, it has.
      expect(asked.filter((request) => /\.tar\.zst|\.jsonl\.zst/.test(request))).toEqual([]);
      return asked;
    };
    for (let snapshots = 1; snapshots <= 3; snapshots++) {
      writeFileSync(join(lab.source, `file ${snapshots}`), `content ${snapshots}`);
      expect(await lab.run({ open })).toMatchObject({ outcome: 'written', error: null });
      const limit = most + forEach * snapshots;
      let asked = await night();
      // What was written in the night before is read once.
      if (asked.length > limit) asked = await night();
      expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(limit);
    }
  });
}

/** Makes each file below `folder` a day old that was written just now. */
function makeOld(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const at = Date.now() / 1000 - 86_400;
    if (entry.isFile() && statSync(path).mtimeMs / 1000 > at + 3600) utimesSync(path, at, at);
  }
}
