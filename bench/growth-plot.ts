// Draws how time and memory grow: three panels side by side.

import { memorySpread, spreadOf } from './compare.ts';
import { formatCount, formatMegabytes } from './format.ts';
import type { GrowthReport, SizePoint } from './growth-report.ts';
import { samplesOf } from './growth-report.ts';
import { GROWTH_CASES, GROWTH_MEMORY_GOAL } from './growth-steps.ts';
import type { Line, Panel, Point } from './panel.ts';
import { PANEL_HEIGHT, PANEL_WIDTH, drawPanel } from './panel.ts';
import type { Sample } from './sample.ts';
import { drawPage, escapeXml } from './svg.ts';

const HEAD_HEIGHT = 60;
const LEGEND_STEP = 160;

const STYLE = `
    .axis { font-size: 11px; }
    polyline { fill: none; stroke-width: 1.5; }
    .first { stroke: #0969da; }
    .nothing { stroke: #2da44e; }
    .changed { stroke: #d4762c; }
    .goal { stroke: #cf222e; }
    circle { fill: none; stroke-width: 1.5; }`;

type Read = (samples: readonly Sample[]) => number | undefined;

/** One line for each case, through the sizes at which it was measured. */
function linesOf(sizes: readonly SizePoint[], read: Read): Line[] {
  return GROWTH_CASES.map(({ id }) => ({
    kind: id,
    points: sizes.flatMap((point): Point[] => {
      const value = read(samplesOf(point, id));
      return value === undefined ? [] : [[point.files, value]];
    }),
  }));
}

const seconds: Read = (samples) => spreadOf(samples.map((sample) => sample.seconds))?.median;
const megabytes: Read = (samples) => {
  const most = memorySpread(samples)?.most;
  return most === undefined ? undefined : most / 1e6;
};

function planPanels({ sizes, history }: GrowthReport): Panel[] {
  const { files, atMostBytes } = GROWTH_MEMORY_GOAL;
  const goal: Line[] = sizes.some((point) => point.files === files)
    ? [{ kind: 'goal', points: [[files, atMostBytes / 1e6]] }]
    : [];
  return [
    { title: 'Seconds, by files', scale: 'log', lines: linesOf(sizes, seconds) },
    { title: 'Megabytes of memory, by files', scale: 'log', lines: [...linesOf(sizes, megabytes), ...goal] },
    {
      title: 'Seconds, by snapshots',
      scale: 'linear',
      // The first has nothing to compare with, and packs everything.
      lines: [{ kind: 'changed', points: history.slice(1).map((point) => [point.snapshots, point.seconds]) }],
    },
  ];
}

/** @param hasGoal - Whether the goal is marked in a panel. */
function drawLegend(hasGoal: boolean): string[] {
  const { files, atMostBytes } = GROWTH_MEMORY_GOAL;
  const goal = `goal: ${formatMegabytes(atMostBytes)} at ${formatCount(files)} files`;
  const keys = GROWTH_CASES.map(({ id, title }): [kind: string, title: string] => [id, title]);
  return [...keys, ...(hasGoal ? [['goal', goal] as const] : [])].map(([kind, title], index) => {
    const x = 12 + index * LEGEND_STEP;
    const sign =
      kind === 'goal'
        ? `<circle class="goal" cx="${x + 14}" cy="40" r="3"/>`
        : `<polyline class="${kind}" points="${x},40 ${x + 18},40"/>`;
    return `  ${sign}\n  <text class="quiet" x="${x + 24}" y="44">${escapeXml(title)}</text>`;
  });
}

/** Panels without a point are left out. */
export function drawGrowth(report: GrowthReport): string {
  const panels = planPanels(report).filter(({ lines }) => lines.some(({ points }) => points.length > 0));
  return drawPage({
    width: 3 * PANEL_WIDTH,
    height: HEAD_HEIGHT + PANEL_HEIGHT,
    title: 'Time and memory of snapshot as the tree and the history grow',
    style: STYLE,
    elements: [
      '  <text class="title" x="12" y="22">Time and memory, as the tree and the history grow</text>',
      ...drawLegend(panels.some(({ lines }) => lines.some(({ kind }) => kind === 'goal'))),
      ...panels.map((panel, index) => drawPanel(panel, index * PANEL_WIDTH, HEAD_HEIGHT)),
    ],
  });
}
