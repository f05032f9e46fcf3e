import type { Side } from '../../jobs/look/branches.ts';
import type { Difference } from '../../jobs/look/difference.ts';
import type { Folded } from '../../jobs/look/fold.ts';
import { pathProperty } from '../../series/index/index-line.ts';
import { formatNs, hashText, pathText } from './entry-text.ts';
import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import type { Terminal } from '../terminal.ts';

const COLOR = { added: 'green', modified: 'yellow', removed: 'red', moved: 'cyan' } as const;

/** `modified  letters/a.odt  content, 1.2 kB -> 1.3 kB` */
export function differenceText(difference: Difference, terminal: Terminal): string {
  const { kind, path, before, after } = difference;
  const type = (after ?? before)?.entry.type ?? 'file';
  const name =
    kind === 'moved' ? `${pathText(difference.from, type)} -> ${pathText(path, type)}` : pathText(path, type);
  const details = detailsOf(difference).join(', ');
  return `${terminal.style(COLOR[kind], kind.padEnd(8))}  ${name}${details === '' ? '' : `  ${terminal.style('dim', details)}`}`;
}

/** `added  letters/  12 entries in it, 1.2 kB` */
export function foldedText({ change, paths, bytes }: Folded, terminal: Terminal): string {
  const { kind, path } = change;
  const details = `and ${formatCountOf(paths, 'entry', 'entries')} in it, ${formatBytes(bytes)}`;
  return `${terminal.style(COLOR[kind], kind.padEnd(8))}  ${pathText(path, 'folder')}  ${terminal.style('dim', details)}`;
}

function detailsOf(difference: Difference): string[] {
  const { kind, reasons, before, after } = difference;
  const [old, now] = [sizeOf(before), sizeOf(after)];
  if (kind === 'moved' && after?.entry.type === 'folder') {
    return [
      ...reasons,
      `${formatCountOf(difference.paths - 1, 'entry', 'entries')}, ${formatBytes(difference.bytes)}`,
    ];
  }
  if (kind === 'modified') {
    if (reasons.includes('type')) return [`${before?.entry.type} -> ${after?.entry.type}`];
    const isResized = old !== undefined && now !== undefined && old !== now;
    const size = isResized ? [`${formatBytes(old)} -> ${formatBytes(now)}`] : [];
    return [...reasons, ...size];
  }
  const size = now ?? old;
  return size === undefined ? [...reasons] : [...reasons, formatBytes(size)];
}

function sizeOf(side: Side | undefined): number | undefined {
  return side?.entry.type === 'file' ? side.entry.size : undefined;
}

/** As docs/cli.md has it. */
export function differenceJson(difference: Difference): string {
  const { kind, path, reasons, before, after } = difference;
  const from = kind === 'moved' ? pathProperty(difference.from) : undefined;
  return JSON.stringify({
    event: 'difference',
    kind,
    ...pathProperty(path),
    ...(from === undefined ? {} : 'path' in from ? { from: from.path } : { fromBase64: from.pathBase64 }),
    reasons,
    ...(kind === 'moved' ? { paths: difference.paths, bytes: difference.bytes } : {}),
    before: sideJson(before),
    after: sideJson(after),
  });
}

function sideJson(side: Side | undefined): object | null {
  if (side === undefined) return null;
  const { type, size, mode, mtimeNs } = side.entry;
  return {
    type,
    size: type === 'file' ? size : undefined,
    mode: mode.toString(8).padStart(4, '0'),
    mtime: formatNs(mtimeNs),
    hash: hashText(side),
  };
}
