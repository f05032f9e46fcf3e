// Reading and setting extended attributes: xattr(7), and listxattr(2) of macOS. Synchronous: in threads only, but for large files.
import { constants } from 'node:os';
import { type Attribute, formatAttributes, parseAttributes } from './attributes.ts';
import { isUtf8 } from 'node:buffer';
import { type SystemCalls, systemCalls } from './system-calls.ts';

/** A descriptor, or the path of what is not to be opened: a link, which is not followed. */
export type Attributed = number | string | Buffer;

/** Linux has no larger values, nor longer lists of names; on macOS, what is larger is told. */
const MOST_BYTES = 64 * 1024;

/** Attributes that are access lists. */
export const ACL_PREFIX = 'system.posix_acl_';

/** What file systems say that have none. */
const NONE: ReadonlySet<number> = new Set([constants.errno.ENOTSUP, constants.errno.EOPNOTSUPP]);
/** Gone between two calls. */
const GONE: ReadonlySet<number> = new Set([constants.errno.ENODATA ?? 61, 93]);

/** What was found, and what could not be had of it, in words. */
export interface FoundAttributes {
  readonly attributes: string;
  readonly refused: string | undefined;
}

/** Extended attributes of this system. */
export class AttributeCalls {
  readonly #calls: SystemCalls;
  readonly #functions = new Map<string, ReturnType<SystemCalls['func']>>();
  readonly #isMac = process.platform === 'darwin';
  readonly #names = Buffer.alloc(MOST_BYTES);
  readonly #value = Buffer.alloc(MOST_BYTES);

  constructor(calls: SystemCalls) {
    this.#calls = calls;
  }

  /** All that are kept. Nothing is known of what a file system refuses to list: it counts as none, and is told. */
  read(of: Attributed): FoundAttributes {
    const bytes = this.#call('listxattr', of, [this.#names, MOST_BYTES], []);
    if (bytes === 0) return { attributes: '', refused: undefined };
    if (bytes < 0) {
      const errno = this.#calls.errno();
      return { attributes: '', refused: NONE.has(errno) ? undefined : this.#why('cannot be listed', errno) };
    }
    const found: Attribute[] = [];
    const refused: string[] = [];
    for (const name of namesIn(this.#names.subarray(0, bytes))) {
      if (!isKept(name)) continue;
      if (!isUtf8(name)) refused.push('one has a name that is not UTF-8');
      else this.#readOne(of, name, found, refused);
    }
    return {
      attributes: formatAttributes(found),
      refused: refused.length === 0 ? undefined : refused.join('; '),
    };
  }

  #readOne(of: Attributed, name: Buffer, found: Attribute[], refused: string[]): void {
    const bytes = this.#call('getxattr', of, [ended(name), this.#value, MOST_BYTES], [0]);
    const text = name.toString();
    if (bytes >= 0) found.push([text, Buffer.from(this.#value.subarray(0, bytes))]);
    else {
      const errno = this.#calls.errno();
      if (!GONE.has(errno)) refused.push(this.#why(`"${text}" cannot be read`, errno));
    }
  }

  /** @returns Why it is not set; undefined when it is. */
  set(of: Attributed, [name, value]: Attribute): string | undefined {
    const done = this.#call('setxattr', of, [ended(Buffer.from(name)), value, value.length], [0], [0]);
    return done === 0 ? undefined : this.#why(`"${name}" could not be set`, this.#calls.errno());
  }

  /** @returns Why it is there still; undefined when it is not. */
  remove(of: Attributed, name: string): string | undefined {
    const done = this.#call('removexattr', of, [ended(Buffer.from(name))], []);
    return done === 0 ? undefined : this.#why(`"${name}" could not be removed`, this.#calls.errno());
  }

  /**
   * Calls the function called `name`: that for descriptors, or that which follows no link.
   *
   * @param position - What macOS takes before the options.
   * @param flags - What Linux takes at the end.
   */
  #call(
    name: string,
    of: Attributed,
    args: readonly unknown[],
    position: readonly number[],
    flags: readonly number[] = [],
  ): number {
    const isOpen = typeof of === 'number';
    const whole = isOpen ? `f${name}` : this.#isMac ? name : `l${name}`;
    const at = isOpen ? of : ended(typeof of === 'string' ? Buffer.from(of) : of);
    const options = this.#isMac ? [...position, isOpen ? 0 : XATTR_NOFOLLOW] : flags;
    const all = [at, ...args, ...options];
    let call = this.#functions.get(whole);
    // Those that set something say no size.
    call ??= this.#calls.func(whole, /^.?(?:set|remove)/.test(whole) ? 'int' : 'int64_t', all.map(typeOf));
    this.#functions.set(whole, call);
    return Number(call(...all));
  }

  #why(what: string, errno: number): string {
    const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
    return `${what} (${WORDS[code ?? ''] ?? code ?? errno})`;
  }
}

const XATTR_NOFOLLOW = 1;

const WORDS: Readonly<Record<string, string>> = {
  EPERM: 'not permitted',
  EACCES: 'permission denied',
  ENOTSUP: 'this file system does not have such',
  EOPNOTSUPP: 'this file system does not have such',
  ENOSPC: 'no space left for it',
  E2BIG: 'it is too large',
  ERANGE: 'it is too large',
  EROFS: 'read-only file system',
};

/** The C type of an argument. Sizes come right after buffers; what is smaller fits all the same. */
function typeOf(value: unknown): string {
  return typeof value === 'number' ? 'int64_t' : 'const void *';
}

function ended(text: Buffer): Buffer {
  return Buffer.concat([text, Buffer.alloc(1)]);
}

function* namesIn(list: Buffer): Generator<Buffer> {
  for (let at = 0; at < list.length;) {
    const end = list.indexOf(0, at);
    yield list.subarray(at, end);
    at = end + 1;
  }
}

/** What a file system shows of itself in this way, as servers do, is no part of a file; but access lists are. */
function isKept(name: Buffer): boolean {
  const text = name.toString('latin1');
  return !text.startsWith('system.') || text.startsWith(ACL_PREFIX);
}

let calls: AttributeCalls | false | undefined;

/** Undefined where this system has no such calls, or they cannot be made. */
export function attributeCalls(): AttributeCalls | undefined {
  if (calls === undefined) {
    const system = systemCalls();
    calls = system === undefined ? false : new AttributeCalls(system);
  }
  return calls === false ? undefined : calls;
}

/** Gives a file the attributes `wanted`, and no others of its kind. @returns What was refused. */
export function settleAttributes(of: Attributed, wanted: string): readonly string[] {
  const system = attributeCalls();
  if (system === undefined) return wanted === '' ? [] : [NOT_HERE];
  const names = new Set(parseAttributes(wanted).map(([name]) => name));
  const extra = parseAttributes(system.read(of).attributes).filter(([name]) => !names.has(name));
  return [...extra.map(([name]) => system.remove(of, name)), ...setAttributes(of, wanted)].filter(
    (why) => why !== undefined,
  );
}

/** Sets attributes. @returns What was refused. */
export function setAttributes(of: Attributed, wanted: string): readonly string[] {
  if (wanted === '') return [];
  const system = attributeCalls();
  if (system === undefined) return [NOT_HERE];
  return parseAttributes(wanted)
    .map((one) => system.set(of, one))
    .filter((why) => why !== undefined);
}

const NOT_HERE = 'its extended attributes are not set, as the calls for that are not to be had here';
