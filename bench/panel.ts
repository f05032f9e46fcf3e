// Draws lines between two axes.

import { escapeXml } from './svg.ts';

export const PANEL_WIDTH = 270;
export const PANEL_HEIGHT = 250;

export type Point = readonly [x: number, y: number];

export interface Line {
  /** The class that gives it its colour. */
  readonly kind: string;
  readonly points: readonly Point[];
}

export interface Panel {
  readonly title: string;
  /** Of both axes. */
  readonly scale: 'log' | 'linear';
  readonly lines: readonly Line[];
}

const LEFT = 50;
const RIGHT = 22;
const TOP = 30;
const BOTTOM = 30;
/** More points than this are a line by themselves. */
const MOST_CIRCLES = 12;
const WANTED_STEPS = 4;

/** The values at which an axis is marked; it goes from the first to the last of them. */
export function ticksFor(scale: Panel['scale'], values: readonly number[]): number[] {
  if (scale === 'linear') {
    const rough = Math.max(...values) / WANTED_STEPS;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
    const steps = Math.ceil(Math.max(...values) / step);
    // Rounded: 3 * 0.1 is not 0.3.
    return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(6)));
  }
  const logs = values.map((value) => Math.log10(value));
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  return Array.from({ length: high - low + 1 }, (_, index) => Number((10 ** (low + index)).toPrecision(6)));
}

const tickLabel = (value: number): string =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : String(value);

/** Where on the page a value lies, between the ends of an axis. */
function placer(scale: Panel['scale'], ticks: readonly number[], from: number, to: number) {
  const on = (value: number): number => (scale === 'log' ? Math.log10(value) : value);
  const [low, high] = [on(ticks[0] ?? 0), on(ticks.at(-1) ?? 1)];
  return (value: number): string => (from + ((on(value) - low) / (high - low)) * (to - from)).toFixed(1);
}

/** @param left - Of the panel on its page, as is `top`. */
export function drawPanel({ title, scale, lines }: Panel, left: number, top: number): string {
  const points = lines.flatMap((line) => line.points);
  const ticksX = ticksFor(
    scale,
    points.map(([x]) => x),
  );
  const ticksY = ticksFor(
    scale,
    points.map(([, y]) => y),
  );
  const [x1, x2] = [left + LEFT, left + PANEL_WIDTH - RIGHT];
  const [y1, y2] = [top + TOP, top + PANEL_HEIGHT - BOTTOM];
  const [atX, atY] = [placer(scale, ticksX, x1, x2), placer(scale, ticksY, y2, y1)];
  const gridX = ticksX.map(
    (tick) =>
      `  <line class="grid" x1="${atX(tick)}" x2="${atX(tick)}" y1="${y1}" y2="${y2}"/>\n` +
      `  <text class="quiet axis" x="${atX(tick)}" y="${y2 + 17}" text-anchor="middle">${tickLabel(tick)}</text>`,
  );
  const gridY = ticksY.map(
    (tick) =>
      `  <line class="grid" x1="${x1}" x2="${x2}" y1="${atY(tick)}" y2="${atY(tick)}"/>\n` +
      `  <text class="quiet axis" x="${x1 - 7}" y="${Number(atY(tick)) + 4}" text-anchor="end">${tickLabel(tick)}</text>`,
  );
  const drawn = lines.flatMap(({ kind, points: own }) => [
    ...(own.length > 1
      ? [`  <polyline class="${kind}" points="${own.map(([x, y]) => `${atX(x)},${atY(y)}`).join(' ')}"/>`]
      : []),
    ...(own.length <= MOST_CIRCLES
      ? own.map(([x, y]) => `  <circle class="${kind}" cx="${atX(x)}" cy="${atY(y)}" r="3"/>`)
      : []),
  ]);
  const heading = `  <text class="quiet" x="${x1}" y="${top + 18}">${escapeXml(title)}</text>`;
  return [heading, ...gridX, ...gridY, ...drawn].join('\n');
}
