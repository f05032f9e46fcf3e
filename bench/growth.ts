// What becomes of time and memory when the tree grows, and when the history does. For `snapshot` only.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GrowthReport, HistoryPoint, SizePoint } from './growth-report.ts';
import { GROWTH_CASES, MILESTONES, SIZES, runsFor, stepsUpTo } from './growth-steps.ts';
import { GrowingTree } from './growth-tree.ts';
import { diskBytes } from './measure.ts';
import { mutate } from './mutate.ts';
import { openPlace, takeSample } from './sample.ts';
import { runSession } from './session.ts';
import type { Place, Tool } from './tools.ts';

interface Settings {
  /** An own folder below it is written and removed again. */
  readonly work: string;
  readonly seed: number;
  readonly maxFiles: number;
  readonly maxSnapshots: number;
  /** The size of the tree whose history grows. */
  readonly historyFiles: number;
  readonly progress: (message: string) => void;
}

function growTree(tool: Tool, work: string, settings: Settings): { sizes: SizePoint[]; notes: string[] } {
  const { seed, maxFiles, progress } = settings;
  const tree = join(work, 'tree');
  const growing = new GrowingTree(tree, seed);
  const sizes: SizePoint[] = [];
  const notes: string[] = [];
  for (const files of stepsUpTo(SIZES, maxFiles)) {
    progress(`A tree of ${files} files`);
    growing.growTo(files);
    const session = runSession(GROWTH_CASES, [tool], { work, tree, runs: runsFor(files), progress });
    sizes.push({ files, measurements: session.measurements });
    notes.push(...session.notes.map((note) => `${note}, with ${files} files`));
  }
  return { sizes, notes };
}

/** Takes snapshots of one tree, each but the first after a change; stops at one that fails. */
function growHistory(
  tool: Tool,
  work: string,
  settings: Settings,
): { history: HistoryPoint[]; notes: string[] } {
  const { seed, historyFiles, maxSnapshots, progress } = settings;
  const place: Place = {
    tree: join(work, 'tree'),
    destination: join(work, 'to'),
    state: join(work, 'state'),
  };
  const history: HistoryPoint[] = [];
  new GrowingTree(place.tree, seed).growTo(historyFiles);
  openPlace(place, tool);
  for (let snapshots = 1; snapshots <= (stepsUpTo(MILESTONES, maxSnapshots).at(-1) ?? 0); snapshots++) {
    const build = snapshots === 1 ? tool.commands.first : tool.commands.changed;
    if (build === undefined) throw new Error(`${tool.title} cannot write a history`);
    if (snapshots > 1) mutate(place.tree, { fraction: 0.01, round: snapshots });
    try {
      const sample = takeSample(build(place, `snapshot-${snapshots}`), place);
      history.push({ ...sample, snapshots, seriesBytes: diskBytes(place.destination) });
      progress(`Snapshot ${snapshots}: ${sample.seconds.toFixed(2)} s`);
    } catch (error) {
      progress(String(error));
      return { history, notes: [`${tool.title} failed at snapshot ${snapshots} of one series`] };
    }
  }
  return { history, notes: [] };
}

/** Measures both, the tree first. Leaves nothing behind. */
export function runGrowth(tool: Tool, settings: Settings): GrowthReport {
  const folder = join(settings.work, 'growth');
  const clear = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    clear();
    const tree = growTree(tool, folder, settings);
    clear();
    const history = growHistory(tool, folder, settings);
    return {
      sizes: tree.sizes,
      history: history.history,
      historyFiles: settings.historyFiles,
      notes: [...tree.notes, ...history.notes],
    };
  } finally {
    clear();
  }
}
