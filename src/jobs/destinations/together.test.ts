// A row with several destinations: each has the same series, whatever was away, damaged or full.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { execFileSync } from 'node:child_process';
import { rememberGiven } from '../../base/command-line.ts';
import { newIdentity } from '../../format/age/keys.ts';
import { wrapFor } from '../../series/crypt/wrap.ts';
import { FullError } from '../../store/store-error.ts';
import { SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import type { Info } from '../../series/info.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { readRuns } from '../../series/read-runs.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { openStore } from '../../store/open-store.ts';
import type { RowEnd } from '../events.ts';
import { run, type RunOptions } from '../run/run.ts';
import { contentOf, NoLinkStore, SeriesLab } from '../run/series.lab.ts';
import { Memory } from '../status/memory.ts';
import { forget } from '../upkeep/forget.ts';
import { flawsIn } from '../verify/flaws.lab.ts';

const { signal } = new AbortController();

type Kind = 'away' | 'full' | 'no links' | 'read-only';

class TogetherLab extends SeriesLab {
  readonly state = new Map<string, Kind>();
  rows: readonly Row[] = [];
  #day = Date.UTC(2026, 0, 1);

  static open(keeps: readonly number[] = [100, 100]): TogetherLab {
    const lab = new TogetherLab();
    onTestFinished(() => lab.remove());
    lab.rows = keeps.map((last, i) => ({
      ...lab.row,
      destination: join(lab.root, `disk-${i}`),
      keep: { last },
    }));
    return lab;
  }

  disk(i: number, ...parts: readonly string[]): string {
    return join(this.root, `disk-${i}`, ...parts);
  }

  write(name: string, content: string): void {
    mkdirSync(join(this.source, name, '..'), { recursive: true });
    writeFileSync(join(this.source, name), content);
  }

  readonly store: typeof openStore = (destination) => {
    const kind = this.state.get(destination);
    if (kind === 'away') return new AwayStore(destination);
    if (kind === 'full') return new FullStore(destination);
    if (kind === 'no links') return new NoLinkStore(destination);
    return new LocalStore(destination);
  };

  set(i: number, kind: Kind | undefined): void {
    if (kind === undefined) this.state.delete(this.disk(i));
    else this.state.set(this.disk(i), kind);
  }

  async night(more: Partial<RunOptions> = {}): Promise<readonly RowEnd[]> {
    this.#day += 86_400_000;
    const at = this.#day;
    let tick = 0;
    return await run(
      { file: 'plan.csv', rows: this.rows },
      {
        only: [],
        dryRun: false,
        jobs: 1,
        rehash: false,
        acceptChanges: false,
        memory: new Memory(join(this.root, 'state')),
        signal,
        report: (event) => this.events.push(event),
        now: () => new Date(at + tick++),
        open: this.store,
        ...more,
      },
    );
  }

  series(i: number): Series {
    return new Series(this.store(this.disk(i)), 'data');
  }

  names(i: number): readonly string[] {
    if (!existsSync(this.disk(i, 'data'))) return [];
    return readdirSync(this.disk(i, 'data')).filter(
      (name) => name.startsWith('20') && existsSync(this.disk(i, 'data', name, 'info.json')),
    );
  }

  infoAt(i: number, name: string): Info {
    return JSON.parse(readFileSync(this.disk(i, 'data', name, 'info.json'), 'utf8')) as Info;
  }

  sequences(i: number): readonly (number | undefined)[] {
    return this.names(i).map((name) => this.infoAt(i, name).sequence);
  }

  /** An archive with content that was written for a snapshot. */
  archive(i: number, name: string): string {
    const own = readdirSync(this.disk(i, 'data', name)).find(
      (file) => file.includes(name) && !file.includes('~'),
    );
    return this.disk(i, 'data', name, own ?? 'none');
  }

  async expectWhole(...which: readonly number[]): Promise<void> {
    for (const i of which) {
      expect(await flawsIn(this.series(i)), `disk ${i}`).toEqual([]);
      expect(
        readdirSync(this.disk(i, 'data')).filter((name) => /^\.(?:lock-\d|shared)|part$/.test(name)),
      ).toEqual([]);
    }
  }
}

class AwayStore extends LocalStore {
  override async list(): Promise<never> {
    return await Promise.reject(new SnapshotError('E_AWAY', 'nobody answers there'));
  }
}

class FullStore extends LocalStore {
  override async create(key: string): ReturnType<LocalStore['create']> {
    if (/tar\.zst$|info\.json$/.test(key))
      throw new FullError(`Cannot write "${key}": no space left`, undefined);
    return await super.create(key);
  }
}

function outcomes(ends: readonly RowEnd[]): readonly string[] {
  return ends.map(
    ({ row, outcome, error, status }) =>
      `${row.replace(/.*\/|\)$/g, '')} ${outcome} ${error?.code ?? ''}${status}`,
  );
}

describe('a row with several destinations', () => {
  it('is packed once, and lies at each, byte for byte', async () => {
    const lab = TogetherLab.open([100, 100, 100]);
    lab.write('a.txt', 'a');
    expect(outcomes(await lab.night())).toEqual(['disk-0 written 0', 'disk-1 written 0', 'disk-2 written 0']);
    lab.write('b/c.txt', 'c');
    const ends = await lab.night();
    expect(new Set(ends.map(({ snapshot }) => snapshot)).size).toBe(1);
    expect(ends.map(({ change }) => change.added)).toEqual([2, 2, 2]);
    expect(ends.map(({ folder }) => folder)).toEqual(
      [0, 1, 2].map((i) => lab.disk(i, 'data', ends[0]?.snapshot ?? '')),
    );
    const without = (i: number): ReadonlyMap<string, string> =>
      new Map(
        [...contentOf(lab.disk(i, 'data'))].flatMap(([path, text]) =>
          path === 'runs.jsonl' ? [] : [[path, text.replace(/^(file \d+) \S+/, '$1')]],
        ),
      );
    expect(without(1)).toEqual(without(0));
    expect(without(2)).toEqual(without(0));
    expect(outcomes(await lab.night())).toEqual([
      'disk-0 unchanged 0',
      'disk-1 unchanged 0',
      'disk-2 unchanged 0',
    ]);
    // The source was read, and archives were packed, for the first alone.
    const packed = lab.events.flatMap((event) =>
      event.event === 'progress' && event.phase === 'pack' ? [event.row] : [],
    );
    expect(new Set(packed)).toEqual(new Set([`data (${lab.disk(0)})`]));
    for (const i of [0, 1, 2]) {
      const { records } = await readRuns(lab.series(i));
      expect(records.map(({ outcome }) => outcome)).toEqual(['written', 'written', 'unchanged']);
      expect(records.at(-1)).toMatchObject({ snapshots: 2 });
    }
    await lab.expectWhole(0, 1, 2);
  });

  it('is rotated by the keep of each', async () => {
    const lab = TogetherLab.open([2, 4]);
    for (let i = 0; i < 6; i++) {
      lab.write(`${i}.txt`, String(i));
      await lab.night();
    }
    expect(lab.sequences(0)).toEqual([5, 6]);
    expect(lab.sequences(1)).toEqual([3, 4, 5, 6]);
    lab.write('more.txt', 'x');
    const [first, second] = await lab.night();
    expect(first?.removed).toHaveLength(1);
    expect(second?.removed).toHaveLength(1);
    expect(second?.kept).toHaveLength(4);
    expect(lab.sequences(1)).toEqual([4, 5, 6, 7]);
    await lab.expectWhole(0, 1);
  });

  it('says in a dry run what it would do at each, and writes nothing', async () => {
    const lab = TogetherLab.open([100, 1]);
    lab.write('a.txt', 'a');
    await lab.night();
    lab.set(1, 'away');
    lab.write('b.txt', 'b');
    await lab.night();
    lab.set(1, undefined);
    lab.write('c.txt', 'c');
    const before = contentOf(lab.root);
    const ends = await lab.night({ dryRun: true });
    expect(contentOf(lab.root)).toEqual(before);
    expect(ends).toMatchObject([
      { outcome: 'written', dryRun: true, status: 0 },
      { outcome: 'written', dryRun: true, status: 0, snapshot: ends[0]?.snapshot },
    ]);
    expect(ends[1]?.removed.length).toBeGreaterThan(0);
    expect(lab.notes().at(-1)).toContain('would be caught up');
  });

  it('stops, fails and is held as one', async () => {
    const lab = TogetherLab.open();
    for (let i = 0; i < 20; i++) lab.write(`${i}.txt`, String(i));
    await lab.night();
    const source = `${lab.source}-gone`;
    renameSync(lab.source, source);
    const gone = await lab.night();
    expect(gone.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['failed', 1],
      ['failed', 1],
    ]);
    mkdirSync(lab.source);
    expect(outcomes(await lab.night())).toEqual(['disk-0 failed E_GUARD4', 'disk-1 failed E_GUARD4']);
    rmSync(lab.source, { recursive: true });
    renameSync(source, lab.source);
    const stopping = new AbortController();
    stopping.abort();
    expect(outcomes(await lab.night({ signal: stopping.signal }))).toEqual([
      'disk-0 stopped E_STOPPED130',
      'disk-1 stopped E_STOPPED130',
    ]);
    expect(outcomes(await lab.night())).toEqual(['disk-0 unchanged 0', 'disk-1 unchanged 0']);
  });

  it('is not rotated anywhere while a guard holds it, until that is accepted', async () => {
    const lab = TogetherLab.open([1, 1]);
    for (let i = 0; i < 300; i++) lab.write(`${i}.txt`, String(i));
    await lab.night();
    for (let i = 0; i < 300; i++) lab.write(`${i}.txt`, `other ${i}`);
    const held = await lab.night();
    expect(held.map(({ status }) => status)).toEqual([4, 4]);
    expect([lab.names(0).length, lab.names(1).length]).toEqual([2, 2]);
    expect(existsSync(lab.disk(1, 'data', 'held.json'))).toBe(true);
    lab.write('one-more.txt', 'x');
    expect((await lab.night({ acceptChanges: true })).map(({ status }) => status)).toEqual([0, 0]);
    expect([lab.names(0).length, lab.names(1).length]).toEqual([1, 1]);
    expect(existsSync(lab.disk(1, 'data', 'held.json'))).toBe(false);
  });
});

