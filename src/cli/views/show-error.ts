import { EXIT_STATUS, goneFolder, SnapshotError } from '../../base/errors.ts';
import { PlanError } from '../../plan/problem.ts';
import type { Terminal } from '../terminal.ts';
import { sentence } from './wrap-words.ts';

/**
 * Shows why a command failed; with a bug, its stack.
 *
 * @returns The exit status.
 */
export function showError(thrown: unknown, terminal: Terminal, json: boolean): number {
  const error = goneFolder(thrown) ?? thrown;
  if (!(error instanceof SnapshotError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (json) endWith(terminal, 1, { code: 'E_INTERNAL', message: text });
    terminal.err(`${terminal.style('red', 'internal error:')} ${text}`);
    terminal.err(
      'This is a bug. Nothing that was there before was harmed; please report it with the lines above.',
    );
    return 1;
  }
  const status = EXIT_STATUS[error.code];
  const problems = error instanceof PlanError ? error.problems : [];
  if (json)
    endWith(terminal, status, { code: error.code, message: error.message, hint: error.hint, problems });
  terminal.err(shown(`${terminal.style('red', 'error:')} `, error.message, terminal));
  for (const { line, message, hint } of problems) {
    terminal.err(`  line ${line}: ${message}`);
    if (hint !== undefined) terminal.err(`    ${terminal.style('dim', hint)}`);
  }
  if (error.hint !== undefined) terminal.err(shown('  ', terminal.style('dim', error.hint), terminal));
  return status;
}

/** In lines as wide as the terminal, where it is read there. Lists are as they are. */
function shown(head: string, text: string, terminal: Terminal): string {
  return process.stderr.isTTY && !text.includes('\n') ? sentence(head, text, terminal) : head + text;
}

function endWith(terminal: Terminal, status: number, error: object): void {
  terminal.out(JSON.stringify({ event: 'end', status, error }));
}
