// How all rows are doing, as one page of HTML without a script: for a mail, or a wall.
import { hostname } from 'node:os';
import { formatBytes, formatCount } from '../../base/amounts.ts';
import { printable } from '../../base/errors.ts';
import { formatLocal } from '../../jobs/moment.ts';
import type { SeriesStatus } from '../../jobs/status/read-status.ts';
import { escapeHtml } from '../../jobs/status/plot.ts';
import { plotsOf } from '../../jobs/status/plots.ts';
import { fineText, neverOf } from './status-view.ts';

const STYLE = `:root{color-scheme:light dark;--line:#26c;--dim:#777;--good:#176;--bad:#b22;--wait:#960}
@media(prefers-color-scheme:dark){:root{--line:#7af;--dim:#999;--good:#5c9;--bad:#f77;--wait:#db5}}
body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:1.8rem 0 .3rem}p,ul{margin:.3rem 0}
.ok{color:var(--good)}.failing,.overdue{color:var(--bad)}.waiting{color:var(--wait)}
.dim{color:var(--dim);overflow-wrap:anywhere}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.5rem 0}
dt{color:var(--dim)}dd{margin:0}.plots{display:flex;flex-wrap:wrap;gap:1rem}svg{width:100%;max-width:460px;height:auto}
text{font-size:11px;fill:var(--dim)}.head{font-size:12px}.end{text-anchor:end}
.axis{fill:none;stroke:var(--dim);stroke-width:.7}.line{fill:none;stroke:var(--line);stroke-width:1.6}
.bars{stroke:var(--line);stroke-width:3}circle{fill:var(--line)}`;

/** @param found - Those that need somebody first. */
export function statusHtml(found: readonly SeriesStatus[], now: Date): string {
  const bad = found.filter(({ isFailing, isOverdue }) => isFailing || isOverdue).length;
  const waiting = found.filter(({ state }) => state === 'waiting').length;
  const text =
    bad > 0
      ? `${bad} of ${found.length} need you.`
      : waiting > 0
        ? `${waiting} of ${found.length} wait for a disk.`
        : fineText(found);
  const verdict = escapeHtml(text);
  const host = escapeHtml(hostname());
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Backups of ${host}: ${verdict.replace(/\.$/, '')}</title><style>${STYLE}</style></head><body>
<h1>Backups of ${host}</h1>
<p class="${bad > 0 ? 'failing' : waiting > 0 ? 'waiting' : 'ok'}">${verdict}</p>
<p class="dim">As of ${formatLocal(now)}.</p>
${found.map(sectionOf).join('\n')}
</body></html>
`;
}

function sectionOf(one: SeriesStatus): string {
  const { series, destination, state, reasons, notes } = one;
  const said = [...reasons, ...notes].map((text) => `<li>${shown(text)}</li>`);
  return `<section><h2>${shown(series)} <span class="${state}">${state}</span></h2>
<p class="dim">${shown(destination)}</p>
${said.length === 0 ? '' : `<ul>${said.join('')}</ul>`}
<dl>${factsOf(one)
    .map(([name, value]) => `<dt>${name}</dt><dd>${shown(value)}</dd>`)
    .join('')}</dl>
<div class="plots">${plotsOf(one).join('')}</div></section>`;
}

function factsOf(one: SeriesStatus): readonly (readonly [name: string, value: string])[] {
  const { lastRun, lastSuccess, lastVerify, lastDrill, nextDue, size, files, freeBytes } = one;
  return [
    ...(lastRun === undefined ? [] : [['last run', `${time(lastRun.started)}, ${lastRun.outcome}`] as const]),
    ...(lastSuccess === undefined ? [] : [['last success', time(lastSuccess.started)] as const]),
    ...(nextDue === undefined ? [] : [['next due', formatLocal(nextDue)] as const]),
    [
      'last verify',
      lastVerify === undefined
        ? neverOf(one, 'verifies')
        : `${time(lastVerify.started)}, ${lastVerify.level}, ${lastVerify.result}`,
    ],
    [
      'last drill',
      lastDrill === undefined ? neverOf(one, 'drills') : `${time(lastDrill.started)}, ${lastDrill.result}`,
    ],
    ...(size === undefined
      ? []
      : [['snapshots', `${formatCount(size.snapshots)}, ${formatBytes(size.bytes)} on disk`] as const]),
    ...(files === undefined ? [] : [['files', formatCount(files)] as const]),
    ...(freeBytes === undefined ? [] : [['free there', formatBytes(freeBytes)] as const]),
  ];
}

function time(iso: string): string {
  return formatLocal(new Date(iso));
}

function shown(text: string): string {
  return escapeHtml(printable(text));
}
