// The way of a mirror: open, scan, list, decide, guard, apply, remember, thin.
import { mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCountOf } from '../../base/amounts.ts';
import { SnapshotError } from '../../base/errors.ts';
import { ActionLog, actionLine, LOG_FILE } from '../../mirror/action-log.ts';
import { decide, touchedBy } from '../../mirror/decide.ts';
import { DATA_FOLDER } from '../../mirror/held.ts';
import { letGoVersions } from '../../mirror/let-go-versions.ts';
import { type Applied, Mirror } from '../../mirror/mirror.ts';
import type { Step } from '../../mirror/steps.ts';
import { STATE_FILE } from '../../mirror/state-file.ts';
import { MirrorThread } from '../../mirror/thread.ts';
import type { Row } from '../../plan/plan.ts';
import { readOwner, writeOwner } from '../../series/owner.ts';
import type { Series } from '../../series/series.ts';
import type { Entry } from '../../tree/entry.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, display } from '../../tree/path.ts';
import { passedOver, startScan } from '../../tree/scan.ts';
import { scanTree, type Tree } from '../../tree/scanner.ts';
import { folderWithin } from '../../tree/within.ts';
import { leftOutOf } from '../left-out.ts';
import { alone } from '../run/alone.ts';
import { RowContext, type RowOptions, type RowResult, totalsOf } from '../run/row-context.ts';
import type { RowReporter } from '../run/row-reporter.ts';
import { holdDeletions } from './hold-deletions.ts';
import { refuseKept } from './refuse-kept.ts';

/** So many actions of a dry run are told one by one. */
const MOST_TOLD = 50;

/**
 * Brings the mirror of one row up to date.
 *
 * @param series - Its own folder, `DEST/NAME/.snapshot-data`: where its lock, log and owner are.
 * @throws {@link SnapshotError} when the row fails; what was copied by then stays.
 */
export async function mirrorRow(
  row: Row,
  series: Series,
  options: RowOptions,
  report: RowReporter,
): Promise<RowResult> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const context = new RowContext(row, series, { ...options, signal }, report);
  // A source that is not there is refused before anything is made.
  startScan(row.source);
  await refuseKept(mirrorFolder(row));
  const thread = new MirrorThread();
  try {
    return await alone(context, ending, async () => await bringUp(context, thread));
  } finally {
    ending.abort();
    await thread.close();
  }
}

/** Where the mirror of a row is. */
export function mirrorFolder({ destination, name }: Pick<Row, 'destination' | 'name'>): string {
  return join(destination, name);
}

async function bringUp(context: RowContext, thread: MirrorThread): Promise<RowResult> {
  const { row, series, options, report, machine } = context;
  const { dryRun } = options;
  await context.readKnown();
  const root = await rootOf(row, dryRun);
  const mirror = await openMirror(root, thread, context);
  if (!dryRun && (await readOwner(series)) === undefined)
    await writeOwner(series, { host: machine.host, machine: machine.id, source: row.source });
  const log = dryRun ? undefined : await ActionLog.open([join(root, DATA_FOLDER, LOG_FILE)]);
  log?.write(actionLine(options.now(), 'STARTUP', row.name));
  try {
    const tree = await scan(context);
    const { steps, guards } = await decideFor(context, mirror, tree, thread);
    await context.settle();
    await context.hold(guards);
    if (dryRun) return wouldDo(context, tree, steps);
    const applied = await apply(context, mirror, tree, steps, log);
    // Whoever holds the lock now has seen another mirror.
    await context.lock?.check();
    await remember(context, mirror, tree, guards.length === 0);
    if (guards.length === 0) await letGoVersions(root, row.keep, options.now());
    return resultOf(context, tree, applied);
  } finally {
    log?.write(actionLine(options.now(), 'SHUTDOWN', row.name));
    const lost = await log?.close();
    if (lost !== undefined) report.warn(`the log of the mirror is not complete: ${String(lost)}`);
  }
}

/** Its path, free of links. */
async function rootOf(row: Row, dryRun: boolean): Promise<string> {
  const folder = mirrorFolder(row);
  if (!dryRun) await mkdir(folder, { recursive: true });
  try {
    return await realpath(folder);
  } catch (error) {
    if (!dryRun) throw error;
    return folder;
  }
}

