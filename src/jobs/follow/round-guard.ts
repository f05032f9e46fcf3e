// What holds removals back. Pure.
import { formatCountOf } from '../../base/amounts.ts';
import { printable } from '../../base/errors.ts';
import { GuardError, type GuardName } from '../../series/guards.ts';
import { type BytePath, comparePaths, display } from '../../tree/path.ts';
import type { Followed } from './following-file.ts';
import type { RoundPlan } from './plan-round.ts';

export interface RoundHold {
  readonly error: GuardError;
  /** What would replace files is held back as well. */
  readonly isOther: boolean;
}

export interface GuardedRound {
  readonly plan: RoundPlan;
  readonly account: string;
  readonly url: string;
  /** What was followed before; undefined when nothing was. */
  readonly followed: Followed | undefined;
  /** Files that are here. */
  readonly now: number;
  /** All files there were listed. */
  readonly isFull: boolean;
  /** Files that are here afterwards, without what is held back. */
  readonly left: number;
}

/** So few may always go. */
const FEW = 10;
const EXAMPLES = 3;

/** Why what `plan` removes is not to be removed; undefined when it may be. */
export function guardRound(round: GuardedRound): RoundHold | undefined {
  const { plan, account, url, followed, now, isFull, left } = round;
  const goes = plan.gone.length;
  const here = hereBefore(followed, goes, now);
  const hit = [...plan.gone, ...plan.replaced];
  if (hit.length > 0 && followed?.url !== url) {
    const before =
      followed === undefined ? 'followed nothing before' : `followed "${printable(followed.url)}"`;
    const what = `${formatCountOf(hit.length, 'file')} would go or be replaced, ${named(hit)}`;
    return hold('replaced-side', `${account}: this folder ${before}; ${what}`, true);
  }
  if (goes > 0 && (left === 0 || (isFull && goes >= here))) {
    const all = goes === 1 ? 'the only file' : `all ${formatCountOf(goes, 'file')}`;
    return hold('empty-side', `${account}: ${all} would go, ${named(plan.gone)}`, false);
  }
  if (goes > FEW && goes * 2 > here) {
    const some = `${goes} of ${formatCountOf(here, 'file')}`;
    return hold('mass-change', `${account}: ${some} would go, ${named(plan.gone)}`, false);
  }
  return undefined;
}

/**
 * How many files it is to be held against: those that were here when all was well, as what a held round has fetched makes a loss no
 * smaller. Where more goes than that, or it never was, a round was killed: those that are here.
 */
function hereBefore(followed: Followed | undefined, goes: number, now: number): number {
  if (followed === undefined || followed.n === 0 || goes > followed.files) return now;
  return followed.files;
}

/** A folder that follows another account is perhaps not meant. */
export function guardAccount(account: string, others: readonly string[]): GuardError | undefined {
  if (others.length === 0 || others.includes(account)) return undefined;
  const whom = others.map((other) => `"${other}"`).join(', ');
  const message = `This folder follows the account ${whom}, and the token is one of "${account}"; nothing was done`;
  const hint = 'Is it the right token? If both are to be in it, run this once with `--accept-changes`.';
  return new GuardError('replaced-side', message, hint);
}

function hold(guard: GuardName, what: string, isOther: boolean): RoundHold {
  const verb = isOther ? 'removed or replaced' : 'removed';
  const hint = 'Look at the library there. If that is what you want, run this once with `--accept-changes`.';
  return { error: new GuardError(guard, `${what}; nothing was ${verb}`, hint), isOther };
}

function named(paths: readonly BytePath[]): string {
  const examples = paths
    .toSorted(comparePaths)
    .slice(0, EXAMPLES)
    .map((path) => `"${display(path)}"`);
  return `as ${examples.join(', ')}`;
}
