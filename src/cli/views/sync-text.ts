import { formatCount } from '../../base/amounts.ts';
import { printable } from '../../base/errors.ts';
import type { AccountSync } from '../../serve/control.ts';
import type { Terminal } from '../terminal.ts';

/** What a look at the folder of an account came to. */
export function syncText(sync: AccountSync, { style }: Terminal): string {
  const { account, error, problems, seconds } = sync;
  const name = style('bold', account);
  if (error !== undefined) return `${name}  ${style('red', printable(error))}`;
  const words = (['new', 'renamed', 'changed', 'removed'] as const).filter((word) => sync[word] > 0);
  const counts = [
    ...words.map((word) => `${formatCount(sync[word])} ${word}`),
    `${formatCount(sync.matched)} as before`,
  ];
  const lines = problems.map(({ path, reason }) => `  ${style('yellow', printable(path))}: ${reason}`);
  return [`${name}  ${counts.join(', ')}  ${style('dim', `${seconds.toFixed(1)} s`)}`, ...lines].join('\n');
}
