// `--accept-changes` says what it has overruled.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalStore } from '../../store/local/local-store.ts';
import { Memory } from '../status/memory.ts';
import { SeriesLab } from './series.lab.ts';

class FullStore extends LocalStore {
  override async freeBytes(): Promise<number> {
    return await Promise.resolve(0);
  }
}

function open(folder: string): LocalStore {
  return new FullStore(folder);
}

let lab: SeriesLab;
beforeEach(async () => {
  lab = new SeriesLab();
  writeFileSync(join(lab.source, 'file'), 'one');
  await lab.run();
  lab.events.length = 0;
});
afterEach(() => {
  lab.remove();
});

describe('a run with --accept-changes', () => {
  it('has nothing to say when it has overruled nothing', async () => {
    await lab.run();
    expect(lab.notes()).toEqual([]);
  });

  it('says that there seemed to be no room', async () => {
    writeFileSync(join(lab.source, 'more'), 'more');
    expect(await lab.run({ open, acceptChanges: false })).toMatchObject({ outcome: 'failed', status: 4 });
    expect(await lab.run({ open })).toMatchObject({ outcome: 'written', status: 0 });
    expect(lab.notes()).toEqual([expect.stringMatching(/^accepted: ".*" has \d+ B free, and about/)]);
    expect(lab.info(lab.folders().at(-1) ?? '').guards).toEqual(['free-space']);
  });

  it('says which damage is no trouble any more, and once', async () => {
    const [first = ''] = lab.folders();
    writeFileSync(join(lab.source, 'file'), 'two');
    await lab.run();
    rmSync(lab.folder(first, `data-${first}.tar.zst`));
    await lab.run({ acceptChanges: false });
    lab.events.length = 0;
    await lab.run();
    expect(lab.notes()).toContainEqual(
      expect.stringMatching(new RegExp(`^accepted: damage of ${first}/.*, which is missing`)),
    );
    lab.events.length = 0;
    await lab.run();
    expect(lab.notes()).toEqual([]);
  });

  it('says that it took what is there for the destination, as another disk was', async () => {
    const memory = new Memory(join(lab.root, 'state'));
    lab.row = { ...lab.row, destination: join(lab.root, 'other') };
    await memory.update(lab.row.destination, () => ({ isRemovable: true, disks: ['one'], series: [] }));
    await lab.run({ memory });
    expect(lab.notes()).toContainEqual(
      expect.stringMatching(/^accepted: what is at ".*other" now, though it was waiting for its disk/),
    );
  });
});
