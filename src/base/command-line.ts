// Commands of this program in messages, so that they work when they are pasted.
import { shellWord } from './shell-word.ts';

/** What every command of this process was given, and another one needs too. */
let given = '';

/**
 * @param plan - The plan of this process, where it is not the default.
 * @param identity - The file of its key, where one was named.
 */
export function rememberGiven(plan: string | undefined, identity?: string): void {
  const words = { plan, identity };
  given = Object.entries(words)
    .map(([name, word]) => (word === undefined ? '' : ` --${name} ${shellWord(word)}`))
    .join('');
}

/** `snapshot WORDS` as a user can paste it: with the plan that this process was given. Without backticks. */
export function commandLine(words: string): string {
  const [command = '', ...others] = words.split(' ');
  return `snapshot ${[`${command}${given}`, ...others].join(' ')}`;
}
