/**
 * Exit status for each error code. Codes are public: scripts match on them.
 * Documented in `docs/cli.md`.
 */
export const EXIT_STATUS = {
  /** A row failed: its source, its destination or something on the way. */
  E_ROW: 1,
  /** Reading from or writing to a store failed. */
  E_STORE: 1,
  /** Where a store is cannot be reached now; trying later may help. */
  E_AWAY: 1,
  /** A store does not let this user in, or not do this. */
  E_AUTH: 1,
  /** The destination has no room left. */
  E_SPACE: 1,
  /** A file of a series does not say what it should. */
  E_DAMAGED: 1,
  /** The machine lacks something this program needs. */
  E_HOST: 1,
  /** A command that the user wants before or after the run failed. */
  E_HOOK: 1,
  /** A defect of this program. */
  E_INTERNAL: 1,
  /** Wrong use of the command. */
  E_USAGE: 2,
  /** The plan has errors; nothing was done. */
  E_PLAN: 2,
  /** The snapshot is written, but some files could not be read. */
  E_PARTIAL: 3,
  /** A guard held something back. */
  E_GUARD: 4,
  /** Another run holds the lock of the series. */
  E_LOCKED: 11,
  /** Stopped by the user. */
  E_STOPPED: 130,
} as const;

export type ErrorCode = keyof typeof EXIT_STATUS;

/** A failure the user can act on. Any other error is a bug and keeps its stack. */
export class SnapshotError extends Error {
  readonly code: ErrorCode;
  /** What to do about it; shown on a line of its own. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.hint = options.hint;
  }

  // On the prototype, so that the stack trace already carries it.
  override get name(): string {
    return 'SnapshotError';
  }
}

// With several causes the gravest wins.
const GRAVEST_FIRST = [130, 2, 1, 4, 11, 3, 0];

/** The one exit status that stands for several: 130, 2, 1, 4, 11, 3, 0, in this order. */
export function gravestStatus(statuses: Iterable<number>): number {
  const seen = new Set(statuses);
  return GRAVEST_FIRST.find((status) => seen.has(status)) ?? 0;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'not a folder',
  EISDIR: 'is a folder',
  ENOSPC: 'no space left',
  EDQUOT: 'the quota is used up',
  EROFS: 'the disk is read-only',
  EIO: 'the disk reports an error',
  EBUSY: 'in use by another program',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'a link where a file was',
  ETXTBSY: 'in use by another program',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'it is not empty',
  ECONNREFUSED: 'nobody answers there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be looked up',
  ETIMEDOUT: 'no answer in time',
};

/** The system's code of `error` (`ENOENT`, ...), or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Why a system call failed, in words: "permission denied". */
export function reasonOf(error: unknown): string {
  const code = systemCode(error);
  if (code !== undefined && code in REASONS) return REASONS[code] ?? code;
  return error instanceof Error ? error.message : String(error);
}

// oxlint-disable-next-line no-control-regex -- what a terminal would obey
const UNPRINTABLE = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * `text` for a message: whatever would move a terminal's cursor, or reverse the line, is spelled out. File
 * names can hold anything.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    const code = char.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
