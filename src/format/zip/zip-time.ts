// Times in the UT field of a zip: signed seconds in 32 bits. Source: Info-ZIP's `proginfo/extrafld.txt`.
const FIRST = -0x80000000n;
const LAST = 0x7fffffffn;

/** The seconds for that field; times past 2038 or before 1901 stop at its ends. */
export function zipSeconds(mtimeNs: bigint): number {
  const seconds = mtimeNs / 1_000_000_000n;
  if (seconds > LAST) return Number(LAST);
  return Number(seconds < FIRST ? FIRST : seconds);
}

/** Whether a zip can say that time, to the second. */
export function isZipTime(mtimeNs: bigint): boolean {
  const seconds = mtimeNs / 1_000_000_000n;
  return seconds >= FIRST && seconds <= LAST;
}
