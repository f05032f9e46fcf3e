// A series at another place: the same one, whole, however it came there.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readDamage, writeDamage } from '../../series/damage/damage.ts';
import { ROTTEN } from '../../series/damage/rotten.lab.ts';
import { readPin, writePin } from '../../series/pins.ts';
import { readRuns } from '../../series/read-runs.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { MemoryObjects } from '../../store/memory-objects.lab.ts';
import { ObjectStore } from '../../store/object-store.ts';
import { contentOf, NoLinkStore, SeriesLab } from '../run/series.lab.ts';
import { flawsIn } from '../verify/flaws.lab.ts';
import { bringUp, type BringOptions, type Brought } from './bring-up.ts';
import type { CopyEnd, CopyEvent } from './copy-events.ts';
import { copySeries } from './copy.ts';

const { signal } = new AbortController();

class CopyLab extends SeriesLab {
  readonly other: string = join(this.root, 'other');
  readonly said: CopyEvent[] = [];

  static open(): CopyLab {
    const lab = new CopyLab();
    onTestFinished(() => lab.remove());
    return lab;
  }

  write(name: string, content: string | Buffer): void {
    mkdirSync(join(this.source, name, '..'), { recursive: true });
    writeFileSync(join(this.source, name), content);
  }

  /** Three nights: what is new, moved and gone. */
  async nights(): Promise<void> {
    this.write('a/letter.txt', 'Dear Anna');
    this.write('photo.bin', Buffer.alloc(300_000, 'p'));
    await this.run();
    this.write('b.txt', 'new');
    renameSync(join(this.source, 'a/letter.txt'), join(this.source, 'moved.txt'));
    await this.run();
    rmSync(join(this.source, 'photo.bin'));
    appendFileSync(join(this.source, 'b.txt'), ' and more');
    await this.run();
  }

  get series(): Series {
    return new Series(new LocalStore(this.row.destination), this.row.name);
  }

  get copied(): Series {
    return new Series(new LocalStore(this.other), this.row.name);
  }

  async copy(more: { to?: string; dryRun?: boolean; encrypt?: string } = {}): Promise<CopyEnd> {
    const { to = this.other, dryRun = false, encrypt } = more;
    return await copySeries(this.series, {
      to,
      dryRun,
      encrypt,
      signal,
      report: (event) => this.said.push(event),
    });
  }

  async bring(to: Series, from: Series = this.series, more: Partial<BringOptions> = {}): Promise<Brought> {
    return await bringUp([from], to, {
      dryRun: false,
      now: new Date(),
      recipients: [],
      label: 'data',
      signal,
      report: (event) => this.said.push(event),
      ...more,
    });
  }

  outcomes(): readonly string[] {
    return this.said.flatMap((event) =>
      event.event === 'snapshot' ? [`${event.outcome} ${event.snapshot}`] : [],
    );
  }
}

/** Everything below `folder`, but for what says when and by whom it was written. */
function seriesAt(folder: string): ReadonlyMap<string, string> {
  const all = [...contentOf(folder)].map(
    ([path, text]) => [path, text.replace(/^(file \d+) \S+/, '$1')] as const,
  );
  return new Map(all.filter(([path]) => path !== 'runs.jsonl'));
}

