// What nights ask of a place far away, without changes and with few, as a test: docs/stores say the same numbers.
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

/** How many requests there are at most. */
interface Most {
  readonly quiet: number;
  /** In a night that writes one archive. */
  readonly written: number;
  /** More for each snapshot: when it is looked at, and once more when a lock is written. */
  readonly forEach: number;
}

/** @param place - Makes an empty place. */
export function testQuietNights(name: string, place: () => Promise<CountedPlace>, most: Most): void {
  it(`asks a ${name} for little in a night without changes, and for no archive`, async () => {
    const lab = new SeriesLab();
    onTestFinished(() => lab.remove());
    const { open, requests, folder } = await place();
    lab.row = { ...lab.row, destination: open().label, keep: { last: 30 } };
    const night = async (expected: string): Promise<readonly string[]> => {
      const before = requests.length;
      const { outcome, error } = await lab.run({ open });
      expect([outcome, error]).toEqual([expected, null]);
      // The server of the tests shows ten names in a page, real ones a thousand.
      return requests.slice(before).filter((request) => !request.includes('continuation-token'));
    };
    const quiet = async (): Promise<readonly string[]> => {
      if (folder !== undefined) makeOld(folder);
      const asked = await night('unchanged');
      // What this machine wrote, it has.
      expect(asked.filter((request) => /\.tar\.zst|\.jsonl\.zst/.test(request))).toEqual([]);
      return asked;
    };
    for (let snapshots = 1; snapshots <= 3; snapshots++) {
      writeFileSync(join(lab.source, `file ${snapshots}`), `content ${snapshots}`);
      const written = await night('written');
      // The first one makes the folders.
      if (snapshots > 1)
        expect(written.length, written.join('\n')).toBeLessThanOrEqual(
          most.written + 2 * most.forEach * (snapshots - 1),
        );
      const limit = most.quiet + most.forEach * snapshots;
      let asked = await quiet();
      // What was written in the night before is read once.
      if (asked.length > limit) asked = await quiet();
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