describe('a destination that is away', () => {
  it('is caught up when it comes back, the first one too, with the same names and numbers', async () => {
    const lab = TogetherLab.open();
    lab.write('a.txt', 'a');
    await lab.night();
    lab.set(0, 'away');
    lab.write('b.txt', 'b');
    expect(outcomes(await lab.night())).toEqual(['disk-0 failed E_AWAY1', 'disk-1 written 0']);
    lab.write('c.txt', 'c');
    await lab.night();
    lab.set(0, undefined);
    lab.write('d.txt', 'd');
    expect(outcomes(await lab.night())).toEqual(['disk-0 written 0', 'disk-1 written 0']);
    expect(lab.notes().at(-1)).toMatch(/^caught up: 2026-01-0\dT.*, 2026-/);
    expect(lab.names(0)).toEqual(lab.names(1));
    expect(lab.sequences(0)).toEqual([1, 2, 3, 4]);
    await lab.expectWhole(0, 1);
    expect(outcomes(await lab.night())).toEqual(['disk-0 unchanged 0', 'disk-1 unchanged 0']);
  });

  it('and then the other one: each gets what the other has, and no number is given twice', async () => {
    const lab = TogetherLab.open();
    lab.write('a.txt', 'a');
    await lab.night();
    for (const away of [0, 1, 0]) {
      lab.set(away, 'away');
      lab.set(1 - away, undefined);
      lab.write(`while-${away}-is-away-${Math.random()}.txt`, String(Math.random()));
      await lab.night();
    }
    expect(lab.sequences(0)).toEqual([1, 3]);
    expect(lab.sequences(1)).toEqual([1, 2, 4]);
    lab.set(0, undefined);
    lab.write('both.txt', 'both');
    expect(outcomes(await lab.night())).toEqual(['disk-0 written 0', 'disk-1 written 0']);
    expect(lab.sequences(0)).toEqual([1, 2, 3, 4, 5]);
    expect(lab.names(1)).toEqual(lab.names(0));
    await lab.expectWhole(0, 1);
    expect(outcomes(await lab.night())).toEqual(['disk-0 unchanged 0', 'disk-1 unchanged 0']);
  });

  it('and all of them: nothing is written anywhere', async () => {
    const lab = TogetherLab.open();
    lab.write('a.txt', 'a');
    lab.set(0, 'away');
    lab.set(1, 'away');
    expect(outcomes(await lab.night())).toEqual(['disk-0 failed E_AWAY1', 'disk-1 failed E_AWAY1']);
  });

  it('is refused where both have gone on by themselves, and brought as a whole once that is moved away', async () => {
    const lab = TogetherLab.open();
    lab.write('a.txt', 'a');
    const [one, other] = lab.rows;
    if (one === undefined || other === undefined) return;
    // Two rows once, one now.
    lab.rows = [one, { ...other, line: 2 }];
    await lab.night();
    lab.rows = [one, other];
    lab.write('b.txt', 'b');
    const ends = await lab.night();
    expect(outcomes(ends)).toEqual(['disk-0 written 0', 'disk-1 failed E_ROW1']);
    expect(ends[1]?.error?.hint).toContain('Move the folder `data`');
    expect(lab.names(1)).toHaveLength(1);
    renameSync(lab.disk(1, 'data'), lab.disk(1, 'data-old'));
    expect(outcomes(await lab.night())).toEqual(['disk-0 unchanged 0', 'disk-1 written 0']);
    expect(lab.notes().at(-1)).toContain('it was empty here');
    await lab.expectWhole(0, 1);
  });

  it('is brought up wholly when it comes back empty: what its keep keeps', async () => {
    const lab = TogetherLab.open([100, 3]);
    for (let i = 0; i < 5; i++) {
      lab.write(`${i}.txt`, String(i));
      await lab.night();
    }
    rmSync(lab.disk(1), { recursive: true });
    expect(outcomes(await lab.night())).toEqual(['disk-0 unchanged 0', 'disk-1 written 0']);
    expect(lab.sequences(1)).toEqual([3, 4, 5]);
    expect(lab.notes().at(-1)).toContain('it was empty here: 2026');
    await lab.expectWhole(0, 1);
    // The first one, too.
    rmSync(lab.disk(0), { recursive: true });
    lab.write('more.txt', 'x');
    await lab.night();
    expect(lab.sequences(0)).toEqual([3, 4, 5, 6]);
    // What the other one lacked was not let go before it had it.
    expect(lab.sequences(1)).toEqual([3, 4, 5, 6]);
    lab.write('last.txt', 'x');
    await lab.night();
    expect(lab.sequences(0)).toEqual([3, 4, 5, 6, 7]);
    expect(lab.sequences(1)).toEqual([5, 6, 7]);
    await lab.expectWhole(0, 1);
  });
});

