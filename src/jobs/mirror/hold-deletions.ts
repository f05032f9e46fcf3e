// Deletions that look like something else: a disk that is away, a folder that was swapped, a slip. They are held, and the mirror
// stays as it is there; everything else goes on.
import { formatCount, formatCountOf } from '../../base/amounts.ts';
import { wayOut } from '../../series/guards.ts';
import type { Mirror } from '../../mirror/mirror.ts';
import type { Step } from '../../mirror/steps.ts';
import { type BytePath, display, fromText } from '../../tree/path.ts';
import { isPassedOver } from '../../tree/scan.ts';
import type { Tree } from '../../tree/scanner.ts';
import { folderWithin } from '../../tree/within.ts';
import type { GuardReport } from '../events.ts';
import { leftOutOf } from '../left-out.ts';
import { findAwayMounts, holdsAny } from '../run/away-parts.ts';
import type { RowContext } from '../run/row-context.ts';

/** Fewer deletions are a matter of every day, whatever part of a mirror they are. */
const FEW = 10;

export interface Checked {
  /** Those that may be taken. */
  readonly steps: readonly Step[];
  readonly guards: readonly GuardReport[];
}

/**
 * Whether so many are gone of what there was that somebody should look.
 *
 * @param left - How many files the mirror has, with those that are gone now.
 * @param recent - How many files were deleted in the last hour: what goes little by little is as much.
 */
export function isMassChange(files: number, left: number, recent: number): boolean {
  const [gone, before] = [files + recent, left + recent];
  return gone > FEW && gone * 2 > before;
}

/** Whether a step takes something away from the mirror, whatever comes in its place. */
export function isDeletion(step: Step): step is Deletion {
  return step.do === 'let go' || step.do === 'clear';
}

type Deletion = Extract<Step, { do: 'let go' | 'clear' }>;

/**
 * Takes out of `steps` the deletions that a guard holds, and what would take the place of what they delete.
 *
 * @param inode - Of the source's folder.
 * @param recent - How many files were deleted in the last hour.
 */
export function holdDeletions(
  context: RowContext,
  mirror: Mirror,
  tree: Tree,
  steps: readonly Step[],
  inode: bigint,
  recent: number,
): Checked {
  const gone = steps.filter(isDeletion);
  if (gone.length === 0) return { steps, guards: [] };
  const files = gone.filter(({ type }) => type !== 'folder');
  const whole = wholeGuard(context, mirror, tree, files, inode, recent);
  if (whole !== undefined && !context.accepts(fromText(''), whole))
    return { steps: without(steps, () => true), guards: [whole] };
  return holdParts(context, mirror, tree, steps, files);
}

/** `steps` without the deletions that are held, and without what would take the place of what they delete. */
function without(steps: readonly Step[], isHeld: (path: BytePath) => boolean): readonly Step[] {
  const kept = new Set(
    steps.flatMap(({ do: does, path }) => (does === 'clear' && isHeld(path) ? [path] : [])),
  );
  return steps.filter((step) =>
    isDeletion(step) ? !isHeld(step.path) : folderWithin(step.path, kept) === undefined,
  );
}

function wholeGuard(
  context: RowContext,
  mirror: Mirror,
  tree: Tree,
  files: readonly { readonly path: BytePath }[],
  inode: bigint,
  recent: number,
): GuardReport | undefined {
  const { source, name } = context.row;
  const hint = wayOut(name);
  const [gone, before] = [files.length + recent, mirror.files() + recent];
  const them = formatCountOf(files.length, 'file');
  const foreign = files.filter(({ path }) => !mirror.held.has(path)).length;
  if (mirror.state?.scanned === undefined && foreign > 0) {
    return {
      guard: 'foreign-files',
      message: `"${mirror.root}" was no mirror of "${source}" before, and holds ${formatCountOf(foreign, 'file')} that the source does not have; they stay`,
      hint: `${hint} They become versions then.`,
    };
  }
  if (files.length === 0) return undefined;
  if (before > 0 && !holdsAny(tree.entries, 0)) {
    return {
      guard: 'empty-source',
      message: `Source "${source}" is empty, and its mirror has ${them}; they stay`,
      hint: `Is its disk connected? ${hint}`,
    };
  }
  const known = mirror.state?.root.inode ?? 0n;
  if (inode !== 0n && known !== 0n && known !== inode) {
    return {
      guard: 'replaced-source',
      message: `"${source}" is another folder than at the last scan, and lacks ${them} that the mirror has; they stay`,
      hint: `Is the right disk connected? ${hint}`,
    };
  }
  if (isMassChange(files.length, mirror.files(), recent)) {
    return {
      guard: 'mass-change',
      message: `${formatCount(gone)} of ${formatCountOf(before, 'file')} are gone from "${source}"; in the mirror they stay`,
      hint,
    };
  }
  return undefined;
}

function holdParts(
  context: RowContext,
  mirror: Mirror,
  tree: Tree,
  steps: readonly Step[],
  files: readonly { readonly path: BytePath }[],
): Checked {
  const { row } = context;
  const leftOut = leftOutOf(row);
  const away = findAwayMounts(mirror.state?.mounts ?? [], tree, (path) =>
    isPassedOver(row.source, leftOut, path),
  );
  const held = new Map<BytePath, GuardReport>();
  const counts = new Map<BytePath, number>();
  for (const { path } of files) {
    const part = folderWithin(path, away);
    if (part !== undefined) counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  for (const [path, count] of counts) {
    const text = display(path);
    const report = {
      guard: 'away-part',
      message: `"${text}" was a mount, and ${away.get(path)}; ${formatCountOf(count, 'file')} that the mirror has there stay`,
      hint: `Is it connected? ${wayOut(row.name, text, 'If it is gone for good')}`,
    };
    if (!context.accepts(path, report)) held.set(path, report);
  }
  if (held.size === 0) return { steps, guards: [] };
  return {
    steps: without(steps, (path) => folderWithin(path, held) !== undefined),
    guards: [...held.values()],
  };
}
