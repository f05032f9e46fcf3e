// Commands of this program in messages, so that they work when they are pasted.
import { shellWord } from './shell-word.ts';

/** What every command of this process was given, and another one needs too. */
let given = '';
let identityGiven: string | undefined;

/**
 * @param plan - The plan of this process, where it is not the default.
 * @param identity - The file of its key, where one was named.
 */
export function rememberGiven(plan: string | undefined, identity?: string): void {
  identityGiven = identity;
  const words = { plan, identity };
  given = Object.entries(words)
    .map(([name, word]) => (word === undefined ? '' : ` --${name} ${shellWord(word)}`))
    .join('');
}

/** The file of the key that this process was given. */
export function givenIdentity(): string | undefined {
  return identityGiven;
}

/** `snapshot WORDS` as a user can paste it: with the plan that this process was given. Without backticks. */
export function commandLine(words: string): string {
  const [command = '', ...others] = words.split(' ');
  return `snapshot ${[`${command}${given}`, ...others].join(' ')}`;
}