describe('a destination where something is wrong', () => {
  it('gets from the other one what is damaged there, also the one where the row is run', async () => {
    const lab = TogetherLab.open();
    for (let i = 0; i < 3; i++) {
      lab.write(`${i}.txt`, 'x'.repeat(5000) + i);
      await lab.night();
    }
    for (const i of [0, 1]) {
      const [first = '', second = '', third = ''] = lab.names(i);
      // Of the old ones the source has nothing any more.
      rmSync(join(lab.source, '0.txt'), { force: true });
      rmSync(lab.archive(i, first));
      rmSync(lab.disk(i, 'data', second, 'RESTORE.txt'));
      rmSync(lab.disk(i, 'data', third, 'info.json'));
      const ends = await lab.night();
      expect(ends.map(({ status, error }) => [status, error])).toEqual([
        [0, null],
        [0, null],
      ]);
      await lab.expectWhole(0, 1);
      expect(lab.names(0)).toEqual(lab.names(1));
    }
  });

  it('is not caught up from what is damaged, and says so', async () => {
    const lab = TogetherLab.open();
    lab.write('0.txt', 'x'.repeat(5000));
    await lab.night();
    lab.write('1.txt', 'y'.repeat(5000));
    await lab.night();
    rmSync(lab.disk(1), { recursive: true });
    const [first = '', second = ''] = lab.names(0);
    const archive = lab.archive(0, first);
    writeFileSync(archive, readFileSync(archive).fill(7));
    const ends = await lab.night();
    expect(ends[1]).toMatchObject({ outcome: 'failed', status: 1, error: { code: 'E_DAMAGED' } });
    expect(lab.names(1)).toEqual([]);
    const warned = lab.events.flatMap((event) =>
      event.event === 'note' && event.warning ? [event.message] : [],
    );
    expect(warned.join('\n')).toMatch(
      new RegExp(`${first} is not brought here, as it is damaged[^]*${second} is not`),
    );
  });

  it('does not keep the others from being served when it is full', async () => {
    const lab = TogetherLab.open();
    lab.write('a.txt', 'a');
    await lab.night();
    lab.set(1, 'full');
    lab.write('b.txt', 'b');
    const ends = await lab.night();
    expect(outcomes(ends)).toEqual(['disk-0 written 0', 'disk-1 failed E_SPACE1']);
    expect(ends[1]?.error?.hint).toContain('prune');
    lab.set(1, undefined);
    lab.set(0, 'full');
    lab.write('c.txt', 'c');
    expect(outcomes(await lab.night())).toEqual(['disk-0 failed E_SPACE1', 'disk-1 written 0']);
    lab.set(0, undefined);
    expect(outcomes(await lab.night())).toEqual(['disk-0 written 0', 'disk-1 unchanged 0']);
    expect(lab.sequences(0)).toEqual([1, 2, 3]);
    expect(lab.names(0)).toEqual(lab.names(1));
    await lab.expectWhole(0, 1);
  });

  it('may have no hard links, and be the one where the row is run', async () => {
    const lab = TogetherLab.open([3, 2]);
    lab.set(1, 'no links');
    for (let i = 0; i < 5; i++) {
      lab.write(`${i}.txt`, String(i));
      await lab.night();
    }
    expect(lab.infoAt(1, lab.names(1).at(-1) ?? '').archives.some(({ file }) => file.includes('/'))).toBe(
      true,
    );
    await lab.expectWhole(0, 1);
    lab.set(0, 'away');
    lab.write('more.txt', 'x');
    await lab.night();
    lab.set(0, undefined);
    lab.write('last.txt', 'x');
    expect(outcomes(await lab.night())).toEqual(['disk-0 written 0', 'disk-1 written 0']);
    expect(lab.sequences(0)).toEqual([5, 6, 7]);
    await lab.expectWhole(0, 1);
  });

  it('belongs to somebody else: that is not written to', async () => {
    const lab = TogetherLab.open();
    const other = TogetherLab.open();
    other.write('x.txt', 'x');
    await other.night();
    mkdirSync(lab.disk(1), { recursive: true });
    cpSync(other.disk(0, 'data'), lab.disk(1, 'data'), { recursive: true });
    lab.write('a.txt', 'a');
    const ends = await lab.night();
    expect(outcomes(ends)).toEqual(['disk-0 written 0', 'disk-1 failed E_GUARD4']);
    expect(ends[1]?.error?.message).toContain('belongs to');
    expect(lab.names(1)).toEqual(other.names(0));
    appendFileSync(join(lab.source, 'a.txt'), 'more');
    await lab.night();
    expect(lab.names(1)).toEqual(other.names(0));
  });
});

