// Gets files of a pair back, as they are or as they were at a moment, from whichever side has them.
import { gravestStatus, SnapshotError } from '../../base/errors.ts';
import { makeFolders } from '../../sync/make-version.ts';
import type { Item } from '../../sync/item.ts';
import { LocalSide } from '../../sync/local-side.ts';
import type { Sides } from '../../sync/see.ts';
import { ifOfSide, type Side, SideError } from '../../sync/side.ts';
import { type BytePath, comparePaths, display, fromText, join, parentOf } from '../../tree/path.ts';
import { matching } from '../../tree/left-out.ts';
import { momentOf } from '../mirror/moment-of.ts';
import type { RestoreMirrorOptions } from '../mirror/restore-mirror.ts';
import { makeRoot } from '../restore/apply-restore.ts';
import { Choice } from '../restore/choice.ts';
import { keepApart } from '../restore/keep-apart.ts';
import type { RestoreEnd, RestoreProblem } from '../restore/restore-events.ts';
import { findTarget } from '../restore/restore-target.ts';
import type { PairSeries } from './pair-series.ts';
import { readVersions } from './pair-versions.ts';
import { withPair } from './with-pair.ts';

/** A file or link, and where it lies. */
interface Found {
  readonly path: BytePath;
  readonly side: Side;
  readonly at: BytePath;
  readonly item: Item;
}

/**
 * Nothing that is in the target is touched: what is in the way is named, and then nothing is done.
 *
 * @throws {@link SnapshotError} when nothing can be restored at all.
 */
export async function restorePair(series: PairSeries, options: RestoreMirrorOptions): Promise<RestoreEnd> {
  if (options.overwrite !== 'never')
    throw new SnapshotError('E_USAGE', '--overwrite is not for a pair that is synced', {
      hint: 'Restore to a folder of its own, and compare.',
    });
  const startedMs = performance.now();
  const { at, dryRun, signal, report } = options;
  const when = at === 'latest' ? 'the pair' : `the pair at ${at}`;
  const target = await findTarget(options.to);
  return await withPair(series.sides[0], series.sides[1], async (sides) => {
    const choice = new Choice(options.globs);
    const all = await foundAt(sides, momentOf(at), signal);
    const chosen = all.filter(({ path }) => choice.has(path, false));
    choice.refuseUnmatched(when, series.title);
    const paths = new Set(chosen.map(({ path }) => path));
    await keepApart(target, {
      series: series.place(),
      destinations: options.destinations,
      source: '',
      deletes: false,
      isWanted: (path) => paths.has(path),
    });
    const into = await LocalSide.open(target.root);
    const refused = await inTheWay(into, chosen, dryRun);
    if (!dryRun) await makeRoot(target.root);
    const count = { files: 0, bytes: 0, links: 0, problems: 0 };
    const problem = (path: BytePath, kind: RestoreProblem['kind'], reason: string): void => {
      count.problems++;
      report({ event: 'problem', row: series.title, kind, path: display(path), reason });
    };
    for (const one of chosen) {
      signal.throwIfAborted();
      const { type, size } = one.item;
      if (dryRun) report({ event: 'step', do: 'make', path: display(one.path), type, reason: undefined });
      else {
        try {
          await give(one, into, signal);
        } catch (error) {
          if (!(error instanceof SideError)) throw error;
          problem(one.path, 'failed', error.message);
          continue;
        }
      }
      if (type === 'file') [count.files, count.bytes] = [count.files + 1, count.bytes + size];
      else count.links++;
    }
    return {
      event: 'end',
      status: gravestStatus([refused > 0 ? 2 : 0, count.problems > 0 ? 3 : 0]),
      series: series.title,
      snapshot: at === 'latest' ? 'the pair' : `the pair as of ${at}`,
      target: target.root,
      dryRun,
      ...count,
      folders: 0,
      same: 0,
      otherwise: 0,
      deleted: 0,
      refused,
      durationMs: Math.round(performance.now() - startedMs),
    };
  });
}

/** What the pair had at a moment: the version that was let go first after it; else what is there now. */
async function foundAt(sides: Sides, atMs: number, signal: AbortSignal): Promise<readonly Found[]> {
  const found = new Map<BytePath, Found>();
  const near = sides.here instanceof LocalSide ? sides.here : sides.there;
  const { items } = await near.walk(matching([]), signal);
  for (const [path, item] of items)
    if (item.type !== 'folder') found.set(path, { path, side: near, at: path, item });
  const first = new Map<BytePath, number>();
  for (const { path, untilMs, file, item, side } of await readVersions(sides)) {
    // Names count in seconds: it was there until some moment of that one.
    if (untilMs + 999 < atMs || untilMs >= (first.get(path) ?? Infinity)) continue;
    first.set(path, untilMs);
    found.set(path, { path, side: sides[side], at: file, item });
  }
  return [...found.values()].toSorted((a, b) => comparePaths(a.path, b.path));
}

/** @returns How many may not be made. @throws {@link SnapshotError} `E_USAGE` unless nothing is to be done anyway. */
async function inTheWay(into: LocalSide, chosen: readonly Found[], dryRun: boolean): Promise<number> {
  const there: string[] = [];
  for (const { path } of chosen) if ((await into.look(path)) !== undefined) there.push(display(path));
  if (there.length === 0 || dryRun) return there.length;
  const message = `${there.length === 1 ? 'Something is' : `${there.length} things are`} in the way: ${there.slice(0, 10).join(', ')}`;
  throw new SnapshotError('E_USAGE', message, { hint: 'Nothing was done. Restore to another folder.' });
}

async function give({ path, side, at, item }: Found, into: LocalSide, signal: AbortSignal): Promise<void> {
  const folder = parentOf(path);
  await makeFolders(into, folder);
  if (item.type === 'link') {
    await into.makeLink(path, item.target ?? ('' as BytePath));
    return;
  }
  const part = join(folder, fromText(`.snapshot-${process.pid.toString(16).padStart(16, '0')}.part`));
  try {
    await into.write(part, side.read(at, signal), { mtimeMs: item.mtimeMs, mode: item.mode }, signal);
    await into.move(part, path);
  } catch (error) {
    await into.remove(part).catch(ifOfSide);
    throw error;
  }
}
