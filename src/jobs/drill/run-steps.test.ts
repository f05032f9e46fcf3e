import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { hasTool, IS_CI } from '../../../test/support/command.ts';
import { extractWithTar, needTar, windowsTar } from '../../host/windows-tar.ts';
import { parseRestore } from '../../series/script/read-script.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { compareTree } from './drill-compare.ts';
import { runSteps } from './run-steps.ts';

const { signal } = new AbortController();

/** The program that Windows calls tar. */
const TAR = 'bsdtar';
const hasTar = IS_CI || hasTool(TAR);

describe.skipIf(!hasTar).each(['tar.zst', 'zip'] as const)('RESTORE.txt without sh: %s', (format) => {
  let lab: SeriesLab;
  beforeEach(() => {
    lab = new SeriesLab();
    lab.row = { ...lab.row, format };
    onTestFinished(() => lab.remove());
  });

  /** What differs in the newest snapshot. */
  async function extracted(): Promise<{
    wrong: string | undefined;
    differences: readonly string[];
    paths: number;
  }> {
    const series = new Series(new LocalStore(lab.row.destination), 'data');
    const snapshot = (await series.survey()).snapshots.at(-1);
    if (snapshot === undefined) throw new Error('there is no snapshot');
    const folder = lab.folder(snapshot.name);
    const steps = parseRestore(readFileSync(join(folder, 'RESTORE.txt'), 'latin1'), 'RESTORE.txt');
    const target = join(lab.root, 'target');
    const wrong = await runSteps(
      steps,
      folder,
      target,
      async (archive) => await extractWithTar(TAR, archive, target, signal),
    );
    const compared = await compareTree(target, await series.entries(snapshot), format === 'zip', signal);
    return { wrong, differences: compared.differences, paths: compared.paths };
  }

  it('gives back a tree of which files were moved, copied, replaced and deleted', async () => {
    const at = (...path: string[]): string => join(lab.source, ...path);
    mkdirSync(at('old', 'deep'), { recursive: true });
    for (const name of ['a', 'b', 'old/deep/c', 'old/d', 'ü']) writeFileSync(at(name), `content of ${name}`);
    await lab.run();
    renameSync(at('old'), at('new'));
    writeFileSync(at('a'), 'changed');
    rmSync(at('b'));
    mkdirSync(at('b'));
    writeFileSync(at('b', 'inside'), 'a folder where a file was');
    writeFileSync(at('copy'), 'content of ü');
    await lab.run();
    expect(await extracted()).toEqual({ wrong: undefined, differences: [], paths: 9 });
  });

  it('says what is wrong, and does the rest', async () => {
    writeFileSync(join(lab.source, 'a'), 'content');
    await lab.run();
    const series = new Series(new LocalStore(lab.row.destination), 'data');
    const [snapshot] = (await series.survey()).snapshots;
    writeFileSync(lab.folder(snapshot?.name ?? '', snapshot?.info.archives[0]?.file ?? ''), 'no archive');
    const { wrong } = await extracted();
    expect(wrong).toMatch(/archive format/);
  });
});

it('tells what went wrong first', async () => {
  const target = mkdtempSync(join(tmpdir(), 'snapshot-steps-'));
  onTestFinished(() => rmSync(target, { recursive: true }));
  const steps = ['one', 'two', 'three'].map((file) => ({ do: 'extract', file }) as const);
  const wrong = await runSteps(
    steps,
    target,
    target,
    async (archive) =>
      await Promise.resolve(archive.endsWith('three') ? undefined : `cannot read ${basename(archive)}`),
  );
  expect(wrong).toBe('cannot read one');
});

describe('needTar()', () => {
  it('names the program that is not there', () => {
    const tar = windowsTar({ SystemRoot: String.raw`D:\Windows` });
    expect(() => needTar(tar, false)).toThrow(String.raw`This machine has no "D:\Windows\System32\tar.exe"`);
  });

  it.skipIf(!hasTar)('wants zstd where archives need it', () => {
    expect(() => needTar(TAR, true)).not.toThrow();
    // One that says nothing of it.
    expect(() => needTar(process.execPath, true)).toThrow('knows no zstd');
    expect(() => needTar(process.execPath, false)).not.toThrow();
  });
});