async function openMirror(root: string, thread: MirrorThread, context: RowContext): Promise<Mirror> {
  try {
    return await Mirror.open(root, thread);
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
    context.report.warn(`what is known of the mirror cannot be read, so both sides are: ${error.message}`);
    return Mirror.unknown(root, thread);
  }
}

async function scan(context: RowContext): Promise<Tree> {
  const { row, options, report } = context;
  const leftOut = leftOutOf(row);
  const patterns = [...leftOut.patterns, `${DATA_FOLDER}/`, '/.sync'];
  const apart = (await options.places?.apartFrom(row)) ?? [];
  const entries = new EntryTable();
  const start = startScan(row.source, { ...leftOut, patterns }, apart);
  const tree = await scanTree(
    row.source,
    options.signal,
    entries,
    () => report.scanned(entries.length),
    start,
  );
  context.name(tree.problems.filter(({ kind }) => kind !== 'vanished'));
  return tree;
}

async function decideFor(
  context: RowContext,
  mirror: Mirror,
  tree: Tree,
  thread: MirrorThread,
): Promise<ReturnType<typeof holdDeletions>> {
  const { row, options } = context;
  const source = entriesOf(tree);
  const hasRoot = source[0]?.path === '';
  const found = await thread.run({ kind: 'list', root: mirror.root, clears: !options.dryRun });
  const there = found.filter(({ path }) => hasRoot || path !== '');
  const isLeftOut = passedOver(row.source, leftOutOf(row));
  const unread = new Set(tree.problems.flatMap(({ kind, path }) => (kind === 'vanished' ? [] : [path])));
  const apart = new Set([...unread, ...tree.outside]);
  const isLeftAlone = (path: BytePath): boolean => folderWithin(path, apart) !== undefined || isLeftOut(path);
  const steps = decide({ source, there, held: mirror.held, isLeftAlone, rehash: options.rehash });
  const { ino } = await stat(row.source, { bigint: true });
  const files = [...mirror.held.values()].filter(({ type }) => type !== 'folder').length;
  return holdDeletions(context, mirror, tree, steps, ino, files);
}

function entriesOf({ entries }: Tree): readonly Entry[] {
  return Array.from({ length: entries.length }, (_, i) => entries.at(i));
}

async function apply(
  context: RowContext,
  mirror: Mirror,
  tree: Tree,
  steps: readonly Step[],
  log: ActionLog | undefined,
): Promise<Applied> {
  const { options, report } = context;
  const copies = steps.filter((step) => step.do === 'copy');
  const bytes = copies.reduce((sum, { entry }) => sum + entry.size, 0);
  const done = report.phase('copy', copies.length, bytes);
  const isFirst = mirror.state === undefined;
  const { now, signal } = options;
  const applying = { source: tree.root, now, signal, log, isFirst, done };
  try {
    const applied = await mirror.apply(
      steps.filter((step) => !isFolderMeta(step)),
      applying,
    );
    await mirror.apply(folderMetas(tree, steps), { ...applying, done: () => {} });
    return applied;
  } catch (error) {
    // What was done by now is known the next time.
    await remember(context, mirror, tree, false).catch(() => {});
    throw error;
  }
}

function isFolderMeta(step: Step): boolean {
  return step.do === 'meta' && step.entry.type === 'folder';
}

/** Modes and times of folders come last: what is done in a folder changes its time. */
function folderMetas({ entries }: Tree, steps: readonly Step[]): readonly Step[] {
  const paths = new Set([...touchedBy(steps), ...steps.filter(isFolderMeta).map(({ path }) => path)]);
  return [...paths]
    .flatMap((path): Step[] => {
      const i = entries.find(path);
      return i === undefined || entries.type(i) !== 'folder'
        ? []
        : [{ do: 'meta', path, entry: entries.at(i) }];
    })
    .toSorted((a, b) => b.path.split('/').length - a.path.split('/').length || (a.path === '' ? 1 : 0));
}

async function remember(
  { series, row, started }: RowContext,
  mirror: Mirror,
  { mounts }: Tree,
  isWhole: boolean,
): Promise<void> {
  const { dev, ino } = await stat(row.source, { bigint: true });
  const state = {
    scanned: isWhole ? started : mirror.state?.scanned,
    root: isWhole || mirror.state === undefined ? { device: dev, inode: ino } : mirror.state.root,
    mounts: isWhole || mirror.state === undefined ? mounts : mirror.state.mounts,
  };
  await series.store.put(series.key(STATE_FILE), await mirror.format(state));
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
