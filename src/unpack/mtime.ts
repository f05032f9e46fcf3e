const BILLION = 1_000_000_000n;

/**
 * `ns` as what Node's file calls take for a time: seconds, in a double.
 *
 * Node has no call that sets nanoseconds. Today a double counts in steps of 238 ns; this is the nearest one at or
 * below, so that no file is newer than it was.
 */
export function toSeconds(ns: bigint): number {
  const whole = ns / BILLION - (ns % BILLION < 0n ? 1n : 0n);
  const seconds = Number(whole) + Number(ns - whole * BILLION) / 1e9;
  return setNs(seconds) <= ns ? seconds : below(seconds);
}

/** What the system makes of it: libuv cuts off what is less than a nanosecond. */
function setNs(seconds: number): bigint {
  const whole = Math.floor(seconds);
  return BigInt(whole) * BILLION + BigInt(Math.trunc((seconds - whole) * 1e9));
}

/** The next smaller double. */
function below(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

/** Times closer than this are the same: {@link toSeconds} made one of the other. */
const ROUNDING_NS = 1000n;

export function isSameTime(a: bigint, b: bigint): boolean {
  return a - b < ROUNDING_NS && b - a < ROUNDING_NS;
}
