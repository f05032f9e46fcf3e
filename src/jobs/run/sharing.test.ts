// What one snapshot leaves for the next ones, on real folders.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentOf, NoLinkStore, SeriesLab } from './series.lab.ts';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
});
afterEach(() => lab.remove());

function write(path: string, content: string | Uint8Array): void {
  const file = join(lab.source, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

/** Every snapshot comes back as the moments say. */
function expectAll(moments: ReadonlyMap<string, ReadonlyMap<string, string>>): void {
  for (const [snapshot, moment] of moments) expect(lab.restored(snapshot), snapshot).toEqual(moment);
}

const hasTools =
  spawnSync('tar', ['--version']).status === 0 && spawnSync('zstd', ['--version']).status === 0;

describe.skipIf(!hasTools)('a run that was cut short', () => {
  const COUNT = 60;

  /** Stops a first run when half of the bytes are packed; archives end after 1 MB. */
  async function stopHalfway(): Promise<void> {
    for (let i = 0; i < COUNT; i++) write(`${i % 7}/${i}`, randomBytes(20_000 * (i + 1)));
    const total = (20_000 * COUNT * (COUNT + 1)) / 2;
    const stop = new AbortController();
    const end = await lab.run({
      archiveBytes: 1_000_000,
      signal: stop.signal,
      report: (event) => {
        lab.events.push(event);
        if (event.event === 'progress' && event.phase === 'pack' && event.bytes > total / 2) stop.abort();
      },
    });
    expect(end).toMatchObject({ outcome: 'stopped', snapshot: null });
  }

  it('has stored most files when half of the bytes are written, and the next run uses them', async () => {
    await stopHalfway();
    const [unfinished = ''] = lab.folders();
    const [marker, ...archives] = readdirSync(lab.folder(unfinished));
    expect(marker).toBe('UNFINISHED');
    expect(archives.every((name) => name.endsWith('.tar.zst'))).toBe(true);
    const end = await lab.run({ archiveBytes: 1_000_000 });
    expect(end).toMatchObject({ outcome: 'written', status: 0 });
    expect(lab.folders()).toEqual([end.snapshot]);
    const info = lab.info(end.snapshot ?? '');
    const reused = info.archives.filter(({ file }) => file.includes(unfinished));
    expect(reused.map(({ file }) => file).toSorted()).toEqual(archives);
    // Small files come first: half of the bytes are more than two thirds of the files.
    expect(reused.reduce((sum, { entries }) => sum + entries, 0)).toBeGreaterThan((COUNT * 6) / 10);
    expect(lab.restored(end.snapshot ?? '')).toEqual(contentOf(lab.source));
  });

  it('has its archives kept where they are used without hard links', async () => {
    await stopHalfway();
    const [unfinished = ''] = lab.folders();
    const { snapshot } = await lab.run({ archiveBytes: 1_000_000, open });
    expect(lab.info(snapshot ?? '').archives.some(({ file }) => file.startsWith(`${unfinished}/`))).toBe(
      true,
    );
    expect(lab.restored(snapshot ?? '')).toEqual(contentOf(lab.source));
    // The second one is written when the first is a snapshot already.
    write('new', 'x');
    expect(lab.restored((await lab.run({ open })).snapshot ?? '')).toEqual(contentOf(lab.source));
  });

  it('leaves a damaged archive alone, and says so', async () => {
    await stopHalfway();
    const [unfinished = ''] = lab.folders();
    const [, first = '', second = ''] = readdirSync(lab.folder(unfinished));
    truncateSync(lab.folder(unfinished, first), 1000);
    const end = await lab.run({ archiveBytes: 1_000_000 });
    expect(lab.notes().join('\n')).toMatch(/is damaged.*it is not used/);
    const files = lab.info(end.snapshot ?? '').archives.map(({ file }) => file);
    expect(files).not.toContain(first);
    expect(files).toContain(second);
    expect(lab.restored(end.snapshot ?? '')).toEqual(contentOf(lab.source));
  });

  it('leaves nothing once the next run has found that nothing changed', async () => {
    write('a', 'a');
    const { snapshot } = await lab.run();
    const unfinished = '2026-01-01T00-00-00Z';
    mkdirSync(lab.folder(unfinished));
    writeFileSync(lab.folder(unfinished, 'index.jsonl.zst.part'), 'x');
    expect(await lab.run()).toMatchObject({ outcome: 'unchanged' });
    expect(lab.folders()).toEqual([snapshot]);
  });
});

function open(destination: string): NoLinkStore {
  return new NoLinkStore(destination);
}

describe.skipIf(!hasTools)('a destination without hard links', () => {
  it('keeps shared archives where they are, as long as a snapshot names them', async () => {
    lab.row = { ...lab.row, keep: { last: 2 } };
    const moments = new Map<string, ReadonlyMap<string, string>>();
    write('old', randomBytes(50_000));
    for (let night = 0; night < 6; night++) {
      write(`new ${night}`, randomBytes(2000));
      const end = await lab.run({ open });
      expect(end).toMatchObject({ outcome: 'written', status: 0 });
      moments.set(end.snapshot ?? '', contentOf(lab.source));
      for (const { snapshot } of end.removed) moments.delete(snapshot);
      expectAll(moments);
    }
    expect(moments.size).toBe(2);
    const [first = ''] = lab.folders();
    expect(readdirSync(lab.folder(first))).toEqual(['LET-GO', `data-${first}.tar.zst`]);
    const { status } = spawnSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], {
      cwd: lab.folder(lab.folders().at(-1) ?? ''),
    });
    expect(status).toBe(0);
    // When nothing names them any more they go.
    rmSync(join(lab.source, 'old'));
    for (let night = 0; night < 6; night++) rmSync(join(lab.source, `new ${night}`));
    write('last', 'x');
    await lab.run({ open });
    write('last', 'y');
    await lab.run({ open });
    write('last', 'z');
    const { snapshot } = await lab.run({ open });
    expect(lab.folders().length).toBeLessThanOrEqual(3);
    expect(lab.folders()).toContain(snapshot);
    expect(lab.folders()).not.toContain(first);
  });
});

