// Files whose size is not what a listing says: what is read decides.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { diffNow } from '../look/diff-now.ts';
import { SeriesLab } from './series.lab.ts';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
});
afterEach(() => {
  lab.remove();
});

/** Listed with 0 bytes, and with a page. */
const FILES = ['/proc/sys/kernel/ostype', '/sys/kernel/profiling'].filter((path) => existsSync(path));

describe.each(FILES)('a source whose size in the listing is not so: %s', (path) => {
  it.each(['tar.zst', 'zip'] as const)(
    'is stored as it is read, and is no change the next night: %s',
    async (format) => {
      lab.row = { ...lab.row, source: path, format };
      const { outcome, problems, bytes, snapshot } = await lab.run();
      const content = readFileSync(path);
      expect([outcome, problems, bytes]).toEqual(['written', 0, content.length]);
      const [file] = [...lab.restored(snapshot ?? '').values()];
      expect(file).toContain(content.toString('base64'));
      for (const rehash of [false, true]) {
        expect(await lab.run({ rehash })).toMatchObject({ outcome: 'unchanged', problems: 0, guards: [] });
      }
      const series = new Series(new LocalStore(dirname(lab.folder())), lab.row.name);
      const [newest] = (await series.survey()).snapshots;
      if (newest === undefined) throw new Error('there is no snapshot');
      const signal = new AbortController().signal;
      const { differences } = await diffNow(series, newest, lab.row, { signal, progress: () => {} });
      expect(differences).toEqual([]);
    },
  );
});
