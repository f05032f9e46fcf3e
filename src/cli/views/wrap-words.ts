import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from '../terminal.ts';

/** A word; what stands in backticks or quotes is one, as it may be pasted. */
const WORD = /(?:`[^`]*`|"[^"]*"|[^ `"]|[`"])+/g;

/** `text` in lines of at most `room` characters, never broken inside a word: one that is longer has its own line. */
export function wrapWords(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const [word] of text.matchAll(WORD)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * A sentence for people, in lines as wide as the terminal; whoever else reads it gets it in one.
 *
 * @param head - What stands before it; further lines begin below its end.
 */
export function sentence(head: string, text: string, terminal: Pick<Terminal, 'isLive' | 'columns'>): string {
  const indent = widthOf(head);
  if (!terminal.isLive || indent + widthOf(text) <= terminal.columns) return head + text;
  // On a terminal that is hardly wider than the head there is nothing to win.
  if (terminal.columns - indent < 20) return head + text;
  return head + wrapWords(text, terminal.columns - indent).join(`\n${' '.repeat(indent)}`);
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