describe('a copy of a series', () => {
  it('is the same, byte for byte, and shares what its snapshots share', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    const end = await lab.copy();
    expect(end).toMatchObject({ status: 0, copied: 3, there: 0, damaged: 0 });
    expect(seriesAt(join(lab.other, 'data'))).toEqual(seriesAt(lab.folder()));
    const linksOf = (root: string): readonly number[] =>
      lab
        .folders()
        .flatMap((at) => readdirSync(join(root, at)).map((name) => statSync(join(root, at, name)).nlink));
    expect(linksOf(join(lab.other, 'data'))).toEqual(linksOf(lab.folder()));
    expect(lab.locks()).toEqual([]);
    expect(
      readdirSync(join(lab.other, 'data')).filter((name) => /^\.(?:lock-\D|shared)/.test(name)),
    ).toHaveLength(1);
    expect(await flawsIn(lab.copied)).toEqual([]);
  });

  it('is gone on with by a run, and brought up once more by what is new only', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    await lab.copy();
    lab.write('c.txt', 'later');
    await lab.run();
    lab.said.length = 0;
    expect(await lab.copy()).toMatchObject({ status: 0, copied: 1, there: 3 });
    expect(lab.outcomes()).toEqual([`copied ${lab.folders().at(-1)}`]);
    expect(await lab.copy()).toMatchObject({ copied: 0, there: 4, bytes: 0 });

    const old = lab.folders();
    lab.row = { ...lab.row, destination: lab.other };
    expect(await lab.run()).toMatchObject({ outcome: 'unchanged', status: 0 });
    lab.write('d.txt', 'at the other place');
    expect(await lab.run({ acceptChanges: false })).toMatchObject({
      outcome: 'written',
      status: 0,
      error: null,
    });
    expect(lab.folders()).toHaveLength(old.length + 1);
    expect(lab.info(lab.folders().at(-1) ?? '').sequence).toBe(5);
    expect(await flawsIn(lab.copied)).toEqual([]);
  });

  it('knows the last success, and none that it has not', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    await lab.run();
    await lab.copy();
    const [own, other] = [await readRuns(lab.series), await readRuns(lab.copied)];
    expect(other.records).toMatchObject([
      { outcome: 'unchanged', started: own.records.at(-1)?.started, snapshots: 3 },
    ]);
    await lab.copy();
    expect((await readRuns(lab.copied)).records).toHaveLength(1);
  });

  it('has pins, owner, names and what is held back as the other one', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    const [first = ''] = lab.folders();
    await writePin(lab.series, first, { reason: 'keep', since: '2026-01-01T00:00:00.000Z' });
    for (const file of ['owner.json', 'names.json', 'accepted.json', 'held.json'])
      writeFileSync(lab.folder(file), `{"version":1,"names":["old"],"of":"${file}"}\n`);
    await lab.copy();
    expect(await readPin(lab.copied, first)).toMatchObject({ reason: 'keep' });
    const text = (file: string): string => readFileSync(join(lab.other, 'data', file), 'utf8');
    expect(text('held.json')).toContain('held.json');
    rmSync(lab.folder('held.json'));
    writeFileSync(lab.folder('accepted.json'), '{}');
    await lab.copy();
    expect(existsSync(join(lab.other, 'data/held.json'))).toBe(false);
    expect(text('accepted.json')).toBe('{}');
    expect(text('owner.json')).toContain('owner.json');
  });

  it('says in a dry run what it would bring, and writes nothing', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    expect(await lab.copy({ dryRun: true })).toMatchObject({ dryRun: true, copied: 3, status: 0 });
    expect(existsSync(lab.other)).toBe(false);
    expect(lab.locks()).toEqual([]);
    const real = await lab.copy();
    expect(real.bytes).toBe(
      lab.said
        .flatMap((one) => (one.event === 'snapshot' ? [one.bytes] : []))
        .slice(0, 3)
        .reduce((a, b) => a + b, 0),
    );
  });
});

