/** One member of an archive, of either format. */
export interface Member {
  /** Relative, `/` between names, none at the end; one character per byte. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link' | 'hardlink';
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** Nanoseconds since 1970, UTC. */
  readonly mtimeNs: bigint;
  /** What a link says, or the member that a hard link stands for; one character per byte. */
  readonly target: string | undefined;
  /** Bytes that stand in the archive, map and all, of a sparse member; undefined of any other. */
  readonly stored?: number | undefined;
  /** Extended attributes, in the form of `base/attributes.ts`. A zip has none. */
  readonly attributes?: string | undefined;
}

const NS_PER_SECOND = 1_000_000_000n;
const MAX_NUMBER = BigInt(Number.MAX_SAFE_INTEGER);

/** `ns` as seconds with nine decimals: `1700000000.123456789`. */
export function formatSeconds(ns: bigint): string {
  if (ns < 0n) return `-${formatSeconds(-ns)}`;
  const seconds = ns / NS_PER_SECOND;
  // As numbers: nearly all fit, and are several times faster than BigInt in what is done for every entry of a tree.
  const whole = seconds <= MAX_NUMBER ? Number(seconds) : seconds;
  return `${whole}.${String(Number(ns - seconds * NS_PER_SECOND)).padStart(9, '0')}`;
}

/** What {@link formatSeconds} wrote, in nanoseconds; undefined when `text` is not of that form. */
export function parseSeconds(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,19})\.(\d{9})$/.exec(text);
  if (match === null) return undefined;
  const ns = BigInt(match[2] ?? 0) * NS_PER_SECOND + BigInt(match[3] ?? 0);
  return match[1] === '-' ? -ns : ns;
}

/** Whether the bytes of `path` (one per character) are valid UTF-8. */
export function isUtf8(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- all of ASCII is meant
  if (/^[\0-\x7f]*$/.test(path)) return true;
  const bytes = Buffer.from(path, 'latin1');
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
}
