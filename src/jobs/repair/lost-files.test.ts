// Whatever a snapshot loses: a run and its rotation take nothing more of it, and a repair gives back what its archives hold.
import type { ArchiveFormat } from '../../base/archive-format.ts';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isArchive } from '../../series/names.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { restore } from '../restore/restore.ts';
import { contentOf, NoLinkStore, SeriesLab } from '../run/series.lab.ts';
import { repair } from './repair.ts';
import { baseOf } from './repair-facts.ts';
import { verify } from '../verify/verify.ts';

const RUNS = Number(process.env['SNAPSHOT_LOSSES'] ?? 4);
const signal = new AbortController().signal;

/** Files that a snapshot can lose, and be the same when they are all there. */
const SMALL = [
  'info.json',
  'SHA256SUMS',
  'RESTORE.txt',
  'index.jsonl.zst',
  'changes.jsonl.zst',
  'dead.jsonl.zst',
];

type Way = { format: ArchiveFormat; links: boolean; smallIndexBytes: number };

/** Three nights; the snapshot in the middle has archives of its own, older ones, and something dead. */
async function nights(lab: SeriesLab, way: Way, open: (folder: string) => LocalStore): Promise<void> {
  const { format, smallIndexBytes } = way;
  lab.row = { ...lab.row, format };
  mkdirSync(join(lab.source, 'folder', 'deep'), { recursive: true });
  for (let i = 0; i < 12; i++) writeFileSync(join(lab.source, 'folder', `stays ${i}`), `${i}`.repeat(500));
  writeFileSync(join(lab.source, 'folder', 'goes'), 'goes');
  writeFileSync(join(lab.source, 'moves'), 'moves');
  symlinkSync('moves', join(lab.source, 'link'));
  linkSync(join(lab.source, 'moves'), join(lab.source, 'second name'));
  await lab.run({ open, smallIndexBytes });
  rmSync(join(lab.source, 'folder', 'goes'));
  renameSync(join(lab.source, 'moves'), join(lab.source, 'folder', 'deep', 'moved'));
  writeFileSync(join(lab.source, 'new'), 'new');
  await lab.run({ open, smallIndexBytes });
}

/** The contents of files, however they are called. */
function contents(tree: ReadonlyMap<string, string>): ReadonlySet<string> {
  return new Set(
    [...tree.values()]
      .filter((value) => value.startsWith('file'))
      .map((value) => value.slice(value.lastIndexOf(' '))),
  );
}

const WAYS = [true, false].flatMap((links) =>
  (['tar.zst', 'zip'] as const).flatMap((format) =>
    [0, 1 << 20].map((smallIndexBytes) => ({ format, links, smallIndexBytes })),
  ),
);

describe.each(WAYS)(
  'a snapshot that lost files: $format, links $links, index from $smallIndexBytes bytes',
  (way) => {
    const open = (folder: string): LocalStore =>
      way.links ? new LocalStore(folder) : new NoLinkStore(folder);

    it(
      'keeps the rest through a run and its rotation, and gives back what its archives hold once it is repaired',
      { timeout: 300_000 },
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), async (choice) => {
            const lab = new SeriesLab();
            try {
              await nights(lab, way, open);
              await check(lab, choice, open);
            } finally {
              lab.remove();
            }
          }),
          {
            numRuns: RUNS,
            examples: [
              [SMALL.map((name) => name === 'info.json').concat(Array(6).fill(false))],
              [Array(6).fill(true).concat(Array(6).fill(false))],
              // The index alone says which archives it speaks of, and a later night has one of the same number.
              [
                SMALL.map((name) => name === 'SHA256SUMS' || name === 'RESTORE.txt').concat(
                  Array(6).fill(false),
                ),
              ],
            ],
          },
        );
      },
    );
  },
);

async function check(
  lab: SeriesLab,
  choice: readonly boolean[],
  open: (folder: string) => LocalStore,
): Promise<void> {
  const victim = lab.folders()[1] ?? '';
  const { archives } = lab.info(victim);
  const tree = contentOf(lab.source);
  const all = readdirSync(lab.folder(victim));
  const own = all.filter(isArchive);
  const chosen = [...SMALL, ...own].filter((_, i) => choice[i] === true);
  const lost = own.every((name) => chosen.includes(name)) ? chosen.filter((name) => name !== own[0]) : chosen;
  if (!lost.includes('info.json') || own.length === 0) lost.push('info.json');
  for (const name of lost) rmSync(lab.folder(victim, name), { force: true });
  const left = readdirSync(lab.folder(victim)).toSorted();
  if (!left.some(isArchive)) return;

  const series = new Series(open(lab.row.destination), 'data');
  expect((await series.survey()).damaged.map(({ name }) => name)).toEqual([victim]);
  lab.row = { ...lab.row, keep: { last: 1 } };
  for (const night of ['a', 'b']) {
    writeFileSync(join(lab.source, 'night'), night);
    expect(await lab.run({ open })).toMatchObject({ outcome: 'written', error: null });
  }
  expect(readdirSync(lab.folder(victim)).toSorted()).toEqual(left);
  expect(lab.notes().join('\n')).toMatch(/`snapshot verify \S*\/data --repair`/);

  const [done] = await repair(series, [victim], signal);
  expect(done?.outcome, done?.notes.join('\n')).toBe('repaired');
  const to = mkdtempSync(join(lab.root, 'to-'));
  const options = { globs: [], overwrite: 'always', deletes: false, dryRun: false, signal } as const;
  await restore(series, { ...options, at: victim, to, report: () => {} });
  const back = contentOf(to);
  const isKnown = !['SHA256SUMS', 'RESTORE.txt', 'index.jsonl.zst'].every((name) => lost.includes(name));
  const there = new Set(
    readdirSync(lab.folder(), { recursive: true, encoding: 'utf8' }).map((path) => path.slice(21)),
  );
  const isWhole = archives.every(
    ({ file }) => there.has(baseOf(file)) && (isKnown || left.includes(baseOf(file))),
  );
  if (!isWhole) return;
  for (const content of contents(tree)) expect(contents(back)).toContain(content);
  const knowsNames = !['RESTORE.txt', 'index.jsonl.zst'].every((name) => lost.includes(name));
  if (knowsNames && !lost.some(isArchive))
    expect([...back.keys()].toSorted()).toEqual([...tree.keys()].toSorted());
  const { end } = await verify(series, { at: victim, level: 'full', signal, report: () => {} });
  expect(end.status).toBe(0);
}
