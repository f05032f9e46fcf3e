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
      const answer = next.done === true ? '' : next.value.trim();
      if (next.done === true) process.stderr.write('\n');
      if (answer === '') break;
      answers.push(answer);
    }
    return answers;
  } finally {
    lines.close();
  }
}

/** Whether somebody can be asked: the question is on the standard error, the answer from the standard input. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}