describe('a copy where there are no hard links', () => {
  it.each(['tar.zst', 'zip'] as const)(
    'names what lies in the folder of another snapshot (%s)',
    async (format) => {
      const lab = CopyLab.open();
      lab.row = { ...lab.row, format };
      await lab.nights();
      const far = new Series(new NoLinkStore(lab.other), 'data');
      await lab.bring(far);
      expect(await flawsIn(far)).toEqual([]);
      expect(
        (await far.survey()).snapshots.some(({ info }) =>
          info.archives.some(({ file }) => file.includes('/')),
        ),
      ).toBe(true);
      // By hand, and back to where there are links.
      const [own, last] = [lab.folders(), lab.folders().at(-1) ?? ''];
      const before = lab.restored(last);
      lab.row = { ...lab.row, destination: lab.other };
      expect(lab.restored(last)).toEqual(before);
      const back = new Series(new LocalStore(join(lab.root, 'back')), 'data');
      await lab.bring(back, far);
      lab.row = { ...lab.row, destination: join(lab.root, 'back') };
      expect(lab.restored(last)).toEqual(before);
      lab.row = { ...lab.row, destination: join(lab.root, 'destination') };
      expect(own).toEqual(lab.folders());
      const [a, b] = [lab.folder(), join(lab.root, 'back/data')].map((folder) => seriesAt(folder));
      expect(new Map([...(b ?? [])].filter(([path]) => !path.startsWith('.lock')))).toEqual(
        new Map([...(a ?? [])].filter(([path]) => !path.startsWith('.lock'))),
      );
    },
  );

  it('keeps there what a damaged snapshot may need of one that was to go', async () => {
    const lab = CopyLab.open();
    const to = new Series(new NoLinkStore(lab.row.destination), 'data');
    const names: string[] = [];
    for (const file of ['a', 'b', 'c']) {
      writeFileSync(join(lab.source, file), file);
      // The last one needs nobody.
      if (file === 'c') lab.row = { ...lab.row, strategy: 'full' };
      names.push((await lab.run({ open: (folder) => new NoLinkStore(folder) })).snapshot ?? '');
    }
    const [first = '', second = ''] = names;
    cpSync(lab.folder(), join(lab.other, 'data'), { recursive: true });
    for (const name of [first, second]) rmSync(join(lab.other, 'data', name), { recursive: true });
    for (const name of [first, second]) rmSync(lab.folder(name, 'info.json'));
    writeFileSync(lab.folder(first, 'LET-GO'), '');
    const before = readdirSync(lab.folder(first));
    expect((await to.survey()).unfinished).toEqual([first]);
    const options = { dryRun: false, now: new Date(), recipients: [], label: 'data', signal };
    await bringUp([lab.copied], to, { ...options, report: () => {} });
    expect(readdirSync(lab.folder(first))).toEqual(before);
  });

  it('lies in a place that takes whole objects only, and is gone on with there', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    const objects = new MemoryObjects();
    const far = (): Series =>
      new Series(
        new ObjectStore('memory://test?some=option', async () => await Promise.resolve(objects)),
        'data',
      );
    await lab.bring(far());
    expect(await flawsIn(far())).toEqual([]);
    lab.write('later.txt', 'x');
    expect(await lab.run({ open: () => far().store })).toMatchObject({ outcome: 'written', status: 0 });
    expect((await far().survey()).snapshots).toHaveLength(4);
  });
});

