import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAMAGE_FILE } from '../../series/names.ts';
import { readRuns } from '../../series/read-runs.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { recordVerify } from './record-verify.ts';
import { verify } from './verify.ts';

let lab: SeriesLab;
beforeEach(async () => {
  lab = new SeriesLab();
  for (const content of ['one', 'two']) {
    writeFileSync(join(lab.source, 'file'), content);
    await lab.run();
  }
});
afterEach(() => lab.remove());

/** Verifies and records. @returns The files that are damaged, and the last line of the log. */
async function verified(
  level: 'quick' | 'full',
  at: string | undefined,
): Promise<{ readonly files: readonly string[]; readonly logged: unknown }> {
  const series = new Series(new LocalStore(lab.row.destination), 'data');
  const files: string[] = [];
  const options = {
    at,
    level,
    signal: new AbortController().signal,
    report: (event: Parameters<Parameters<typeof verify>[1]['report']>[0]): void => {
      if (event.event === 'damage') files.push(event.file);
    },
  };
  await recordVerify(series, await verify(series, options), options, new Date());
  return { files, logged: (await readRuns(series)).records.at(-1) };
}

it('takes the place of a damage.json that cannot be read only when it has read everything', async () => {
  const file = lab.folder(DAMAGE_FILE);
  const [first = ''] = lab.folders();
  writeFileSync(file, 'rubbish');
  for (const [level, at] of [
    ['quick', undefined],
    ['full', first],
  ] as const) {
    const { files, logged } = await verified(level, at);
    expect(files).toEqual([DAMAGE_FILE]);
    expect(logged).toMatchObject({ outcome: 'verify', result: 'failed', level, at: at ?? null });
    expect(readFileSync(file, 'utf8')).toBe('rubbish');
  }
  const { files, logged } = await verified('full', undefined);
  expect(files).toEqual([]);
  expect(logged).toMatchObject({ outcome: 'verify', result: 'passed', level: 'full', at: null });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1 });
});

it('has failed also where what is lost is not where the damage is', async () => {
  const series = new Series(new LocalStore(lab.row.destination), 'data');
  const options = {
    at: undefined,
    level: 'full',
    signal: new AbortController().signal,
    report: () => {},
  } as const;
  const verdict = await verify(series, options);
  const logged = async (counts: { damages: number; lost: number }): Promise<unknown> => {
    await recordVerify(series, { ...verdict, end: { ...verdict.end, ...counts } }, options, new Date());
    return (await readRuns(series)).records.at(-1);
  };
  expect(await logged({ damages: 0, lost: 0 })).toMatchObject({ result: 'passed' });
  expect(await logged({ damages: 0, lost: 1 })).toMatchObject({ result: 'failed' });
  expect(await logged({ damages: 1, lost: 0 })).toMatchObject({ result: 'failed' });
});
