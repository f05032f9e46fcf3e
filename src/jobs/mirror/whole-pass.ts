// One pass over all of a mirror: scan, list, decide, guard, apply, remember, thin.
import { stat } from 'node:fs/promises';
import { formatCountOf } from '../../base/amounts.ts';
import { SnapshotError } from '../../base/errors.ts';
import { decide } from '../../mirror/decide.ts';
import type { There } from '../../mirror/held.ts';
import { letGoVersions } from '../../mirror/let-go-versions.ts';
import type { Applied } from '../../mirror/applied.ts';
import { STATE_FILE } from '../../mirror/state-file.ts';
import type { Step } from '../../mirror/steps.ts';
import type { Entry } from '../../tree/entry.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, display } from '../../tree/path.ts';
import type { Mount } from '../../tree/mounts.ts';
import { passedOver, startScan } from '../../tree/scan.ts';
import { scanTree, type Tree } from '../../tree/scanner.ts';
import { folderWithin } from '../../tree/within.ts';
import { type RowContext, type RowResult, totalsOf } from '../run/row-context.ts';
import { applySteps } from './apply-steps.ts';
import { type Checked, holdDeletions } from './hold-deletions.ts';
import type { MirrorSession } from './session.ts';

/** So many actions of a dry run are told one by one. */
const MOST_TOLD = 50;

/**
 * Makes the mirror what its source is, as one scan sees it.
 *
 * @param recent - How many files were deleted by other passes in the last hour.
 * @throws {@link SnapshotError} What was copied by then stays.
 */
export async function wholePass(session: MirrorSession, context: RowContext, recent = 0): Promise<RowResult> {
  const { mirror } = session;
  const { row, options } = context;
  // Both at once: either takes its time.
  const listing = session.thread.run({ kind: 'list', root: mirror.root, clears: !options.dryRun });
  // It is awaited below; should the scan fail first, its failure is what counts.
  listing.catch(() => {});
  const tree = await scan(session, context);
  const { steps, guards } = await decideFor(session, context, tree, await listing, recent);
  await context.settle();
  context.hold(guards);
  if (options.dryRun) return wouldDo(context, tree, steps);
  const applied = await apply(session, context, tree, steps);
  // Whoever holds the lock now has seen another mirror.
  await context.lock?.check();
  const last = mirror.state?.scanned;
  await remember(session, context, tree, guards.length === 0, await rootStill(row.source, tree));
  if (guards.length === 0) await letGoVersions(mirror.root, row.keep, soonest(last, options.now()));
  return resultOf(context, tree, applied);
}

/** What was too old already at the pass before goes: a clock that is far ahead once costs no version. */
function soonest(last: Date | undefined, now: Date): Date {
  return last !== undefined && last < now ? last : now;
}

async function scan({ leftOut, apart }: MirrorSession, context: RowContext): Promise<Tree> {
  const { row, options, report } = context;
  const entries = new EntryTable();
  const start = startScan(row.source, leftOut, apart);
  const grown = (): void => report.scanned(entries.length);
  const tree = await scanTree(row.source, options.signal, entries, grown, start);
  context.name(tree.problems.filter(({ kind }) => kind !== 'vanished'));
  return tree;
}

async function decideFor(
  { mirror, leftOut }: MirrorSession,
  context: RowContext,
  tree: Tree,
  found: readonly There[],
  recent: number,
): Promise<Checked> {
  const { row, options } = context;
  const source = entriesOf(tree);
  const hasRoot = source[0]?.path === '';
  const there = found.filter(({ path }) => hasRoot || path !== '');
  const isLeftOut = passedOver(row.source, leftOut);
  const unread = tree.problems.flatMap(({ kind, path }) => (kind === 'vanished' ? [] : [path]));
  const apart = new Set([...unread, ...tree.outside]);
  const isLeftAlone = (path: BytePath): boolean => folderWithin(path, apart) !== undefined || isLeftOut(path);
  const mounts = new Set([...mirror.mounts, ...tree.mounts.map(({ path }) => path)]);
  mounts.delete('' as BytePath);
  const { rehash } = options;
  const steps = decide({ source, there, held: mirror.held, isLeftAlone, mounts, rehash });
  const { inode } = await rootStill(row.source, tree);
  return holdDeletions(context, mirror, tree, steps, inode, recent);
}

/**
 * The source's folder, which is to be the one that was scanned: else what was not found in it is no news.
 *
 * @throws {@link SnapshotError} `E_ROW` when it is not.
 */
async function rootStill(source: string, { entries }: Tree): Promise<{ device: bigint; inode: bigint }> {
  const { dev, ino } = await stat(source, { bigint: true }).catch((cause: unknown) => {
    throw new SnapshotError('E_ROW', `Source "${source}" went away while it was looked at`, { cause });
  });
  if (entries.at(0).inode !== ino)
    throw new SnapshotError('E_ROW', `Source "${source}" was replaced while it was looked at`);
  return { device: dev, inode: ino };
}

