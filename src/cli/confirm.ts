import { lstat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import process from 'node:process';

/**
 * Asks a question on the terminal; anything but yes is no, so is the end of the input.
 *
 * @throws the reason of `signal`: Ctrl-C is no answer.
 */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  // Without a terminal of its own, so that Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      lines.question(question, (answer) => resolve(/^y(?:es)?$/i.test(answer.trim())));
      lines.on('close', () => {
        process.stderr.write('\n');
        resolve(false);
      });
    });
  } finally {
    lines.removeAllListeners('close');
    lines.close();
  }
}

/** The answers to `questions`, one after the other on the terminal; up to the first that is empty, or the end of the input. */
export async function ask(questions: readonly string[]): Promise<readonly string[]> {
  // Without a terminal of its own, so that Ctrl-C stays a signal; one for all, as several lines may be pasted at once.
  const lines = createInterface({ input: process.stdin, terminal: false });
  const typed = lines[Symbol.asyncIterator]();
  const answers: string[] = [];
  try {
    for (const question of questions) {
      process.stderr.write(question);
      const next = await typed.next();
      const answer = next.done === true ? '' : await meant(next.value);
      if (next.done === true) process.stderr.write('\n');
      if (answer === '') break;
      answers.push(answer);
    }
    return answers;
  } finally {
    lines.close();
  }
}

/** Spaces around what was typed are a slip, unless something is called so. */
async function meant(typed: string): Promise<string> {
  const trimmed = typed.trim();
  if (trimmed === '' || trimmed === typed) return trimmed;
  return await lstat(typed).then(
    () => typed,
    () => trimmed,
  );
}

/** Whether somebody can be asked: the question is on the standard error, the answer from the standard input. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}
