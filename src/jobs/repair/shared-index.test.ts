// Where there are no hard links, a snapshot's index is that of others, too: a repair must leave it to them.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Info } from '../../series/info.ts';
import { isArchive } from '../../series/names.ts';
import { Series } from '../../series/series.ts';
import { FolderObjects } from '../../store/local/folder-objects.ts';
import { ObjectStore } from '../../store/object-store.ts';
import { stateFolder } from '../../store/sparing.lab.ts';
import { RememberedObjects } from '../../store/wrap/remembered-objects.ts';
import { NoLinkStore, SeriesLab } from '../run/series.lab.ts';
import { flawsIn } from '../verify/flaws.lab.ts';
import { repair } from './repair.ts';

const { signal } = new AbortController();
const open = (folder: string): NoLinkStore => new NoLinkStore(folder);

describe('the repair of a snapshot whose index is that of a later one, too', () => {
  let lab: SeriesLab;
  let series: Series;
  let first: string;
  let later: string;

  async function night(): Promise<string> {
    return (await lab.run({ open, smallIndexBytes: 0 })).snapshot ?? '';
  }

  async function damages(): Promise<readonly string[]> {
    return (await flawsIn(series)).flatMap((flaw) =>
      flaw.event === 'damage' ? flaw.snapshots : [flaw.snapshot],
    );
  }

  beforeEach(async () => {
    lab = new SeriesLab();
    onTestFinished(() => lab.remove());
    series = new Series(open(lab.row.destination), 'data');
    writeFileSync(join(lab.source, 'only'), 'in an archive that is lost');
    const oldest = await night();
    for (let i = 0; i < 40; i++) writeFileSync(join(lab.source, `file ${i}`), `content ${i}`);
    first = await night();
    rmSync(join(lab.source, 'only'));
    later = await night();
    expect(lab.info(later).index.file).toBe(`${first}/index.jsonl.zst`);
    rmSync(lab.folder(oldest), { recursive: true });
    rmSync(lab.folder(first, 'info.json'));
  });

  it('tells what is lost beside it', async () => {
    const [end] = await repair(series, [first], signal);
    expect(end).toMatchObject({ outcome: 'repaired' });
    expect(await damages()).toEqual([]);
    expect([lab.info(first).count.files, lab.info(later).count.files]).toEqual([40, 40]);
    expect([...lab.restored(first).keys()]).toEqual([...lab.restored(later).keys()]);
  });

  it('writes it anew where it has rotted far away, also when this machine has kept it', async () => {
    const objects = new RememberedObjects(new FolderObjects(lab.row.destination), stateFolder());
    const store = new ObjectStore(lab.row.destination, async () => await Promise.resolve(objects));
    const far = new Series(store, 'data');
    const [snapshot] = (await far.survey()).snapshots;
    if (snapshot === undefined) throw new Error('no snapshot');
    await far.entryLines(snapshot);
    const index = lab.folder(first, 'index.jsonl.zst');
    writeFileSync(index, readFileSync(index).fill(0));
    await far.entryLines(snapshot);
    const [end] = await repair(far, [first], signal);
    expect(end).toMatchObject({ outcome: 'repaired' });
    expect(lab.info(first).count.files).toBe(40);
  });

  it('writes it anew where it is damaged, and nobody can read it as it is', async () => {
    writeFileSync(lab.folder(first, 'index.jsonl.zst'), 'damaged');
    const [end] = await repair(series, [first], signal);
    expect(end).toMatchObject({ outcome: 'repaired' });
    expect([...lab.restored(first).keys()]).toHaveLength(40);
  });

  it('is impossible where more is lost than is told beside it already', async () => {
    await repair(series, [first], signal);
    const told = lab.info(first).changes;
    expect(told).not.toBe(null);
    // All of its content is lost; the archive of folders and links is left.
    for (const file of readdirSync(lab.folder(first)))
      if (isArchive(file) && !file.includes('~')) rmSync(lab.folder(first, file));
    for (const file of ['info.json', 'SHA256SUMS', 'RESTORE.txt']) rmSync(lab.folder(first, file));
    const aside = readFileSync(lab.folder(later, 'info.json'), 'utf8');
    // Nobody tells of that archive.
    const { archives, ...info } = JSON.parse(aside) as Info;
    writeFileSync(
      lab.folder(later, 'info.json'),
      JSON.stringify({ ...info, archives: archives.filter(({ file }) => !file.includes(first)) }),
    );
    const [end] = await repair(series, [first], signal);
    expect(end).toMatchObject({ outcome: 'impossible' });
    expect(end?.notes.join()).toContain(later);
  });

  it('is impossible where it would have to be written anew', async () => {
    const sums = lab.folder(first, 'SHA256SUMS');
    const { sha256 } = lab.info(later).index;
    writeFileSync(sums, readFileSync(sums, 'utf8').replace(sha256, '0'.repeat(64)));
    const [end] = await repair(series, [first], signal);
    expect(end).toMatchObject({ outcome: 'impossible' });
    expect(end?.notes.join()).toContain(later);
    expect(await damages()).toEqual([first]);
  });
});