const ID = '11111111-1111-4111-8111-111111111111';

describe('a destination where another run is at work', () => {
  it('keeps this one from the others, too', async () => {
    const lab = TogetherLab.open();
    lab.write('a', 'a');
    await lab.night();
    lab.set(1, 'away');
    lab.write('b', 'b');
    await lab.night();
    lab.set(1, undefined);
    const lock = await SeriesLock.acquire(lab.series(0));
    const ends = await lab.night();
    await lock.release();
    expect(ends.map(({ error }) => error?.code)).toEqual(['E_LOCKED', 'E_LOCKED']);
    expect([lab.names(0), lab.names(1)].map(({ length }) => length)).toEqual([2, 1]);
  });
});

describe('a disk that is not connected', () => {
  it('is waited for, and the other one is served', async () => {
    const lab = TogetherLab.open();
    lab.write('a.txt', 'a');
    await lab.night();
    const memory = new Memory(join(lab.root, 'state'));
    await memory.update(lab.disk(0), (known) => ({ ...known, isRemovable: true, disks: [ID] }));
    renameSync(lab.disk(0), lab.disk(9));
    lab.write('b.txt', 'b');
    expect(outcomes(await lab.night())).toEqual(['disk-0 waiting 0', 'disk-1 written 0']);
    expect(existsSync(lab.disk(0))).toBe(false);
    renameSync(lab.disk(9), lab.disk(0));
    writeFileSync(lab.disk(0, 'snapshot-disk.json'), `{"id":"${ID}"}\n`);
    lab.write('c.txt', 'c');
    expect(outcomes(await lab.night())).toEqual(['disk-0 written 0', 'disk-1 written 0']);
    expect(lab.sequences(0)).toEqual([1, 2, 3]);
    expect(lab.names(0)).toEqual(lab.names(1));
  });
});

