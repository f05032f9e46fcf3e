import { fromText } from '../../tree/path.ts';
import { inFolder } from '../commit.ts';
import { quoted } from './write-script.ts';

/** The first line that is no page to read any more. */
const BEGIN = '\nset -eu\n';

/**
 * RESTORE.txt of a snapshot whose archives lie elsewhere than it says: in its own folder, or in that of another one.
 *
 * @param text - One character per byte, as the answer.
 * @param moved - What info.json calls them, and is to call them.
 */
export function withArchives(text: string, moved: ReadonlyMap<string, string>): string {
  if (moved.size === 0) return text;
  const words = new Map([...moved].map(([from, to]) => [wordOf(from), wordOf(to)]));
  const begin = text.indexOf(BEGIN);
  const example = /^(#     (?:tar --zstd -xpf|unzip) )('(?:[^']|'\\'')*')/m;
  // In a path, the quote after the slash is escaped: none is taken for the name of an archive.
  const command = /("\$here"\/)('(?:[^']|'\\'')*')/g;
  const move = (_: string, before: string, word: string): string => before + (words.get(word) ?? word);
  return text.slice(0, begin).replace(example, move) + text.slice(begin).replaceAll(command, move);
}

function wordOf(file: string): string {
  return quoted(fromText(inFolder(file)));
}
