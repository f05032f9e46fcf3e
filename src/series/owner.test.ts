import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SeriesLab } from '../jobs/run/series.lab.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { isSameMachine, readOwner } from './owner.ts';
import { Series } from './series.ts';

const ID = 'a'.repeat(32);
const OTHER_ID = 'b'.repeat(32);
const ADA = { host: 'ada-pc', machine: ID };

describe('isSameMachine()', () => {
  it.each<[boolean, string, Partial<typeof ADA>, Partial<typeof ADA>]>([
    [true, 'the same machine', {}, {}],
    [true, 'a name in capitals', {}, { host: 'Ada-PC' }],
    [true, 'a name with its domain', {}, { host: 'ada-pc.example.org' }],
    [true, 'a name without its domain', { host: 'ada-pc.example.org' }, {}],
    [true, 'a name in a network without a server', { host: 'ada-pc.example.org' }, { host: 'ADA-PC.local' }],
    [true, 'a machine that has an id since', { machine: '' }, {}],
    [true, 'a container that has no id', {}, { machine: '' }],
    [true, 'what a repair could not tell', { host: '', machine: '' }, { host: 'bob-pc' }],
    [false, 'another machine', {}, { host: 'bob-pc', machine: OTHER_ID }],
    [false, 'another machine of that name', {}, { machine: OTHER_ID }],
    [false, 'a copied machine, which has another name only', {}, { host: 'bob-pc' }],
    [false, 'another name, where there are no ids', { machine: '' }, { host: 'bob-pc', machine: '' }],
    [false, 'a name that begins alike', {}, { host: 'ada-pc2' }],
    [false, 'a name in another domain', { host: 'www.a.org' }, { host: 'www.b.org' }],
  ])('says %s of %s', (is, _, one, other) => {
    expect(isSameMachine({ ...ADA, ...one }, { ...ADA, ...other })).toBe(is);
    expect(isSameMachine({ ...ADA, ...other }, { ...ADA, ...one })).toBe(is);
  });
});

/** So many snapshots; a link is in the place of the newest info.json. */
async function open(count: number): Promise<{ series: Series; source: string }> {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (let night = 0; night < count; night++) {
    writeFileSync(join(lab.source, 'file'), `${night}`);
    await lab.run();
  }
  const info = lab.folder(lab.folders().at(-1) ?? '', 'info.json');
  renameSync(info, join(lab.root, 'info.json'));
  symlinkSync(join(lab.root, 'info.json'), info);
  return { series: new Series(new LocalStore(lab.row.destination), 'data'), source: lab.source };
}

describe.skipIf(process.platform === 'win32')('readOwner()', () => {
  it('asks an older snapshot where the newest cannot be read', async () => {
    const { series, source } = await open(2);
    expect(await readOwner(series)).toMatchObject({ source });
  });

  it('takes no series for nobody’s of which nothing can be read', async () => {
    const { series } = await open(1);
    await expect(readOwner(series)).rejects.toMatchObject({ code: 'E_STORE' });
  });
});