describe('encrypted destinations', () => {
  it('have the same snapshots, are caught up and mended, and nothing of them is in the clear', async () => {
    const lab = TogetherLab.open([3, 4]);
    const { identity, text } = newIdentity();
    const file = join(lab.root, 'identity.txt');
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    rememberGiven(undefined, file);
    onTestFinished(() => rememberGiven(undefined));
    lab.rows = lab.rows.map((row) => ({ ...row, encrypt: [identity.recipient.text] }));
    const night = async (): Promise<readonly RowEnd[]> => await lab.night({ open: openStore });
    lab.write('secret-name.txt', 'the treasure');
    await night();
    lab.write('b.txt', 'b');
    await night();
    const [first = '', second = ''] = readdirSync(lab.disk(1, 'data')).filter((name) =>
      name.startsWith('20'),
    );
    rmSync(lab.disk(1, 'data', second), { recursive: true });
    const archive =
      readdirSync(lab.disk(1, 'data', first)).find((name) => name.includes(first) && !name.includes('~')) ??
      '';
    rmSync(lab.disk(1, 'data', first, archive));
    lab.write('c.txt', 'c');
    expect(outcomes(await night())).toEqual(['disk-0 written 0', 'disk-1 written 0']);
    for (const i of [0, 1]) {
      const series = new Series(
        openStore(lab.disk(i), undefined, wrapFor([identity.recipient.text])),
        'data',
      );
      expect((await series.survey()).snapshots.map(({ info }) => info.sequence)).toEqual([1, 2, 3]);
      expect(await flawsIn(series)).toEqual([]);
      for (const at of readdirSync(lab.disk(i, 'data')).filter((name) => name.startsWith('20')))
        execFileSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: lab.disk(i, 'data', at) });
      const all = readdirSync(lab.disk(i), { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      );
      for (const one of all)
        expect(readFileSync(join(one.parentPath, one.name)).includes('treasure'), one.name).toBe(false);
    }
  });
});

