// No restore changes what belongs to a series, whoever's it is.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { contentOf, SeriesLab } from '../run/series.lab.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import { refuseKept } from './keep-apart.ts';
import type { RestoreEnd } from './restore-events.ts';
import { restore, type RestoreOptions } from './restore.ts';
import type { Doing, Step } from './target-plan.ts';

let lab: SeriesLab;
let snapshot: string;
/** A folder with a copy of the series, a snapshot copied alone and one under another name. */
let other: string;

beforeAll(async () => {
  lab = new SeriesLab();
  mkdirSync(join(lab.source, 'deep', 'series'), { recursive: true });
  writeFileSync(join(lab.source, 'file'), 'x');
  writeFileSync(join(lab.source, 'deep', 'file'), 'y');
  await lab.run();
  snapshot = lab.folders().at(-1) ?? '';
  symlinkSync(lab.folder(), join(lab.root, 'link'));
});
beforeEach(() => {
  other = join(lab.root, 'other');
  rmSync(other, { recursive: true, force: true });
  mkdirSync(join(other, 'deep'), { recursive: true });
});
afterAll(() => lab.remove());

async function run(to: string, options: Partial<RestoreOptions> = {}): Promise<RestoreEnd> {
  return await restore(new Series(new LocalStore(join(lab.root, 'destination')), 'data'), {
    at: 'latest',
    globs: [],
    to: join(lab.root, to),
    overwrite: 'never',
    deletes: false,
    dryRun: false,
    signal: new AbortController().signal,
    report: () => {},
    ...options,
  });
}

const DELETES = { overwrite: 'if-changed', deletes: true } as const;

/** The restore is refused with such a message, and nothing anywhere has changed. */
async function expectRefused(
  to: string,
  message: RegExp,
  options: Partial<RestoreOptions> = {},
): Promise<void> {
  const before = contentOf(lab.root);
  for (const way of [options, { ...options, dryRun: true }])
    await expect(run(to, way), to).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(message),
    });
  expect(contentOf(lab.root)).toEqual(before);
}

