import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decide } from '../../mirror/decide.ts';
import { thereOf } from '../../mirror/held.ts';
import { readState } from '../../mirror/mirror.ts';
import { readVersions } from '../../mirror/versions.ts';
import type { Mount } from '../../tree/mounts.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { mountsAfter } from './whole-pass.ts';

const RESTLESS = '/proc/sys/kernel/random/uuid';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
  lab.row = { ...lab.row, strategy: 'mirror', keep: { within: 3_600_000 } };
});
afterEach(() => lab.remove());

it('lets no version go while a guard holds something back', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `file ${i}`);
  for (const name of names) writeFileSync(join(lab.source, name), 'one');
  await lab.run();
  writeFileSync(join(lab.source, 'file 0'), 'another one');
  await lab.run();
  for (const name of names.slice(1)) rmSync(join(lab.source, name));
  expect(await lab.run({ acceptChanges: false })).toMatchObject({ guards: [{ guard: 'mass-change' }] });
  expect((await readVersions(lab.folder())).map(({ path }) => path)).toEqual(['file 0']);
  await lab.run({ acceptChanges: true });
  // By the next pass it was too old already.
  await lab.run();
  const left = (await readVersions(lab.folder())).map(({ path }) => path);
  expect(left).not.toContain('file 0');
});

it('lets no version go in one pass by a clock that is far ahead', async () => {
  const [today, later] = [new Date('2026-11-28T12:00:00Z'), new Date('2027-11-28T12:00:00Z')];
  const versions = async (now: Date): Promise<number> => {
    await lab.run({ now: () => now });
    return (await readVersions(lab.folder())).length;
  };
  writeFileSync(join(lab.source, 'file'), 'one');
  await versions(today);
  writeFileSync(join(lab.source, 'file'), 'another one');
  const tomorrow = new Date(today.getTime() + 86_400_000);
  // It is there until the pass after the one in which it was too old first.
  expect([await versions(today), await versions(later), await versions(today)]).toEqual([1, 1, 1]);
  expect([await versions(tomorrow), await versions(tomorrow)]).toEqual([1, 0]);
});

it.skipIf(process.platform === 'win32')(
  'says of what could not be done that it failed, also in its log',
  async () => {
    mkdirSync(lab.folder(), { recursive: true });
    spawnSync('mkfifo', [lab.folder('file')]);
    writeFileSync(join(lab.source, 'file'), 'one');
    writeFileSync(join(lab.source, 'other'), 'one');
    expect(await lab.run()).toMatchObject({ status: 3, problems: 1, change: { added: 1 } });
    const lines = readFileSync(lab.folder('.snapshot-data/backup_log.txt'), 'utf8').split('\n');
    const about = (name: string): string | undefined =>
      lines.find((line) => line.includes(`${join(lab.source, name)} - `))?.replace(/^.* - /, '');
    expect([about('file'), about('other')]).toEqual([
      expect.stringMatching(/^FAILED: something is there that was not there before/),
      'SUCCESS',
    ]);
  },
);

it('ends when its log cannot be written, and says so', async () => {
  writeFileSync(join(lab.source, 'file'), 'one');
  expect(await lab.run({ actionLog: lab.source })).toMatchObject({ status: 0, change: { added: 1 } });
  expect(lab.notes()).toContainEqual(expect.stringContaining('the log of the mirror is not complete'));
});

// What it says is another one at each look.
it.skipIf(!existsSync(RESTLESS))('copies again what did not come to rest when it was copied', async () => {
  lab.row = { ...lab.row, source: RESTLESS };
  expect(await lab.run()).toMatchObject({ status: 3, problems: 1, change: { added: 1 } });
  const { held } = (await readState(lab.folder())) ?? {};
  const [last] = [...(held?.values() ?? [])].filter(({ type }) => type === 'file');
  if (held === undefined || last === undefined) throw new Error('the mirror holds it');
  // It rests now, and is what it was when its last copy was done.
  const { ino: inode, ctimeNs } = statSync(RESTLESS, { bigint: true });
  const entry = { ...last, inode, ctimeNs, hardlink: undefined };
  const known = { held, isLeftAlone: () => false, mounts: new Set<BytePath>(), rehash: false };
  expect(decide({ ...known, source: [entry], there: [thereOf(last)] })).toMatchObject([{ do: 'copy' }]);
  const moved = { ...entry, path: fromText('moved') };
  expect(decide({ ...known, source: [moved], there: [thereOf(last)] })).toContainEqual(
    expect.objectContaining({ do: 'copy', path: 'moved' }),
  );
});

it('counts files, not the folders in which they were, and clears what was cut short', async () => {
  mkdirSync(join(lab.source, 'sub'));
  for (const name of ['sub/one', 'sub/two', 'three']) writeFileSync(join(lab.source, name), name);
  expect(await lab.run()).toMatchObject({ change: { added: 3 } });
  rmSync(join(lab.source, 'sub'), { recursive: true });
  // Left by one that was killed.
  const part = lab.folder('.snapshot-data/parts/7');
  writeFileSync(part, 'cut sh');
  expect(await lab.run()).toMatchObject({ change: { removed: 2 } });
  expect(existsSync(part)).toBe(false);
});

function mounts(paths: readonly string[], id: string): readonly Mount[] {
  return paths.map((path) => ({ path: fromText(path), id }));
}

it.each([
  ['of a first pass, also where something is held', undefined, false, ['a', 'new']],
  ['of a whole pass: what is away was let go', ['a', 'away'], true, ['a', 'new']],
  ['while something is held: what is away, too', ['a', 'away'], false, ['a', 'away', 'new']],
])('knows the mounts %s', (_, before, isWhole, after) => {
  const known = mountsAfter(before && mounts(before, 'old'), mounts(['a', 'new'], 'now'), isWhole);
  expect(known.map(({ path }) => path)).toEqual(after);
  expect(known[0]?.id).toBe(before === undefined || isWhole ? 'now' : 'old');
});