function entriesOf({ entries }: Tree): readonly Entry[] {
  return Array.from({ length: entries.length }, (_, i) => entries.at(i));
}

async function apply(
  session: MirrorSession,
  context: RowContext,
  tree: Tree,
  steps: readonly Step[],
): Promise<Applied> {
  const folderAt = (path: BytePath): Entry | undefined => {
    const i = tree.entries.find(path);
    return i === undefined || tree.entries.type(i) !== 'folder' ? undefined : tree.entries.at(i);
  };
  try {
    // Of what is kept up to date, the first pass says only how much it was.
    const tells = context.options.stay !== undefined && session.mirror.state !== undefined;
    return await applySteps(session, context, tree.root, steps, folderAt, tells);
  } catch (error) {
    // What was done by now is known the next time.
    await remember(session, context, tree, false, undefined).catch(() => {});
    throw error;
  }
}

/** @param root - The source's folder, where it is known to be the one that was scanned. */
async function remember(
  { mirror }: MirrorSession,
  { series, started }: RowContext,
  { mounts }: Tree,
  isWhole: boolean,
  root: { readonly device: bigint; readonly inode: bigint } | undefined,
): Promise<void> {
  const before = mirror.state;
  const isNew = isWhole || before === undefined;
  const state = {
    scanned: isWhole ? started : before?.scanned,
    root: (isNew ? root : undefined) ?? before?.root ?? { device: 0n, inode: 0n },
    mounts: mountsAfter(before?.mounts, mounts, isWhole),
  };
  await series.store.put(series.key(STATE_FILE), await mirror.remembered(state));
}

function resultOf(context: RowContext, tree: Tree, applied: Applied): RowResult {
  const { added, modified, removed, moved, bytes, problems, refused, unsettled } = applied;
  context.name(problems);
  context.name(unsettled.map((path) => ({ path, kind: 'changed', reason: 'changed while it was read' })));
  const [first] = refused;
  if (first !== undefined) {
    const more =
      refused.length === 1
        ? ''
        : `, and ${formatCountOf(refused.length - 1, 'more like it', 'more like it')}`;
    context.report.note(`the mirror's file system refused: ${display(first.path)}: ${first.reason}${more}`);
  }
  if (moved > 0) context.report.note(`${formatCountOf(moved, 'file or folder', 'files or folders')} moved`);
  const isSame = added + modified + removed + moved + bytes === 0;
  return end(context, tree, isSame, { added, modified: modified + moved, removed }, bytes);
}

/** Says what would be done. */
function wouldDo(context: RowContext, tree: Tree, steps: readonly Step[]): RowResult {
  const change = { added: 0, modified: 0, removed: 0 };
  const told: string[] = [];
  let bytes = 0;
  for (const step of steps) {
    const path = display(step.path);
    if (step.do === 'copy') {
      bytes += step.entry.size;
      if (step.replaces) change.modified++;
      else change.added++;
      told.push(`would ${step.looksFirst ? 'look at' : 'copy'} ${path}`);
    } else if (step.do === 'link') {
      if (step.replaces) change.modified++;
      else change.added++;
      told.push(`would make the link ${path}`);
    } else if (step.do === 'move') {
      change.modified++;
      told.push(`would move ${display(step.from)} to ${path}`);
    } else if (step.do === 'let go' || step.do === 'clear') {
      if (step.type === 'folder') continue;
      change.removed++;
      told.push(`would delete ${path}, which becomes a version`);
    }
  }
  for (const message of told.slice(0, MOST_TOLD)) context.report.note(message);
  if (told.length > MOST_TOLD) context.report.note(`and ${told.length - MOST_TOLD} more`);
  return end(context, tree, told.length === 0, change, bytes);
}

function end(
  context: RowContext,
  tree: Tree,
  isSame: boolean,
  change: RowResult['change'],
  newBytes: number,
): RowResult {
  return context.result({
    outcome: isSame ? 'unchanged' : 'written',
    snapshot: null,
    totals: totalsOf(tree.entries),
    change,
    newBytes,
    rotation: { kept: [], removed: [] },
    series: undefined,
    damage: { report: null, record: { files: 0, needed: 0, repairable: 0, lost: 0, unknown: false } },
  });
}

/** The mounts that count from now on: while something is held, what is away still does, and what is new as well. */
export function mountsAfter(
  before: readonly Mount[] | undefined,
  found: readonly Mount[],
  isWhole: boolean,
): readonly Mount[] {
  if (isWhole || before === undefined) return found;
  const known = new Set(before.map(({ path }) => path));
  return [...before, ...found.filter(({ path }) => !known.has(path))];
}
