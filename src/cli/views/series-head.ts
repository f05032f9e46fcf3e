import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from '../terminal.ts';

/** The line above what is said of a series; where there is no room, its folder has a line of its own. */
export function seriesHead(
  { name, folder }: { readonly name: string; readonly folder: string },
  total: string,
  terminal: Terminal,
): string {
  const [bold, dim] = [terminal.style('bold', name), terminal.style('dim', folder)];
  const line = `${bold}  ${dim}  ${total}`;
  const isFitting = stripVTControlCharacters(line).length <= terminal.columns;
  return !terminal.isLive || isFitting ? line : `${bold}  ${total}\n${dim}`;
}
