// What is damaged in the archives and still in the source is written again; what is not, is said.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
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
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { recordVerify } from '../verify/record-verify.ts';
import { verify, type VerifyOptions } from '../verify/verify.ts';
import type { RowEnd } from '../events.ts';
import type { RunOptions } from './run.ts';
import { contentOf, NoLinkStore, SeriesLab } from './series.lab.ts';

let lab: SeriesLab;
let hasLinks = true;
beforeEach(() => {
  lab = new SeriesLab();
  hasLinks = true;
});
afterEach(() => lab.remove());

const hasTools =
  spawnSync('tar', ['--version']).status === 0 && spawnSync('zstd', ['--version']).status === 0;
const isRoot = process.getuid?.() === 0;

function write(path: string, content: string | Uint8Array): void {
  const file = join(lab.source, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

function open(destination: string): LocalStore {
  return hasLinks ? new LocalStore(destination) : new NoLinkStore(destination);
}

/** A nightly run: nothing is accepted. */
async function run(options: Partial<RunOptions> = {}): Promise<RowEnd> {
  return await lab.run({ acceptChanges: false, open, ...options });
}

/** @returns Its exit status, and what it has named. */
async function look(
  level: VerifyOptions['level'],
  more: Partial<VerifyOptions> = {},
): Promise<{ status: number; whats: readonly string[] }> {
  const whats: string[] = [];
  const series = new Series(open(lab.row.destination), 'data');
  const options: VerifyOptions = {
    at: undefined,
    level,
    signal: new AbortController().signal,
    report: (event) => {
      if (event.event === 'damage') whats.push(`${event.file} ${event.what}`);
    },
    ...more,
  };
  const verdict = await verify(series, options);
  await recordVerify(series, verdict, options, new Date());
  return { status: verdict.end.status, whats };
}

/** RESTORE.txt makes of the snapshot what the source is; a zip knows times to the second. */
function expectSource(snapshot: string | null): void {
  const short = (found: ReadonlyMap<string, string>): readonly string[] =>
    [...found].map(([path, what]) => {
      const [kind, mode, time, content = ''] = what.split(' ');
      const digest = createHash('sha256').update(content).digest('hex').slice(0, 8);
      return `${path} ${kind} ${mode} ${lab.row.format === 'zip' ? '' : time} ${digest}`;
    });
  expect(short(lab.restored(snapshot ?? ''))).toEqual(short(contentOf(lab.source)));
}

/** The archive that `snapshot` has written itself. */
function own(snapshot: string | null): string {
  const file = lab
    .info(snapshot ?? '')
    .archives.find(({ entries, file: name }) => entries > 0 && name.includes(`-${snapshot}`));
  return lab.folder(snapshot ?? '', file?.file ?? 'none');
}

/** Another byte in the middle: the size stays, and it is the same inode. */
function flip(file: string, share = 0.5): void {
  const bytes = readFileSync(file);
  const at = Math.floor((bytes.length - 1) * share);
  bytes[at] = (bytes[at] ?? 0) ^ 0x55;
  writeFileSync(file, bytes);
}

function known(): {
  damages: { files: string[]; accepted: boolean }[];
  losses: { snapshot: string; files: number; paths: string[] }[];
} {
  return JSON.parse(readFileSync(lab.folder('damage.json'), 'utf8')) as ReturnType<typeof known>;
}

function lastRecord(): { damage?: { files: number; needed: number; lost: number; unknown: boolean } } {
  const lines = readFileSync(lab.folder('runs.jsonl'), 'utf8').trimEnd().split('\n');
  return JSON.parse(lines.at(-1) ?? '{}') as ReturnType<typeof lastRecord>;
}

const DAMAGE: [string, (file: string) => void][] = [
  ['missing', (file) => rmSync(file)],
  ['cut short', (file) => truncateSync(file, statSync(file).size - 10)],
  ['a byte longer', (file) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')]))],
];

const KINDS = (['tar.zst', 'zip'] as const).flatMap((format) => [
  { format, links: true },
  { format, links: false },
]);
/** Where the rest is the same code: one with links, one without. */
const TWO = KINDS.filter(({ format, links }) => (format === 'zip') !== links);

describe.skipIf(!hasTools).each(TWO)(
  'an archive that names and sizes tell of, $format, links: $links',
  ({ format, links }) => {
    it.each(DAMAGE)('is written again when it is %s, although nothing changed', async (_, damage) => {
      hasLinks = links;
      lab.row = { ...lab.row, format };
      write('a', randomBytes(30_000));
      write('b/c', 'c');
      const first = await run();
      damage(own(first.snapshot));
      const second = await run();
      expect(second).toMatchObject({
        outcome: 'written',
        status: 0,
        change: { added: 0, modified: 0, removed: 0 },
      });
      expect(second.damage).toMatchObject({ healed: 2, lost: 0 });
      expectSource(second.snapshot);
      expect((await look('full', { at: second.snapshot ?? '' })).status).toBe(0);
      // Once: the next night has nothing to do.
      const third = await run();
      expect(third).toMatchObject({ outcome: 'unchanged', status: 0, damage: null });
      expect(lastRecord().damage).toMatchObject({ files: 1, needed: 0, lost: 0, unknown: false });
    });

    it('is written again when a folder that all snapshots need is gone', async () => {
      hasLinks = links;
      lab.row = { ...lab.row, format };
      write('big', randomBytes(50_000));
      const first = await run();
      write('small', '1');
      await run();
      rmSync(lab.folder(first.snapshot ?? ''), { recursive: true });
      const third = await run();
      expect(third.status).toBe(0);
      expect(third.outcome).toBe(links ? 'unchanged' : 'written');
      expectSource(third.snapshot);
    });
  },
);

describe.skipIf(!hasTools).each(TWO)(
  'bytes that rotted in an archive, $format, links: $links',
  ({ format, links }) => {
    beforeEach(() => {
      hasLinks = links;
      lab.row = { ...lab.row, format };
    });

    it('are written again once a full verify has found them, and shared no more', async () => {
      write('a.jpg', randomBytes(30_000));
      const first = await run();
      flip(own(first.snapshot));
      expect(await run()).toMatchObject({ outcome: 'unchanged', damage: null });
      expect((await look('full')).status).toBe(1);
      expect(lastRecord().damage).toMatchObject({ needed: 1, lost: 1 });
      const second = await run();
      expect(second).toMatchObject({ outcome: 'written', status: 0, damage: { healed: 1, lost: 0 } });
      expectSource(second.snapshot);
      expect(
        lab.info(second.snapshot ?? '').archives.some(({ file }) => file.includes(first.snapshot ?? '-')),
      ).toBe(false);
      write('b', 'b');
      const third = await run();
      expectSource(third.snapshot);
    });

    it('stay known to a quick verify and to one of a sample, until a full one has read other ones', async () => {
      write('a.jpg', randomBytes(30_000));
      write('b.jpg', randomBytes(30_000));
      const first = await run();
      const file = own(first.snapshot);
      const good = readFileSync(file);
      flip(file);
      await look('full');
      const quick = await look('quick');
      expect(quick.status).toBe(1);
      expect(quick.whats.join()).toContain('found by a full verify');
      expect((await look('full', { sample: { share: 0.01, seed: 1 } })).status).toBe(1);
      writeFileSync(file, good);
      expect((await look('quick')).status).toBe(1);
      expect((await look('full')).status).toBe(0);
      expect((await look('quick')).status).toBe(0);
      expect(known()).toMatchObject({ damages: [], losses: [] });
      expect(await run()).toMatchObject({ outcome: 'unchanged', damage: null });
    });

    it('are said each time when nothing else has them, until that is accepted', async () => {
      write('gone.jpg', randomBytes(30_000));
      write('stays', 's');
      const first = await run();
      rmSync(join(lab.source, 'gone.jpg'));
      const second = await run();
      flip(own(first.snapshot));
      await look('full');
      for (let night = 0; night < 2; night++) {
        const end = await run();
        expect(end.status).toBe(1);
        expect(end.damage?.lost).toBe(1);
        expect(end.damage?.messages.join()).toContain(`\`gone.jpg\` of ${first.snapshot}`);
        expect(end.damage?.hint).toContain('--only data --accept-changes');
        expect(lastRecord().damage).toMatchObject({ lost: 1 });
      }
      expect(second.status).toBe(0);
      expect(await run({ acceptChanges: true })).toMatchObject({ status: 0, damage: null });
      expect(await run()).toMatchObject({ status: 0, damage: null });
      // Who accepts knows; verify tells all the same.
      expect((await look('quick')).status).toBe(1);
    });

    it('are forgotten when the last snapshot that has them is rotated out', async () => {
      write('gone.jpg', randomBytes(30_000));
      const first = await run();
      rmSync(join(lab.source, 'gone.jpg'));
      write('other', 'o');
      await run();
      flip(own(first.snapshot));
      await look('full');
      lab.row = { ...lab.row, keep: { last: 2 } };
      write('other', 'p');
      const end = await run();
      expect(end.removed.map(({ snapshot }) => snapshot)).toEqual([first.snapshot]);
      expect(end).toMatchObject({ status: 0, damage: null });
      expect(known()).toMatchObject({ damages: [], losses: [] });
    });
  },
);

describe.skipIf(!hasTools)('a file that cannot be read when its archive is damaged', () => {
  it.skipIf(isRoot)('keeps what is sound in it, and is written again as soon as it can be read', async () => {
    // Of a type that is not compressed, and too large to share a frame.
    write('a.jpg', randomBytes(5_000_000));
    write('b.jpg', randomBytes(5_000_001));
    const first = await run();
    flip(own(first.snapshot), 0.1);
    await look('full');
    chmodSync(join(lab.source, 'b.jpg'), 0);
    const second = await run();
    expect(second.damage).toMatchObject({ healed: 1, lost: 0 });
    expect((await run()).outcome).toBe('unchanged');
    chmodSync(join(lab.source, 'b.jpg'), 0o644);
    const third = await run();
    expect(third.outcome).toBe('written');
    expect((await look('full', { at: third.snapshot ?? '' })).status).toBe(0);
  });
});

describe.skipIf(!hasTools)('rotation beside known damage', () => {
  it('keeps the snapshot with the last sound copy of what is damaged in a newer one, until that is accepted', async () => {
    lab.row = { ...lab.row, strategy: 'full' };
    write('gone.jpg', randomBytes(30_000));
    const first = await run();
    write('x', '1');
    const second = await run();
    flip(own(second.snapshot));
    await look('full');
    rmSync(join(lab.source, 'gone.jpg'));
    lab.row = { ...lab.row, keep: { last: 2 } };
    const third = await run();
    expect(third.removed).toEqual([]);
    expect(third.kept).toContainEqual({ snapshot: first.snapshot, reasons: ['last copy'] });
    expect(lab.notes().join('\n')).toContain(`${first.snapshot} stays: it has the last sound copy`);
    write('x', '2');
    const fourth = await run({ acceptChanges: true });
    expect(fourth.removed.map(({ snapshot }) => snapshot)).toContain(first.snapshot);
  });
});

describe.skipIf(!hasTools)('what is damaged beside archives', () => {
  it.each(['index.jsonl.zst', 'RESTORE.txt', 'SHA256SUMS'])(
    '%s of the newest: another snapshot is written',
    async (name) => {
      write('a', 'a');
      const first = await run();
      rmSync(lab.folder(first.snapshot ?? '', name));
      const second = await run();
      expect(second).toMatchObject({ outcome: 'written', status: 1 });
      expect(second.damage?.messages.join()).toContain(`${first.snapshot}/${name}`);
      expectSource(second.snapshot);
      expect((await run()).outcome).toBe('unchanged');
      expect(await run({ acceptChanges: true })).toMatchObject({ outcome: 'unchanged', status: 0 });
      expect(await run()).toMatchObject({ status: 0 });
    },
  );

  it('~tree: another snapshot is written', async () => {
    write('folder/a', 'a');
    const { snapshot } = await run();
    const tree = readdirSync(lab.folder(snapshot ?? '')).find((name) => name.includes('~tree')) ?? '';
    truncateSync(lab.folder(snapshot ?? '', tree), 5);
    const second = await run();
    expect(second).toMatchObject({ outcome: 'written', status: 0 });
    expectSource(second.snapshot);
  });

  it('damage.json itself counts as damage that nobody knows, until all was read or it is accepted', async () => {
    write('a', 'a');
    await run();
    for (const text of ['{', '{"version":1}', 'null', '', '{"version":2,"damages":[],"losses":[]}']) {
      writeFileSync(lab.folder('damage.json'), text);
      const end = await run();
      expect(end).toMatchObject({ outcome: 'unchanged', status: 1, damage: { unknown: true } });
      expect(end.damage?.messages.join()).toContain('damage.json');
      expect(readFileSync(lab.folder('damage.json'), 'utf8')).toBe(text);
      expect((await look('quick')).status).toBe(1);
      expect((await look('full', { at: end.snapshot ?? '' })).status).toBe(1);
      expect((await look('full')).status).toBe(0);
      expect(await run()).toMatchObject({ status: 0, damage: null });
    }
    writeFileSync(lab.folder('damage.json'), '{');
    expect(await run({ acceptChanges: true })).toMatchObject({ status: 0, damage: null });
    expect(await run()).toMatchObject({ status: 0, damage: null });
  });
});

describe.skipIf(!hasTools)('what is damaged in an older snapshot only', () => {
  it('is no reason to write, when a newer one has the content', async () => {
    write('a', randomBytes(20_000));
    const first = await run();
    write('b', 'b');
    const second = await run();
    rmSync(own(first.snapshot));
    expect(await run()).toMatchObject({ outcome: 'unchanged', snapshot: second.snapshot, status: 0 });
    expect(lastRecord().damage).toMatchObject({ files: 1, needed: 0, lost: 0 });
  });

  it('is taken from a copy that is sound, where links were lost', async () => {
    write('a.jpg', randomBytes(20_000));
    const first = await run();
    write('b', 'b');
    const second = await run();
    const name = lab.info(first.snapshot ?? '').archives[0]?.file ?? '';
    const copy = lab.folder(second.snapshot ?? '', name);
    copyFileSync(copy, `${copy}.copy`);
    renameSync(`${copy}.copy`, copy);
    flip(copy);
    await look('full');
    const third = await run();
    expect(third).toMatchObject({ outcome: 'written', status: 0, damage: { healed: 1 } });
    expect(third.newBytes).toBeLessThan(5000);
    expectSource(third.snapshot);
  });

  it('is damaged under all names that the file has, those of later runs too', async () => {
    write('a.jpg', randomBytes(20_000));
    const first = await run();
    flip(own(first.snapshot));
    await look('full');
    // A run that was at work meanwhile has linked it.
    const damage = readFileSync(lab.folder('damage.json'));
    rmSync(lab.folder('damage.json'));
    write('b', 'b');
    const second = await run();
    const name = lab.info(first.snapshot ?? '').archives[0]?.file ?? '';
    expect(existsSync(lab.folder(second.snapshot ?? '', name))).toBe(true);
    writeFileSync(lab.folder('damage.json'), damage);
    const third = await run();
    expect(third).toMatchObject({ outcome: 'written', damage: { healed: 1 } });
    expectSource(third.snapshot);
  });
});

/** More of them: `SNAPSHOT_TEST_RUNS=50`. */
const RUNS = Number(process.env['SNAPSHOT_TEST_RUNS'] ?? 2);

describe.skipIf(!hasTools)('a verify that ends while a run is at work', () => {
  it('is not forgotten by what the run notes itself', async () => {
    write('a.jpg', randomBytes(20_000));
    const first = await run();
    write('b.jpg', randomBytes(20_000));
    const second = await run();
    rmSync(lab.folder(first.snapshot ?? '', 'RESTORE.txt'));
    write('c', 'c');
    const place = `${second.snapshot}/data-${second.snapshot}.tar.zst`;
    let isNoted = false;
    await run({
      report: ({ event }) => {
        if (event !== 'progress' || isNoted || !existsSync(lab.folder('damage.json'))) return;
        isNoted = true;
        const before = known();
        const [flaw] = before.damages;
        const damages = [
          ...before.damages,
          { ...flaw, files: [place], kind: 'content', what: 'is rotten', by: 'full' },
        ];
        writeFileSync(lab.folder('damage.json'), JSON.stringify({ ...before, damages }));
      },
    });
    expect(isNoted).toBe(true);
    expect(known().damages.flatMap(({ files }) => files)).toContain(place);
    const { outcome, snapshot, damage } = await run();
    expect([outcome, damage?.healed]).toEqual(['written', 1]);
    expectSource(snapshot);
  });
});

type Harm = 'flip' | 'cut' | 'remove' | 'swap';

/** Does one kind of harm to one of the files of the series. */
function harm(kind: Harm, which: number, share: number): void {
  const files = lab
    .folders()
    .flatMap((folder) => readdirSync(lab.folder(folder)).map((name) => lab.folder(folder, name)))
    .filter((file) => /\.(?:zst|zip)$/.test(file));
  const file = files[which % files.length] ?? '';
  const other = files[(which + 1) % files.length] ?? '';
  if (kind === 'flip') flip(file, share);
  else if (kind === 'cut') truncateSync(file, Math.floor(statSync(file).size * share));
  else if (kind === 'remove') rmSync(file);
  else {
    renameSync(file, `${file}.aside`);
    renameSync(other, file);
    renameSync(`${file}.aside`, other);
  }
}

describe.skipIf(!hasTools)('whatever is damaged', () => {
  it.each(KINDS)(
    'the snapshot after a full verify is exactly the source: $format, links: $links',
    { timeout: 240_000 },
    async ({ format, links }) => {
      const one = fc.record({
        kind: fc.constantFrom<Harm>('flip', 'cut', 'remove', 'swap'),
        which: fc.nat(1000),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(one, { minLength: 1, maxLength: 4 }),
          fc.boolean(),
          async (harms, isChanged) => {
            lab.remove();
            lab = new SeriesLab();
            lab.row = { ...lab.row, format };
            hasLinks = links;
            write('same', randomBytes(9000));
            write('folder/same.jpg', randomBytes(9000));
            for (let night = 0; night < 3; night++) {
              write('changes', `${night}`);
              write(`night ${night}`, randomBytes(2000));
              await run();
            }
            for (const { kind, which, share } of harms) harm(kind, which, share);
            await look('full');
            if (isChanged) write('changes', 'again');
            const { snapshot } = await run();
            expectSource(snapshot);
            expect((await look('full', { at: snapshot ?? '' })).whats).toEqual([]);
          },
        ),
        { numRuns: RUNS },
      );
    },
  );
});

describe('a folder that a run has left unfinished', () => {
  it('is no damage for ever after one read of it went wrong', async () => {
    writeFileSync(join(lab.source, 'file'), 'content');
    await lab.run();
    const left = '2020-01-01T00-00-00Z';
    mkdirSync(lab.folder(left));
    writeFileSync(lab.folder(left, 'UNFINISHED'), '');
    class OnceBlind extends LocalStore {
      override async read(key: string): Promise<Buffer | undefined> {
        if (key === `data/${left}/info.json`) throw new SnapshotError('E_STORE', 'input/output error');
        return await super.read(key);
      }
    }
    const strict = { acceptChanges: false };
    expect(await lab.run({ ...strict, open: (folder) => new OnceBlind(folder) })).toMatchObject({
      damage: { repairable: 1 },
    });
    expect(await lab.run(strict)).toMatchObject({ status: 0, damage: null });
    expect(lab.folders()).not.toContain(left);
  });
});