describe('a copy of what is damaged', () => {
  it('leaves that out, names it, and brings the others', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    const [first = '', second = ''] = lab.folders();
    const own =
      readdirSync(lab.folder(second)).find((name) => name.includes(second) && !name.includes('~')) ?? '';
    const bytes = readFileSync(lab.folder(second, own));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(lab.folder(second, own), bytes);
    rmSync(lab.folder(first, 'RESTORE.txt'));
    const end = await lab.copy();
    expect(end).toMatchObject({ status: 1, copied: 1, damaged: 2 });
    expect(lab.outcomes()).toEqual([
      `damaged ${first}`,
      `damaged ${second}`,
      `copied ${lab.folders().at(-1)}`,
    ]);
    expect(lab.said.flatMap((one) => (one.event === 'snapshot' ? [one.reason ?? ''] : []))).toMatchObject([
      expect.stringContaining('RESTORE.txt" is missing'),
      expect.stringContaining('is not what its SHA-256 says'),
      '',
    ]);
    // Nothing of what was left out lies there.
    expect(readdirSync(join(lab.other, 'data')).filter((name) => name.startsWith('20'))).toEqual([
      lab.folders().at(-1),
    ]);
    expect(await flawsIn(lab.copied)).toEqual([]);
  });

  it('names a snapshot whose info.json is lost', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    const [, second = ''] = lab.folders();
    rmSync(lab.folder(second, 'info.json'));
    expect(await lab.copy()).toMatchObject({ status: 1, copied: 2, damaged: 1 });
    expect(lab.outcomes()[0]).toBe(`damaged ${second}`);
  });

  it('mends at the other place what is missing, cut short, known to be rotten, or has lost its info.json', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    await lab.copy();
    const whole = seriesAt(join(lab.other, 'data'));
    const [first = '', second = '', third = ''] = lab.folders();
    const at = (...parts: readonly string[]): string => join(lab.other, 'data', ...parts);
    const archive = readdirSync(at(first)).find((name) => name.includes(first) && !name.includes('~')) ?? '';
    truncateSync(at(first, archive), 10);
    rmSync(at(second, 'SHA256SUMS'));
    rmSync(at(third, 'info.json'));
    const tree = readdirSync(at(second)).find((name) => name.includes('~')) ?? 'none';
    if (tree !== 'none') {
      await writeDamage(lab.copied, { flaws: new Map([[`${second}/${tree}`, ROTTEN]]), losses: [] });
      writeFileSync(at(second, tree), readFileSync(at(second, tree)).fill(0));
    }
    lab.said.length = 0;
    expect(await lab.copy()).toMatchObject({ status: 0, copied: 1, mended: 2, damaged: 0 });
    expect(await flawsIn(lab.copied)).toEqual([]);
    expect((await readDamage(lab.copied)).flaws.size).toBe(0);
    rmSync(at('damage.json'), { force: true });
    expect(seriesAt(at())).toEqual(whole);
  });

  it('mends from nothing that has not been read, and gives up nothing for it', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    await lab.copy();
    const [first = '', second = ''] = lab.folders();
    const archive = readdirSync(lab.folder(first)).find((name) => name.includes(first)) ?? '';
    const whole = readFileSync(lab.folder(first, archive));
    const places = [first, second].map((name) => join(lab.other, 'data', name, archive));
    // Two files by now, and only of the one somebody knows.
    for (const [i, place] of places.entries()) {
      rmSync(place);
      writeFileSync(place, Buffer.from(whole).fill(i + 1, 0, 10));
    }
    const flaw = { kind: 'content', what: 'x', contents: null, by: 'full', since: '' } as const;
    const flaws = new Map([[`${first}/${archive}`, { ...flaw, accepted: false, shared: false }]]);
    await writeDamage(lab.copied, { flaws, losses: [] });
    const here = [first, second].map((name) => lab.folder(name, archive));
    for (const place of here) renameSync(place, `${place}.away`);
    const [known = ''] = places;
    const before = readFileSync(known);
    expect(await lab.copy()).toMatchObject({ mended: 0, unmended: 1 });
    expect(readFileSync(known)).toEqual(before);
    for (const place of here) renameSync(`${place}.away`, place);
    expect(await lab.copy()).toMatchObject({ mended: 1, unmended: 0 });
    expect(readFileSync(known)).toEqual(whole);
  });

  it('is no trouble where another place has it whole', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    await lab.copy();
    const [first = ''] = lab.folders();
    const archive = readdirSync(lab.folder(first)).find((name) => name.includes(first)) ?? '';
    writeFileSync(lab.folder(first, archive), readFileSync(lab.folder(first, archive)).fill(1));
    const third = new Series(new LocalStore(join(lab.root, 'third')), 'data');
    const brought = await bringUp([lab.series, lab.copied], third, {
      dryRun: false,
      now: new Date(),
      recipients: [],
      label: 'data',
      signal,
      report: () => {},
    });
    expect(brought).toMatchObject({ damaged: [] });
    expect(await flawsIn(third)).toEqual([]);
  });
});

