import { printable, SnapshotError } from '../../base/errors.ts';
import type { Difference } from '../../jobs/look/difference.ts';
import { type FilePatch, patchesOf } from '../../jobs/look/patch.ts';
import type { TextSide } from '../../jobs/look/texts.ts';
import { display } from '../../tree/path.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

const WHY: Readonly<Record<string, string>> = {
  binary: 'not in text',
  large: 'larger than 1 MB, and not told line by line',
  unreadable: 'what cannot be read',
  'too different': 'too much to be told line by line',
};

/** Prints what differs in files. @returns Whether all of it was wanted. */
export async function printPatches(
  differences: readonly Difference[],
  from: TextSide,
  to: TextSide,
  terminal: Terminal,
): Promise<boolean> {
  const stop = stopSignal(() => {});
  const note = (message: string): void => terminal.err(message);
  try {
    for await (const one of patchesOf(differences, { from, to, signal: stop.signal, note }))
      if (!(await terminal.print(textOf(one, terminal)))) return false;
    return true;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new SnapshotError('E_STOPPED', 'Stopped by the user', { cause: error });
  } finally {
    stop.dispose();
  }
}

function textOf({ difference, patch, why = '' }: FilePatch, terminal: Terminal): string {
  const name = display(difference.path);
  if (difference.kind === 'moved') return `${name}: moved from ${display(difference.from)}\n`;
  if (patch === undefined) {
    return `File ${name} is ${difference.kind}: ${WHY[why] ?? why}\n`;
  }
  if (!terminal.isTerminal) return patch;
  return patch
    .split('\n')
    .map((line, i) => {
      const shown = printable(line.replaceAll('\t', '        '));
      if (i < 2) return terminal.style('bold', shown);
      if (line.startsWith('@@')) return terminal.style('cyan', shown);
      if (line.startsWith('+')) return terminal.style('green', shown);
      return line.startsWith('-') ? terminal.style('red', shown) : shown;
    })
    .join('\n');
}
