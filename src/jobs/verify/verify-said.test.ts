// What a snapshot says of itself, when it does not agree with itself.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { isAt, tamper, writeInfo } from '../run/tamper.lab.ts';
import { verify } from './verify.ts';
import type { Damage, VerifyEvent } from './verify-events.ts';

let lab: SeriesLab;
let snapshot: string;
beforeEach(async () => {
  lab = new SeriesLab();
  writeFileSync(join(lab.source, 'file'), 'content');
  await lab.run();
  snapshot = lab.folders()[0] ?? '';
});
afterEach(() => lab.remove());

async function damages(
  level: 'quick' | 'full',
  report: (event: VerifyEvent) => void = () => {},
): Promise<readonly Damage[]> {
  const found: Damage[] = [];
  await verify(new Series(new LocalStore(lab.row.destination), 'data'), {
    at: undefined,
    level,
    signal: new AbortController().signal,
    report: (event) => {
      if (event.event === 'damage') found.push(event);
      report(event);
    },
  });
  return found;
}

/** Puts another sum into the place of that of `file`. */
function changeSum(file: string): void {
  const path = lab.folder(snapshot, 'SHA256SUMS');
  const lines = readFileSync(path, 'utf8').split('\n');
  const changed = lines.map((line) => (line.endsWith(`  ${file}`) ? `${'0'.repeat(64)}  ${file}` : line));
  writeFileSync(path, changed.join('\n'));
}

describe('a quick verify', () => {
  it.each<[string, () => unknown, string, string]>([
    [
      'a place that leads past the end of its archive',
      async () =>
        await tamper(lab, snapshot, (lines) =>
          lines.map((line) => {
            const bytes = lab.info(snapshot).archives[0]?.bytes ?? 0;
            return isAt('file')(line) ? { ...line, at: [0, 0, bytes + 1, 0] } : line;
          }),
        ),
      'index.jsonl.zst',
      '`file` has the impossible place ',
    ],
    [
      'a further name of a file of another size',
      async () =>
        await tamper(lab, snapshot, (lines) =>
          lines.flatMap((line) =>
            isAt('file')(line) ? [line, { ...line, path: 'further', hardlink: 'file', size: 99 }] : [line],
          ),
        ),
      'index.jsonl.zst',
      '`further` is no further name of `file`',
    ],
    [
      'another sum for the index than info.json has',
      () => changeSum('index.jsonl.zst'),
      'SHA256SUMS',
      'it says of index.jsonl.zst something else than info.json',
    ],
    ...['info.json', 'RESTORE.txt'].map((file): [string, () => unknown, string, string] => [
      `another sum for ${file} than it has`,
      () => changeSum(file),
      file,
      'its SHA-256 is not what SHA256SUMS says',
    ]),
    ...['number', 'file'].map((key): [string, () => unknown, string, string] => [
      `two archives of one ${key}`,
      () => {
        const info = lab.info(snapshot);
        const archives = info.archives.flatMap((one) => [
          one,
          { ...one, number: one.number + 1, file: `other-${one.file}`, [key]: one[key as 'file'] },
        ]);
        writeInfo(lab, snapshot, { ...info, archives });
      },
      'info.json',
      'it names an archive twice',
    ]),
  ])('finds %s', async (_, change, file, what) => {
    expect(await damages('quick')).toEqual([]);
    await change();
    const found = (await damages('quick')).map((damage) => [damage.file, damage.what]);
    expect(found).toContainEqual([`${snapshot}/${file}`, expect.stringContaining(what)]);
  });
});

it('counts what an archive holds also where two files have one content', async () => {
  writeFileSync(join(lab.source, 'copy'), 'content');
  await lab.run();
  snapshot = lab.folders()[1] ?? '';
  expect(await damages('quick')).toEqual([]);
  const info = lab.info(snapshot);
  const archives = info.archives.map((one) => ({ ...one, entries: one.entries + 1 }));
  writeInfo(lab, snapshot, { ...info, archives });
  const found = (await damages('quick')).map(({ what }) => what);
  expect(found).toContainEqual(expect.stringContaining('it says 2 files of 7 bytes'));
});

it('finds one archive that two snapshots describe in two ways', async () => {
  writeFileSync(join(lab.source, 'new'), 'new');
  await lab.run();
  const [first, second = ''] = lab.folders();
  const info = lab.info(second);
  const archives = info.archives.map((one, i) => (i === 0 ? { ...one, sha256: '0'.repeat(64) } : one));
  writeInfo(lab, second, { ...info, archives });
  const found = (await damages('quick')).map(({ what }) => what);
  expect(found).toContainEqual(
    expect.stringContaining(`is another one by the info.json of ${second} than by that of ${first}`),
  );
});

it('reads something, however small the sample is', async () => {
  const { end } = await verify(new Series(new LocalStore(lab.row.destination), 'data'), {
    at: undefined,
    level: 'full',
    sample: { share: 0, seed: 1 },
    signal: new AbortController().signal,
    report: () => {},
  });
  expect(end).toMatchObject({ readPieces: 1, pieces: 1, status: 0 });
});

describe('a full verify', () => {
  it('does not say that no index knows what is in an archive whose index it cannot read', async () => {
    const index = lab.folder(snapshot, 'index.jsonl.zst');
    const bytes = readFileSync(index);
    writeFileSync(index, bytes.fill(0xff, 100));
    expect((await damages('full')).map(({ file }) => file)).toEqual([`${snapshot}/index.jsonl.zst`]);
  });

  it('does not take a snapshot for gone that is damaged while it reads', async () => {
    rmSync(lab.folder(snapshot, 'RESTORE.txt'));
    const found = await damages('full', (event) => {
      // At once: of so little, the reading may not be told of.
      if (event.event === 'progress') writeFileSync(lab.folder(snapshot, 'info.json'), 'rubbish');
    });
    expect(found).toContainEqual(
      expect.objectContaining({ file: `${snapshot}/RESTORE.txt`, what: 'is missing' }),
    );
  });
});
