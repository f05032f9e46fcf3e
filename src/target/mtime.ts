const BILLION = 1_000_000_000n;

/** Before Node 24, the rest of a microsecond is cut off by its libuv. */
const CUTS = Number(process.versions.node.split('.')[0]) < 24;

/**
 * `ns` as what Node's file calls take for a time: seconds, in a double.
 *
 * Node has no call that sets nanoseconds. Today a double counts in steps of 238 ns; this is the one that gives the
 * nearest time at or below: less than 238 ns off, and less than 1 microsecond before Node 24. What is older than
 * 1970 has to be a Date, and so is whole milliseconds.
 *
 * @param cuts - For tests.
 */
export function toTime(ns: bigint, cuts: boolean = CUTS): number | Date {
  // As a negative number it would be taken for now.
  if (ns < 0n) {
    const date = new Date(Number((ns - 999_999n) / 1_000_000n));
    // The first that there is: what becomes of it is told.
    return Number.isNaN(date.getTime()) ? new Date(-8.64e15) : date;
  }
  const wanted = cuts ? ns - (ns % 1000n) : ns;
  const seconds = Number(wanted / BILLION) + Number(wanted % BILLION) / 1e9;
  const off = setNs(seconds) - wanted;
  if (cuts) return off < 0n ? next(seconds, 1n) : seconds;
  return off > 0n ? next(seconds, -1n) : seconds;
}

/** What the system makes of `seconds`: the rest of a nanosecond is cut off. */
function setNs(seconds: number): bigint {
  const whole = Math.trunc(seconds);
  return BigInt(whole) * BILLION + BigInt(Math.trunc((seconds - whole) * 1e9));
}

/** The next double after a positive one, or before it. */
function next(value: number, step: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + step);
  return view.getFloat64(0);
}

/** Times closer than this are the same: {@link toTime} made one of the other. */
const ROUNDING_NS = 2000n;

export function isSameTime(a: bigint, b: bigint): boolean {
  return a - b < ROUNDING_NS && b - a < ROUNDING_NS;
}

/** FAT counts in steps of two seconds: what is further away is another time. */
const STEP_NS = 2_000_000_000n;

/** Whether a file system that was given the time `wanted` has made another one of it: not each has all years. */
export function isOtherTime(found: bigint, wanted: bigint): boolean {
  const off = found - wanted;
  return off > STEP_NS || off < -STEP_NS;
}
