import { touchedBy } from '../../mirror/decide.ts';
import type { Applied } from '../../mirror/applied.ts';
import type { Step } from '../../mirror/steps.ts';
import type { Entry } from '../../tree/entry.ts';
import type { BytePath } from '../../tree/path.ts';
import type { RowContext } from '../run/row-context.ts';
import type { MirrorSession } from './session.ts';

/**
 * Takes `steps`. Modes and times of folders come last: what is done in a folder changes its time.
 *
 * @param source - What the paths in it are relative to.
 * @param folderAt - The folder of the source at a path; undefined when there is none.
 * @param tells - Each action is told.
 */
export async function applySteps(
  { mirror, log }: MirrorSession,
  { options, report }: RowContext,
  source: string,
  steps: readonly Step[],
  folderAt: (path: BytePath) => Entry | undefined,
  tells = false,
): Promise<Applied> {
  const copies = steps.filter((step) => step.do === 'copy');
  const bytes = copies.reduce((sum, { entry }) => sum + entry.size, 0);
  const done = report.phase('copy', copies.length, bytes);
  const { now, signal } = options;
  const told: typeof report.action = (...action) => report.action(...action);
  const isFirst = mirror.state === undefined;
  const applying = { source, now, signal, log, isFirst, done, ...(tells && { told }) };
  const applied = await mirror.apply(
    steps.filter((step) => !isFolderMeta(step)),
    applying,
  );
  const paths = new Set([...touchedBy(steps), ...steps.filter(isFolderMeta).map(({ path }) => path)]);
  const metas = [...paths].flatMap((path): Step[] => {
    const entry = folderAt(path);
    return entry === undefined ? [] : [{ do: 'meta', path, entry }];
  });
  // Whoever stops it now still gets what was begun.
  const rest = { ...applying, signal: new AbortController().signal, done: () => {} };
  const { refused } = await mirror.apply(metas.toSorted(deepestFirst), rest);
  applied.refused.push(...refused);
  return applied;
}

function isFolderMeta(step: Step): boolean {
  return step.do === 'meta' && step.entry.type === 'folder';
}

function deepestFirst(a: Step, b: Step): number {
  return depthOf(b.path) - depthOf(a.path);
}

function depthOf(path: BytePath): number {
  return path === '' ? 0 : path.split('/').length;
}