describe('a copy that was cut short', () => {
  it('goes on where it was, at each byte', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    let calls = 0;
    let failAt = 1;
    class CutStore extends LocalStore {
      override async create(key: string): ReturnType<LocalStore['create']> {
        if (++calls >= failAt) throw new Error('cut');
        return await super.create(key);
      }
    }
    const to = new Series(new CutStore(lab.other), 'data');
    for (failAt = 1; failAt < 200; failAt++) {
      calls = 0;
      rmSync(lab.other, { recursive: true, force: true });
      const isCut = await lab.bring(to).then(
        () => false,
        (error: unknown) => error instanceof Error && error.message === 'cut',
      );
      if (!isCut) break;
      // What is called a snapshot is one.
      expect(await flawsIn(lab.copied)).toEqual([]);
      await lab.bring(lab.copied);
      expect(seriesAt(join(lab.other, 'data'))).toEqual(seriesAt(lab.folder()));
    }
    expect(failAt).toBeGreaterThan(20);
  });

  it('writes what has arrived whole not again', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    const [first = ''] = lab.folders();
    const there = join(lab.other, 'data', first);
    mkdirSync(join(there), { recursive: true });
    writeFileSync(join(there, 'UNFINISHED'), '');
    const [archive = ''] = readdirSync(lab.folder(first)).filter((name) => name.includes(first));
    cpSync(lab.folder(first, archive), join(there, archive));
    const { ino } = statSync(join(there, archive));
    await lab.copy();
    expect(statSync(join(there, archive)).ino).toBe(ino);
    expect(await flawsIn(lab.copied)).toEqual([]);
  });

  it('and one that is not what it should be, anew', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    const [first = ''] = lab.folders();
    const there = join(lab.other, 'data', first);
    mkdirSync(join(there), { recursive: true });
    writeFileSync(join(there, 'UNFINISHED'), '');
    const [archive = ''] = readdirSync(lab.folder(first)).filter((name) => name.includes(first));
    writeFileSync(join(there, archive), readFileSync(lab.folder(first, archive)).fill(2));
    await lab.copy();
    expect(await flawsIn(lab.copied)).toEqual([]);
  });
});

describe('a copy is refused', () => {
  it('where another series of that name lies', async () => {
    const [lab, other] = [CopyLab.open(), CopyLab.open()];
    await lab.nights();
    await other.nights();
    cpSync(other.folder(), join(lab.other, 'data'), { recursive: true });
    const before = seriesAt(lab.other);
    await expect(lab.copy()).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('is not the series that lies in'),
    });
    expect(seriesAt(lab.other)).toEqual(before);
  });

  it('where it has gone on by itself', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    await lab.copy();
    lab.write('here.txt', 'x');
    await lab.run();
    lab.row = { ...lab.row, destination: lab.other };
    lab.write('there.txt', 'y');
    await lab.run();
    lab.row = { ...lab.row, destination: join(lab.root, 'destination') };
    await expect(lab.copy()).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('number 4'),
    });
  });

  it('in the series itself, above it, beside it, and in another series', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    const message = expect.stringContaining('lies already');
    for (const to of [
      lab.row.destination,
      lab.folder(),
      lab.folder('deeper'),
      join(lab.root, 'destination/../destination'),
    ])
      await expect(lab.copy({ to })).rejects.toMatchObject({ code: 'E_USAGE', message });
    await lab.copy();
    await expect(lab.copy({ to: join(lab.other, 'data') })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('is a series, not a place for series'),
    });
  });

  it('to a name on another machine that is no address, and for no recipient', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    await expect(lab.copy({ to: 'nas:backup' })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(lab.copy({ encrypt: 'age1wrong' })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('--encrypt'),
    });
    await expect(lab.copy({ encrypt: join(lab.root, 'nobody.txt') })).rejects.toMatchObject({
      code: 'E_USAGE',
    });
    expect(existsSync(lab.other)).toBe(false);
  });

  it('where there is too little room', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    class SmallStore extends LocalStore {
      override async freeBytes(): Promise<number> {
        return await Promise.resolve(100);
      }
    }
    await expect(lab.bring(new Series(new SmallStore(lab.other), 'data'))).rejects.toMatchObject({
      code: 'E_SPACE',
      message: expect.stringContaining('100 B free'),
      hint: expect.stringContaining('prune'),
    });
  });

  it('where a run is at work', async () => {
    const lab = CopyLab.open();
    await lab.nights();
    await lab.copy();
    lab.write('more.txt', 'x');
    await lab.run();
    const { SeriesLock } = await import('../../series/lock/lock.ts');
    const lock = await SeriesLock.acquire(lab.copied);
    await expect(lab.copy()).rejects.toMatchObject({ code: 'E_LOCKED' });
    await lock.release();
    expect(await lab.copy()).toMatchObject({ copied: 1 });
  });
});