describe('a destination that is full for long', () => {
  it('does not keep the others from rotating', async () => {
    const lab = TogetherLab.open([2, 2]);
    lab.write('a.txt', 'a');
    await lab.night();
    lab.set(1, 'full');
    for (let i = 0; i < 6; i++) {
      lab.write(`${i}.txt`, String(i));
      expect(outcomes(await lab.night())).toEqual(['disk-0 written 0', 'disk-1 failed E_SPACE1']);
    }
    expect(lab.names(0)).toHaveLength(2);
  });
});

describe('a series that was renamed at one destination only', () => {
  it('is not brought to the other one a second time', async () => {
    const lab = TogetherLab.open();
    lab.write('a.txt', 'a');
    await lab.night();
    renameSync(lab.disk(0, 'data'), lab.disk(0, 'papers'));
    writeFileSync(lab.disk(0, 'papers', 'names.json'), '{"version":1,"names":["data"]}\n');
    lab.rows = lab.rows.map((row) => ({ ...row, name: 'papers' }));
    const ends = await lab.night();
    expect(outcomes(ends)).toEqual(['disk-0 unchanged 0', 'disk-1 failed E_GUARD4']);
    expect(ends[1]?.error?.hint).toContain('rename');
    renameSync(lab.disk(1, 'data'), lab.disk(1, 'papers'));
    expect(outcomes(await lab.night())).toEqual(['disk-0 unchanged 0', 'disk-1 unchanged 0']);
  });
});