describe.skipIf(process.platform === 'win32')('a restore', () => {
  it.each([
    ['destination', /holds the series ".*destination\/data"/],
    ['destination/new', /lies in the destination ".*destination"/],
    ['destination/data/new/er', /lies in the series ".*data"/],
    ['destination/data/DATE', /lies in the series/],
    ['link', /lies in the series/],
    ['link/new', /lies in the series/],
    ['.', /holds the series ".*destination\/data"/],
  ])('is refused in, at or around its own series: %s', async (to, message) => {
    await expectRefused(to.replace('DATE', snapshot), message);
    await expectRefused(to.replace('DATE', snapshot), /series|destination/, DELETES);
  });

  const COPIES: readonly (readonly [string, (at: string) => void])[] = [
    ['a series', (at) => cpSync(lab.folder(), at, { recursive: true })],
    [
      'a series of which only an unfinished snapshot is left',
      (at) => {
        mkdirSync(join(at, snapshot), { recursive: true });
        writeFileSync(join(at, snapshot, `name-${snapshot}.tar.zst.part`), '');
      },
    ],
    [
      'a series whose snapshots are damaged',
      (at) => {
        mkdirSync(join(at, snapshot), { recursive: true });
        writeFileSync(join(at, snapshot, 'info.json'), 'rubbish');
      },
    ],
    [
      'a series without snapshots',
      (at) => {
        mkdirSync(at);
        cpSync(lab.folder('runs.jsonl'), join(at, 'runs.jsonl'));
      },
    ],
    ['a snapshot under another name', (at) => cpSync(lab.folder(snapshot), at, { recursive: true })],
  ];

  it.each(COPIES)('is refused at, in and around %s', async (_, copy) => {
    rmSync(other, { recursive: true });
    copy(other);
    await expectRefused('other', /is a (?:series|snapshot)/);
    await expectRefused('other/new/folder', /lies in the (?:series|snapshot) ".*other"/);
    rmSync(other, { recursive: true });
    mkdirSync(other);
    copy(join(other, 'copy'));
    await expectRefused('other', /holds the (?:series|snapshot) ".*copy"/);
    await expectRefused('other/new', /lies in the destination ".*other"/);
  });

  it.each(COPIES.slice(0, 2))(
    'deletes, replaces and adds nothing in %s that lies deep in its target',
    async (_, copy) => {
      copy(join(other, 'deep', 'series'));
      writeFileSync(join(other, 'deep', 'file'), 'another');
      const series = /would change .* of the (?:series|snapshot) ".*deep\/series"/;
      await expectRefused('other', series, DELETES);
      const before = contentOf(join(other, 'deep', 'series'));
      expect(await run('other', { ...DELETES, globs: ['*', '!/deep/series'] })).toMatchObject({ status: 0 });
      expect(await run('other', { overwrite: 'always' })).toMatchObject({ status: 0 });
      expect(contentOf(join(other, 'deep', 'series'))).toEqual(before);
      expect(readFileSync(join(other, 'deep', 'file'), 'utf8')).toBe('y');
    },
  );

  it('is refused in a destination that a marker or the plan tells of', async () => {
    writeFileSync(join(other, 'snapshot-disk.json'), '{"id":"0123456789"}');
    await expectRefused('other', /is a destination/);
    await expectRefused('other/deep/new', /lies in the destination ".*other"/);
    rmSync(join(other, 'snapshot-disk.json'));
    await expectRefused('other', /destination of the plan/, { destinations: [other] });
    await expectRefused('other/new', /lies in the destination/, { destinations: [other] });
  });

  it('goes where the snapshot was taken from, also when a destination lies around', async () => {
    const marker = join(lab.root, 'snapshot-disk.json');
    writeFileSync(marker, '{"id":"0123456789"}');
    try {
      await expectRefused('new', /lies in the destination/);
      expect(await run('source', DELETES)).toMatchObject({ status: 0, deleted: 0 });
    } finally {
      rmSync(marker);
    }
  });

  it('takes files that only look a little like ours for what they are', async () => {
    mkdirSync(join(other, 'deep', '2026-01-01T00-00-00Z'));
    writeFileSync(join(other, 'deep', '2026-01-01T00-00-00Z', 'holiday.zip'), '');
    writeFileSync(join(other, 'deep', 'info.json'), '{}');
    writeFileSync(join(other, 'runs.jsonl'), '{"run":1}\n');
    expect(await run('other', DELETES)).toMatchObject({ status: 0, deleted: 4 });
  });

  it('completes a series that is in the snapshot, and replaces nothing of it', async () => {
    const backups = new SeriesLab();
    try {
      cpSync(lab.folder(), join(backups.source, 'data'), { recursive: true });
      await backups.run();
      const from = new Series(new LocalStore(join(backups.root, 'destination')), 'data');
      const options = {
        ...DELETES,
        overwrite: 'if-changed',
        at: 'latest',
        globs: [],
        dryRun: false,
      } as const;
      const to = join(backups.root, 'target');
      const again = async (more: Partial<RestoreOptions> = {}): Promise<RestoreEnd> =>
        await restore(from, {
          ...options,
          to,
          deletes: false,
          signal: new AbortController().signal,
          report: () => {},
          ...more,
        });
      await again();
      rmSync(join(to, 'data', snapshot, 'info.json'));
      expect(await again()).toMatchObject({ status: 0, files: 1 });
      expect(readFileSync(join(to, 'data', snapshot, 'info.json'))).toEqual(
        readFileSync(lab.folder(snapshot, 'info.json')),
      );
      const changed = join(to, 'data', 'runs.jsonl');
      writeFileSync(changed, 'other');
      await expect(again()).rejects.toMatchObject({ code: 'E_USAGE' });
      await expect(again({ deletes: true })).rejects.toMatchObject({ code: 'E_USAGE' });
      expect(readFileSync(changed, 'utf8')).toBe('other');
      expect(existsSync(join(to, 'data', snapshot, 'info.json'))).toBe(true);
    } finally {
      backups.remove();
    }
  });
});

function step(doing: Doing, path: BytePath): Step {
  return { do: doing, path, type: 'file', i: 0, reason: undefined };
}

describe('refuseKept()', () => {
  const info = fromText('deep/series/2026/info.json');
  const steps = (doing: Doing): readonly Step[] => [step('make', fromText('file')), step(doing, info)];
  const places = [{ kind: 'series', path: fromText('deep/series'), evidence: [info] } as const];
  const left = (doing: Doing, isOwn: boolean): readonly Step[] =>
    refuseKept('/target', steps(doing), places, () => isOwn);

  it.each<Doing>(['make', 'set', 'same', 'leave', 'refuse'])(
    'lets a series that the snapshot has as well be completed: %s',
    (doing) => {
      expect(left(doing, true)).toEqual(steps(doing));
    },
  );

  it.each<[Doing, boolean]>([
    ['replace', true],
    ['delete', true],
    ['make', false],
    ['set', false],
  ])('refuses any other change: %s, the snapshot has it: %o', (doing, isOwn) => {
    expect(() => left(doing, isOwn)).toThrow(/would change a path of the series "\/target\/deep\/series"/);
  });

  it('has no mode or time set of folders of a series that it lies over', () => {
    expect(left('same', false)).toEqual([
      step('make', fromText('file')),
      { ...step('same', info), isUntouched: true },
    ]);
  });
});
