import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LocalStore } from '../../store/local/local-store.ts';
import { NoLinkStore, SeriesLab } from './series.lab.ts';

/** Says once of an info.json that it is not there, as a file server may that is starting. */
class ForgetfulStore extends LocalStore {
  #asked = 0;

  override async read(key: string): Promise<Buffer | undefined> {
    if (key.endsWith('/info.json')) this.#asked++;
    // It is read twice before, to see whose the series is.
    const forgets = key.endsWith('/info.json') && this.#asked === 3;
    return forgets ? undefined : await super.read(key);
  }
}

it('a snapshot whose info.json was overlooked once is not removed as unfinished', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  writeFileSync(join(lab.source, 'file'), 'first');
  await lab.run();
  writeFileSync(join(lab.source, 'file'), 'second');
  await lab.run({ open: (destination) => new ForgetfulStore(destination) });
  const [first = ''] = lab.folders();
  expect(lab.folders()).toHaveLength(2);
  expect(existsSync(lab.folder(first, 'info.json'))).toBe(true);
  expect(lab.restored(first).get('file')).toContain(Buffer.from('first').toString('base64'));
  expect(lab.info(lab.folders()[1] ?? '').previous).toBe(first);
});

it('what a write of a file of the series has left goes with the next run, and nothing else of such a name', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  writeFileSync(join(lab.source, 'file'), 'first');
  await lab.run();
  const left = ['damage.json.part', 'held.json.part', 'accepted.json.part', 'owner.json.part'].map((name) =>
    lab.folder(name),
  );
  const foreign = lab.folder('mine.json.part');
  for (const file of [...left, foreign]) writeFileSync(file, '{');
  await lab.run();
  expect(left.filter(existsSync)).toEqual([]);
  expect(existsSync(foreign)).toBe(true);
});

/** Two snapshots, of which the first one was let go, as far as LET-GO.part: cut short right there. */
async function openCutShort(): Promise<{ lab: SeriesLab; cut: string }> {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  writeFileSync(join(lab.source, 'file'), 'first');
  await lab.run();
  writeFileSync(join(lab.source, 'file'), 'second');
  await lab.run();
  const [cut = ''] = lab.folders();
  renameSync(lab.folder(cut, 'info.json'), lab.folder(cut, 'UNFINISHED'));
  return { lab, cut };
}

it('a marker that was not finished is in nobody’s way', async () => {
  const { lab, cut } = await openCutShort();
  writeFileSync(lab.folder(cut, 'LET-GO.part'), '');
  expect(await lab.run()).toMatchObject({ status: 0, outcome: 'unchanged' });
  expect(lab.folders()).not.toContain(cut);
});

it('what cannot be cleared away is a note, and the run is what it is', async () => {
  const { lab, cut } = await openCutShort();
  mkdirSync(lab.folder(cut, 'LET-GO.part', 'PINNED'), { recursive: true });
  writeFileSync(join(lab.source, 'file'), 'third');
  expect(await lab.run()).toMatchObject({ status: 0, outcome: 'written' });
  expect(lab.notes()).toContainEqual(expect.stringMatching(`folder ${cut} cannot be removed: .*PINNED.*`));
  expect(lab.folders()).toContain(cut);
});

function open(destination: string): LocalStore {
  return new NoLinkStore(destination);
}

it.each([
  ['stays as long as a damaged snapshot may need what lies there', true],
  ['goes when none is damaged', false],
])('an unfinished folder, without hard links, %s', async (_, isDamaged) => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(join(lab.source, name), name);
    await lab.run({ open });
  }
  if (isDamaged) rmSync(lab.folder(lab.folders()[2] ?? '', 'info.json'));
  const left = lab.folder('2001-01-01T00-00-00Z');
  mkdirSync(left);
  writeFileSync(join(left, 'UNFINISHED'), '');
  await lab.run({ open });
  expect(existsSync(left)).toBe(isDamaged);
});
