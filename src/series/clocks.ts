// When snapshots were taken, also where the clock was wrong. Pure.

/** When a snapshot was taken, as far as that can be known. */
export interface Placed {
  /** Milliseconds since 1970; later than that of the snapshot before. */
  readonly ms: number;
  /**
   * `odd`: the clock was wrong; it was taken between its neighbours, and `ms` is a guess. `unconfirmed`: the newest one
   * whose clock may be right, so long after the one before that the clock may have been wrong; the next one will tell.
   */
  readonly doubt: 'odd' | 'unconfirmed' | undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A clock that goes back by so much was set right, which nobody needs to hear of. */
const SMALL_MS = HOUR_MS;
/** A clock that is ahead of another one by so much is no reason for doubt. */
const AHEAD_MS = DAY_MS;
/** When Node 20 came out: before that nobody can have run this. Clocks without a battery begin in 1970, 1980 or 2000. */
const EARLIEST_MS = Date.UTC(2023, 3, 18);
/** After a pause that is longer, one snapshot alone does not prove how late it is. */
const LONG_MS = 32 * DAY_MS;

/**
 * Finds out when snapshots were taken.
 *
 * Time does not go backwards, so some clock was wrong wherever the clock of a snapshot is behind that of the one
 * before, or shows a time before anybody can have run this. Those are taken as right that agree with each other on the
 * most days, `nowMs` being one more; the others lie between their neighbours, at equal distances.
 *
 * @param claims - What the clock said at each, in the order in which they were written; milliseconds since 1970.
 * @param nowMs - What the clock says now, which may be wrong as well.
 */
export function placeInTime(claims: readonly number[], nowMs: number): readonly Placed[] {
  const last = claims.length - 1;
  if (last < 0) return [];
  const { right, isNowRight } = findRight(claims, nowMs);
  const lastRight = claims.findLastIndex((_, i) => right.has(i));
  const placed: Placed[] = [];
  const put = (ms: number, doubt: Placed['doubt']): void => {
    const before = placed.at(-1)?.ms ?? -Infinity;
    placed.push({ ms: Math.max(ms, before + 1), doubt });
  };
  let before: number | undefined;
  for (let i = 0; i <= last; i++) {
    const claim = claims[i] ?? 0;
    if (right.has(i)) {
      const isLong = i === lastRight && before !== undefined && claim - before > LONG_MS;
      put(claim, isLong ? 'unconfirmed' : undefined);
      before = claim;
      continue;
    }
    let next = i;
    while (next <= last && !right.has(next)) next++;
    const count = next - i;
    const after = next <= last ? claims[next] : isNowRight ? nowMs : undefined;
    for (let n = 1; n <= count; n++) put(guess(before, after, n, count, claim), 'odd');
    i = next - 1;
  }
  return placed;
}

/** The `n`-th of `count` that lie between two times. */
function guess(
  before: number | undefined,
  after: number | undefined,
  n: number,
  count: number,
  claim: number,
): number {
  if (before !== undefined && after !== undefined)
    return before + Math.floor((Math.max(0, after - before) * n) / (count + 1));
  if (after !== undefined) return after - (count + 1 - n) * 1000;
  return before ?? claim;
}

interface Right {
  /** Which claims are taken as right, by their numbers. */
  readonly right: ReadonlySet<number>;
  readonly isNowRight: boolean;
}

/** What cannot be is wrong, however many agree on it, unless there is nothing else. */
function findRight(claims: readonly number[], nowMs: number): Right {
  if (claims.every(isEarly)) return findAgreed(claims, nowMs);
  const numbers = [...claims.keys()].filter((i) => !isEarly(claims[i] ?? 0));
  const { right, isNowRight } = findAgreed(
    numbers.map((i) => claims[i] ?? 0),
    nowMs,
  );
  return {
    right: new Set([...right].map((n) => numbers[n] ?? 0)),
    isNowRight: isNowRight && !isEarly(nowMs),
  };
}

function isEarly(ms: number): boolean {
  return ms < EARLIEST_MS;
}

/** Those that agree on the most days, and do not lie in the future between others. */
function findAgreed(claims: readonly number[], nowMs: number): Right {
  const all = [...claims, nowMs];
  if (isInOrder(claims) && (claims.at(-1) ?? 0) <= nowMs + AHEAD_MS)
    return { right: new Set(claims.keys()), isNowRight: isInOrder(all) };
  const wrong = aheadBetween(all, nowMs);
  const candidates = [...all.keys()].filter((i) => !wrong.has(i));
  const chain = longestChain(candidates.map((i) => all[i] ?? 0)).map((n) => candidates[n] ?? 0);
  const right = new Set(chain);
  return { right, isNowRight: right.delete(claims.length) };
}

/**
 * What lies in the future now, although both what was written before it and what came after does not: it is wrong,
 * however much of it there is. But a wrong clock goes on as fast as a right one: where more time went by within than
 * around it, or where all that speaks against it is of one day, it may as well be the clock of now that began anew.
 */
function aheadBetween(all: readonly number[], nowMs: number): ReadonlySet<number> {
  const isAhead = (ms: number): boolean => ms > nowMs + AHEAD_MS;
  const others = all.filter((ms) => !isAhead(ms));
  const days = new Set(others.map((ms) => Math.floor(ms / DAY_MS)));
  const wrong = new Set<number>();
  if (days.size < 2 || isAhead(all[0] ?? 0) || isAhead(all.at(-2) ?? 0)) return wrong;
  let run: number[] = [];
  let before = 0;
  for (const [i, ms] of all.entries()) {
    if (isAhead(ms)) {
      run.push(i);
      continue;
    }
    const within = run.map((n) => all[n] ?? 0);
    const [least, most] = [Math.min(...within), Math.max(...within)];
    // Within a day, one night that was behind by less than a long pause looks just the same.
    const isOfOneDay = ms - before < DAY_MS && least - before <= LONG_MS;
    if (ms - before >= most - least && !isOfOneDay) for (const n of run) wrong.add(n);
    [run, before] = [[], ms];
  }
  return wrong;
}

function isInOrder(claims: readonly number[]): boolean {
  return claims.every((ms, i) => i === 0 || ms >= (claims[i - 1] ?? 0) - SMALL_MS);
}

/** How much speaks for a chain of claims: more days, then a shorter time, then more members. */
interface Weight {
  readonly days: number;
  /** The day of its first member. */
  readonly since: number;
  readonly members: number;
}

/**
 * The numbers of those `claims` that do not go back and cover the most days. Days count, as a clock that begins anew
 * with each start of the machine shows one day again and again; of equals, those within the shortest time are the
 * likeliest.
 */
function longestChain(claims: readonly number[]): readonly number[] {
  const days = claims.map((ms) => Math.floor(ms / DAY_MS));
  const weights: Weight[] = [];
  const previous: number[] = [];
  let best = -1;
  for (const [i, ms] of claims.entries()) {
    const day = days[i] ?? 0;
    let [weight, from]: [Weight, number] = [{ days: 1, since: day, members: 1 }, -1];
    for (let j = 0; j < i; j++) {
      const before = weights[j];
      if (before === undefined || (claims[j] ?? 0) - SMALL_MS > ms) continue;
      const count = before.days + (days[j] === day ? 0 : 1);
      if (count < weight.days) continue;
      const longer = { days: count, since: before.since, members: before.members + 1 };
      if (compare(longer, weight, 0) > 0) [weight, from] = [longer, j];
    }
    weights.push(weight);
    previous.push(from);
    const other = weights[best];
    if (other === undefined || compare(weight, other, day - (days[best] ?? 0)) > 0) best = i;
  }
  const chain: number[] = [];
  for (let i = best; i >= 0; i = previous[i] ?? -1) chain.push(i);
  return chain.toReversed();
}

/** Above 0 when `one` weighs more. @param later - By how many days it ends later. */
function compare(one: Weight, other: Weight, later: number): number {
  return one.days - other.days || one.since - later - other.since || one.members - other.members;
}
