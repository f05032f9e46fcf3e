// A small plot as SVG, to stand in a page of HTML. Pure.

export interface Point {
  readonly at: Date;
  /** From 0. */
  readonly value: number;
}

export interface PlotOptions {
  /** Said to who cannot see it, and above it. */
  readonly title: string;
  /** What a value is called beside the axis. */
  readonly label: (value: number) => string;
  readonly kind: 'line' | 'bars';
}

const WIDTH = 460;
const HEIGHT = 130;
const LEFT = 70;
const TOP = 24;
const BOTTOM = 20;

/** `points`, in the order of time, as an SVG element; empty without any. */
export function plot(points: readonly Point[], { title, label, kind }: PlotOptions): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const most = Math.max(...points.map(({ value }) => value), 1e-9);
  const spanMs = Math.max(1, last.at.getTime() - first.at.getTime());
  const x = ({ at }: Point): number =>
    LEFT + 4 + ((at.getTime() - first.at.getTime()) / spanMs) * (WIDTH - LEFT - 12);
  const y = ({ value }: Point): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const base = HEIGHT - BOTTOM;
  const text = escapeHtml(title);
  const drawn = kind === 'line' ? lineOf(points, x, y) : barsOf(points, x, y, base);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text}">
<text x="0" y="14" class="head">${text}</text>
<path class="axis" d="M${LEFT} ${TOP}V${base}H${WIDTH - 4}"/>
<text x="${LEFT - 6}" y="${TOP + 4}" class="end">${escapeHtml(label(most))}</text>
<text x="${LEFT - 6}" y="${base}" class="end">0</text>
${drawn}
<text x="${LEFT}" y="${HEIGHT - 5}">${dayOf(first.at)}</text>
<text x="${WIDTH - 4}" y="${HEIGHT - 5}" class="end">${dayOf(last.at)}</text>
</svg>`;
}

type Scale = (point: Point) => number;

function lineOf(points: readonly Point[], x: Scale, y: Scale): string {
  const steps = points.map((point) => `${round(x(point))} ${round(y(point))}`);
  const dots = points.map((point) => `<circle cx="${round(x(point))}" cy="${round(y(point))}" r="2"/>`);
  return `<path class="line" d="M${steps.join('L')}"/>${points.length <= 60 ? dots.join('') : ''}`;
}

function barsOf(points: readonly Point[], x: Scale, y: Scale, base: number): string {
  const bars = points.map((point) => `M${round(x(point))} ${base}V${round(Math.min(y(point), base - 1))}`);
  return `<path class="bars" d="${bars.join('')}"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function dayOf(at: Date): string {
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

/** `text` as it may stand in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