function apply({ what, a, b, bytes }: { what: string; a: number; b: number; bytes: number }): void {
  const [from, to] = [join(lab.source, `${a}`), join(lab.source, `${b}`)];
  const exists = statSync(from, { throwIfNoEntry: false }) !== undefined;
  if (what === 'write') writeFileSync(from, randomBytes(bytes));
  else if (what === 'remove') rmSync(from, { force: true });
  else if (exists && what === 'move') renameSync(from, to);
  else if (exists && a !== b) copyFileSync(from, to);
}

describe.skipIf(!hasTools)('upkeep', () => {
  it('gives up an archive that is mostly dead, in the next run that writes', async () => {
    for (let i = 0; i < 10; i++) write(`${i}`, randomBytes(10_000));
    const first = await lab.run();
    for (let i = 0; i < 6; i++) rmSync(join(lab.source, `${i}`));
    const second = await lab.run();
    const { archives } = lab.info(second.snapshot ?? '');
    expect(archives.some(({ file }) => file.includes(first.snapshot ?? 'none'))).toBe(false);
    expect(archives.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(50_000);
    expect(lab.restored(second.snapshot ?? '')).toEqual(contentOf(lab.source));
    expect(lab.restored(first.snapshot ?? '').size).toBe(10);
  });

  it('counts what lies in one place once: copies of a file make no archive dead', async () => {
    write('a', randomBytes(50_000));
    const first = await lab.run();
    for (const name of ['b', 'c', 'd']) copyFileSync(join(lab.source, 'a'), join(lab.source, name));
    await lab.run();
    write('other', randomBytes(100));
    const third = await lab.run();
    const { archives } = lab.info(third.snapshot ?? '');
    expect(archives.filter(({ file }) => file.includes(first.snapshot ?? 'none'))).toHaveLength(1);
    expect(archives.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(60_000);
    expect(lab.restored(third.snapshot ?? '')).toEqual(contentOf(lab.source));
  });

  it('never lets a folder name many small archives', { timeout: 180_000 }, async () => {
    for (let night = 0; night < 40; night++) {
      write(`${night}`, randomBytes(500));
      const { snapshot } = await lab.run();
      expect(lab.info(snapshot ?? '').archives.length).toBeLessThanOrEqual(34);
    }
    const last = lab.folders().at(-1) ?? '';
    expect(lab.info(last).archives.length).toBeLessThan(30);
    expect(lab.restored(last)).toEqual(contentOf(lab.source));
  });

  it(
    'keeps every snapshot below twice its live content, whatever happens',
    { timeout: 120_000 },
    async () => {
      const change = fc.record({
        what: fc.constantFrom('write', 'write', 'remove', 'move', 'copy'),
        a: fc.nat(19),
        b: fc.nat(19),
        bytes: fc.integer({ min: 4000, max: 60_000 }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(change, { maxLength: 12 }), { minLength: 3, maxLength: 8 }),
          async (nights) => {
            lab.remove();
            lab = new SeriesLab();
            write('always', randomBytes(30_000));
            for (const night of nights) {
              for (const one of night) apply(one);
              const { snapshot } = await lab.run({ archiveBytes: 100_000 });
              const { archives } = lab.info(snapshot ?? '');
              const size = archives.reduce((sum, { bytes }) => sum + bytes, 0);
              // Random bytes do not shrink; headers and the archive of folders and links come on top.
              const live = new Set([...contentOf(lab.source).values()].map((text) => text.split(' ').at(-1)));
              const liveBytes = [...live].reduce(
                (sum, text) => sum + Buffer.from(text ?? '', 'base64').length,
                0,
              );
              expect(size).toBeLessThan(2 * liveBytes + 10_000);
            }
            const last = lab.folders().at(-1) ?? '';
            expect(lab.restored(last)).toEqual(contentOf(lab.source));
          },
        ),
        { numRuns: 6 },
      );
    },
  );
});

describe.skipIf(!hasTools)('content that is stored already', () => {
  it('is not written again when it was moved, copied, or brought back', async () => {
    for (let i = 0; i < 20; i++) write(`folder/${i}`, randomBytes(10_000));
    write('other', randomBytes(6_000_000));
    await lab.run();
    renameSync(join(lab.source, 'folder'), join(lab.source, 'renamed'));
    renameSync(join(lab.source, 'other'), join(lab.source, 'large'));
    const moved = await lab.run();
    copyFileSync(join(lab.source, 'large'), join(lab.source, 'copy'));
    rmSync(join(lab.source, 'renamed/3'));
    const copied = await lab.run();
    copyFileSync(join(lab.source, 'renamed/4'), join(lab.source, 'renamed/3'));
    const again = await lab.run();
    for (const { snapshot } of [moved, copied, again]) {
      const { archives } = lab.info(snapshot ?? '');
      expect(
        archives.filter(({ file }) => file.includes(snapshot ?? 'none')).map(({ entries }) => entries),
      ).toEqual([0]);
    }
    expect(lab.restored(again.snapshot ?? '')).toEqual(contentOf(lab.source));
  });

  it('is known by the name of its member on all later nights too', async () => {
    write('b', randomBytes(10_000));
    await lab.run();
    copyFileSync(join(lab.source, 'b'), join(lab.source, 'c'));
    for (let night = 0; night < 3; night++) {
      write('a', `${night}`);
      const { snapshot } = await lab.run();
      expect(lab.restored(snapshot ?? '')).toEqual(contentOf(lab.source));
    }
  });

  it('is found in older snapshots, though the last one has it no more', async () => {
    write('stays', randomBytes(10_000));
    await lab.run();
    const content = randomBytes(10_000);
    write('goes', content);
    await lab.run();
    rmSync(join(lab.source, 'goes'));
    const without = await lab.run();
    expect(lab.info(without.snapshot ?? '').archives).toHaveLength(1);
    write('back', content);
    const back = await lab.run();
    expect(back.newBytes).toBeLessThan(5000);
    expect(lab.restored(back.snapshot ?? '')).toEqual(contentOf(lab.source));
  });
});

describe.skipIf(!hasTools)('an archive that is not what it should be', () => {
  it.each<[string, (path: string) => void]>([
    ['missing', (path) => rmSync(path)],
    ['cut short', (path) => truncateSync(path, 100)],
  ])('is not shared when it is %s: what it held is written again', async (_, damage) => {
    write('a', randomBytes(10_000));
    write('b', randomBytes(10_000));
    const first = await lab.run();
    damage(lab.folder(first.snapshot ?? '', `data-${first.snapshot}.tar.zst`));
    write('c', 'c');
    const second = await lab.run();
    expect(second).toMatchObject({ outcome: 'written', status: 0 });
    expect(lab.notes().join()).toMatch(
      new RegExp(`data-${first.snapshot}.tar.zst (is missing|has 100 bytes)`),
    );
    expect(lab.restored(second.snapshot ?? '')).toEqual(contentOf(lab.source));
  });

  it('is taken from an older snapshot that still has it', async () => {
    write('a', randomBytes(10_000));
    const first = await lab.run();
    write('b', 'b');
    const second = await lab.run();
    rmSync(lab.folder(second.snapshot ?? '', `data-${first.snapshot}.tar.zst`));
    write('c', 'c');
    const third = await lab.run();
    expect(third.newBytes).toBeLessThan(5000);
    expect(lab.restored(third.snapshot ?? '')).toEqual(contentOf(lab.source));
  });

  it('is not shared when nobody knows what else it holds', async () => {
    for (const name of ['a', 'b', 'c']) write(name, randomBytes(10_000));
    await lab.run();
    rmSync(join(lab.source, 'a'));
    const second = await lab.run();
    writeFileSync(lab.folder(second.snapshot ?? '', 'dead.jsonl.zst'), 'x');
    write('d', 'd');
    const third = await lab.run();
    // Whoever looks may repair it.
    expect(third).toMatchObject({ outcome: 'written', status: 1, damage: { repairable: 1, lost: 0 } });
    expect(lab.notes().join()).toMatch(/dead\.jsonl\.zst" is damaged.*are not shared/);
    expect(lab.restored(third.snapshot ?? '')).toEqual(contentOf(lab.source));
  });
});
