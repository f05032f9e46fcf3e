import { nameOfErrno, sentenceOf } from './reasons.ts';

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
  /** It is encrypted, and no key here opens it. */
  E_KEY: 1,
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

/** Whether a store does not let this user do something, whatever else it lets them do. */
export function isDenied(error: unknown): boolean {
  return error instanceof SnapshotError && error.code === 'E_AUTH';
}

/** Whether nobody answers where something was asked for: of what lies there, nothing is known. */
export function isAway(error: unknown): boolean {
  return error instanceof SnapshotError && error.code === 'E_AWAY';
}

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

/** A file does not say what it should, or is not there. */
export class DamagedError extends SnapshotError {
  /** The file, as messages call it. */
  readonly where: string;
  /** What is wrong, without its name. */
  readonly what: string;

  /** @param options - `message` says all of it where that is not its name and `what`. */
  constructor(
    where: string,
    what: string,
    options: { cause?: unknown; hint?: string; message?: string } = {},
  ) {
    super('E_DAMAGED', options.message ?? `"${where}" ${what}`, options);
    this.where = where;
    this.what = what;
  }

  /** It, with what to do about it. */
  withHint(hint: string): DamagedError {
    const { where, what, message, cause } = this;
    return new DamagedError(where, what, { cause, hint, message });
  }
}

/** The file `where` is there, and damaged: `what` is the matter with it. */
export function damaged(where: string, what: string, cause?: unknown): DamagedError {
  return new DamagedError(where, what, { cause, message: `"${where}" is damaged: ${what}` });
}

// With several causes the gravest wins.
const GRAVEST_FIRST = [130, 2, 1, 4, 11, 3, 0];

/** The one exit status that stands for several: 130, 2, 1, 4, 11, 3, 0, in this order. */
export function gravestStatus(statuses: Iterable<number>): number {
  const seen = new Set(statuses);
  return GRAVEST_FIRST.find((status) => seen.has(status)) ?? 0;
}

/** The system's code of `error` (`ENOENT`, ...), or undefined. */
export function systemCode(error: unknown): string | undefined {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // Numbers that Node has no name for.
  return code?.startsWith('Unknown system error') === true ? (nameOfErrno(numberOf(error)) ?? code) : code;
}

/** Why a system call failed, in words: "permission denied". */
export function reasonOf(error: unknown): string {
  const code = systemCode(error);
  const reason = code === undefined ? undefined : sentenceOf(code, numberOf(error));
  if (reason !== undefined) return reason;
  return error instanceof Error ? error.message : String(error);
}

/** Negative, as libuv has it; 0 when `error` is none of the system. */
function numberOf(error: unknown): number {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
}

/** What a call of the system for the working folder has thrown, as an error for the user: it is gone. */
export function goneFolder(error: unknown): SnapshotError | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall !== 'uv_cwd') return undefined;
  return new SnapshotError('E_HOST', 'The folder that this was started in is not there any more', {
    cause: error,
    hint: 'Change to one that is there, as with `cd`.',
  });
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