describe('what was done by hand at one destination', () => {
  it('stays so: a snapshot that was forgotten does not come back, a pin goes along', async () => {
    const lab = TogetherLab.open([2, 2]);
    lab.write('0.txt', '0');
    await lab.night();
    lab.write('1.txt', '1');
    await lab.night();
    const [first = '', second = ''] = lab.names(1);
    await lab.series(1).remove(first, (await lab.series(1).survey()).snapshots);
    const { appendRecord } = await import('../../series/runs-log.ts');
    const time = '2026-01-03T00:00:00.000Z';
    await appendRecord(lab.series(1), { outcome: 'forget', removed: [first], started: time, finished: time });
    const { writePin, readPin } = await import('../../series/pins.ts');
    await writePin(lab.series(0), second, { reason: 'why', since: time });
    for (let i = 2; i < 6; i++) {
      await lab.night();
      if (i === 2) expect(lab.names(1)).toEqual([second]);
      lab.write(`${i}.txt`, String(i));
    }
    expect(await readPin(lab.series(1), second)).toMatchObject({ reason: 'why' });
    expect(lab.sequences(0)).toEqual([2, 4, 5]);
    expect(lab.sequences(1)).toEqual([2, 4, 5]);
  });

  it('stays so for the newest one too, as soon as there is another', async () => {
    const lab = TogetherLab.open();
    for (let i = 0; i < 2; i++) {
      lab.write(`${i}.txt`, String(i));
      await lab.night();
    }
    const [first, second = ''] = lab.names(1);
    const options = { dryRun: false, now: () => new Date(), note: () => {}, confirm: async () => {} };
    await forget(lab.series(1), second, options);
    lab.write('2.txt', '2');
    expect(outcomes(await lab.night())).toEqual(['disk-0 written 0', 'disk-1 written 0']);
    expect(lab.names(0)).toEqual([first, second, expect.any(String)]);
    expect(lab.names(1)).toEqual([first, lab.names(0)[2]]);
    await lab.expectWhole(0, 1);
  });
});
