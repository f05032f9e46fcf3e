// Draws the ratios as bars on a logarithmic axis: to the left of 1, snapshot is the faster one.

import type { Comparison } from './compare.ts';
import { drawPage, escapeXml } from './svg.ts';

const LABEL_WIDTH = 300;
const AXIS_WIDTH = 420;
const VALUE_WIDTH = 90;
const ROW_HEIGHT = 24;
const BAR_HEIGHT = 14;
const HEAD_HEIGHT = 56;
const FOOT_HEIGHT = 34;

const STYLE = `
    .one { stroke: #59636e; stroke-width: 1.5; }
    .range { stroke: #59636e; }
    .faster { fill: #2da44e; }
    .slower { fill: #d4762c; }
    @media (prefers-color-scheme: dark) {
      .one, .range { stroke: #9198a1; }
    }`;

/** Powers of two that enclose all values, and 1/2 to 2 at least. */
function axisBounds(comparisons: readonly Comparison[]): { low: number; high: number } {
  const logs = comparisons.flatMap(({ time }) => [Math.log2(time.least), Math.log2(time.most)]);
  return { low: Math.floor(Math.min(-1, ...logs)), high: Math.ceil(Math.max(1, ...logs)) };
}

const tickLabel = (power: number): string => (power < 0 ? `1/${2 ** -power}` : String(2 ** power));

/** One bar for each comparison, with the range from the least to the most as a line through its end. */
export function drawChart(comparisons: readonly Comparison[]): string {
  const { low, high } = axisBounds(comparisons);
  const at = (ratio: number): string =>
    (LABEL_WIDTH + ((Math.log2(ratio) - low) / (high - low)) * AXIS_WIDTH).toFixed(1);
  const width = LABEL_WIDTH + AXIS_WIDTH + VALUE_WIDTH;
  const bottom = HEAD_HEIGHT + comparisons.length * ROW_HEIGHT;

  const ticks = Array.from({ length: high - low + 1 }, (_, index) => low + index).map((power) => {
    const x = at(2 ** power);
    return (
      `  <line class="${power === 0 ? 'one' : 'grid'}" x1="${x}" x2="${x}" y1="${HEAD_HEIGHT - 6}" y2="${bottom}"/>\n` +
      `  <text class="quiet" x="${x}" y="${bottom + 20}" text-anchor="middle">${tickLabel(power)}</text>`
    );
  });
  const bars = comparisons.map(({ testCase, peer, time }, index) => {
    const middle = HEAD_HEIGHT + index * ROW_HEIGHT + ROW_HEIGHT / 2;
    const [from, to] = time.median < 1 ? [at(time.median), at(1)] : [at(1), at(time.median)];
    const valueX = Number(at(Math.max(1, time.most))) + 8;
    return (
      `  <text x="${LABEL_WIDTH - 12}" y="${middle + 4}" text-anchor="end">${escapeXml(`${testCase.title} · ${peer.title}`)}</text>\n` +
      `  <rect class="${time.median < 1 ? 'faster' : 'slower'}" x="${from}" y="${middle - BAR_HEIGHT / 2}" width="${(Number(to) - Number(from)).toFixed(1)}" height="${BAR_HEIGHT}"/>\n` +
      `  <line class="range" x1="${at(time.least)}" x2="${at(time.most)}" y1="${middle}" y2="${middle}"/>\n` +
      `  <text x="${valueX.toFixed(1)}" y="${middle + 4}">${time.median.toFixed(2)}x</text>`
    );
  });

  return drawPage({
    width,
    height: bottom + FOOT_HEIGHT,
    title: 'Time of snapshot in relation to other tools',
    style: STYLE,
    elements: [
      `  <text class="title" x="12" y="22">Time of snapshot, the other tool's time being 1</text>`,
      '  <text class="quiet" x="12" y="40">Left of 1, snapshot is faster. Logarithmic axis; the thin line is the range of all runs.</text>',
      ...ticks,
      ...bars,
    ],
  });
}
