// Commands of this program in messages, so that they work when they are pasted.
import { shellWord } from './shell-word.ts';

/** What every command of this process was given, and another one needs too. */
let given = '';

/** @param plan - The plan of this process, where it is not the default. */
export function rememberPlan(plan: string | undefined): void {
  given = plan === undefined ? '' : ` --plan ${shellWord(plan)}`;
}

/** `snapshot WORDS` as a user can paste it: with the plan that this process was given. Without backticks. */
export function commandLine(words: string): string {
  const [command = '', ...others] = words.split(' ');
  return `snapshot ${[`${command}${given}`, ...others].join(' ')}`;
}
