// Which files damage costs, however little of the archives is read.
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import type { Lost } from './verify-events.ts';
import { verify, type VerifyOptions } from './verify.ts';

const NAMES = ['a', 'b', 'c'] as const;

let lab: SeriesLab;
/** Two snapshots with the same large files, of which the archive is one file with two names. */
beforeEach(async () => {
  lab = new SeriesLab();
  for (const name of NAMES) writeFileSync(join(lab.source, name), randomBytes(5_000_000));
  for (const night of ['1', '2']) {
    writeFileSync(join(lab.source, 'night'), night);
    expect((await lab.run()).outcome).toBe('written');
  }
});
afterEach(() => lab.remove());

function archives(): readonly string[] {
  const file = lab.info(lab.folders()[0] ?? '').archives[0]?.file ?? '';
  return lab.folders().map((at) => lab.folder(at, file));
}

async function losses(options: Partial<VerifyOptions> = {}): Promise<readonly Omit<Lost, 'event'>[]> {
  const found: Lost[] = [];
  await verify(new Series(new LocalStore(lab.row.destination), 'data'), {
    at: undefined,
    level: 'full',
    signal: new AbortController().signal,
    report: (event) => event.event === 'lost' && found.push(event),
    ...options,
  });
  return found;
}

describe('what is lost', () => {
  it('is all of an archive that is missing, also for a quick verify', async () => {
    for (const archive of archives()) rmSync(archive);
    const [first = '', second = ''] = lab.folders();
    const lost = [
      ...[...NAMES, 'night'].map((path) => ({ snapshot: first, path, stillIn: [] })),
      ...NAMES.map((path) => ({ snapshot: second, path, stillIn: [] })),
    ];
    expect(await losses({ level: 'quick' })).toMatchObject(lost);
    expect(await losses()).toMatchObject(lost);
  });

  it('is what cannot be read of an archive that is cut short, however small the sample is', async () => {
    const [archive = ''] = archives();
    truncateSync(archive, 12_000_000);
    const all = await losses();
    expect(all.map(({ path }) => path)).toContain('c');
    expect(all.map(({ path }) => path)).not.toContain('a');
    expect(await losses({ sample: { share: 1e-9, seed: 1 } })).toEqual(all);
  });

  it('is found in an older snapshot alone, whatever newer ones share its archive', async () => {
    const [archive = ''] = archives();
    truncateSync(archive, 12_000_000);
    const all = await losses();
    const [first] = lab.folders();
    expect(await losses({ at: first })).toEqual(all.filter(({ snapshot }) => snapshot === first));
    expect(all.map(({ snapshot }) => snapshot)).toContain(first);
  });

  it('is said to be still in each snapshot that has it whole, once, and in no other', async () => {
    const [archive = ''] = archives();
    // Content at two paths.
    writeFileSync(join(lab.source, 'again'), readFileSync(join(lab.source, 'a')));
    await lab.run();
    const bytes = readFileSync(archive);
    // Under one of its names, it is another file from now on.
    rmSync(archive);
    writeFileSync(archive, bytes.fill(0, 1000));
    const [first, ...others] = lab.folders();
    const lost = await losses();
    expect(new Set(lost.map((loss) => loss.snapshot))).toEqual(new Set([first]));
    for (const { path, stillIn } of lost) expect(stillIn).toEqual(path === 'night' ? [] : others);
    // What a sample has not read is there, as far as anybody knows.
    const sampled: Omit<Lost, 'event'>[] = [];
    for (let seed = 0; seed < 8; seed++) sampled.push(...(await losses({ sample: { share: 0.4, seed } })));
    expect(sampled).not.toEqual([]);
    for (const loss of sampled) expect(lost).toContainEqual(loss);
  });
});
