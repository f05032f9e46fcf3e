// The one place that knows how names become bytes, text and arguments of system calls.
import { printable } from '../base/errors.ts';

/**
 * A path or name as the file system gives it: one character per byte (code units 0 to 255).
 *
 * File names are bytes, not text. Kept this way they need half the memory of UTF-16, lose nothing when they
 * are not UTF-8, and compare in byte order with `<`.
 */
export type BytePath = string & { readonly bytePath: unique symbol };

// oxlint-disable-next-line no-control-regex -- all of ASCII is meant
const ASCII = /^[\0-\x7f]*$/;

/** The bytes of ordinary text in UTF-8. */
export function fromText(text: string): BytePath {
  return (ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')) as BytePath;
}

/** The path that `bytes` spell. */
export function fromBytes(bytes: Uint8Array): BytePath {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as BytePath;
}

/** The bytes of `path`. */
export function toBytes(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `path` as text, or undefined when its bytes are not valid UTF-8. */
export function toText(path: BytePath): string | undefined {
  if (ASCII.test(path)) return path;
  try {
    return utf8.decode(toBytes(path));
  } catch {
    return undefined;
  }
}

/** `path` for people: text, with bytes that are not UTF-8 as `\xe9`. */
export function display(path: BytePath): string {
  const text = toText(path);
  if (text !== undefined) return printable(text);
  return path.replace(/[^ -~]/g, (byte) => `\\x${(byte.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`);
}

/** `path` below `parent`; the root's path is the empty string. */
export function join(parent: BytePath, name: BytePath): BytePath {
  return (parent === '' ? name : `${parent}/${name}`) as BytePath;
}

/** The last name in `path`. */
export function baseName(path: BytePath): BytePath {
  return path.slice(path.lastIndexOf('/') + 1) as BytePath;
}

/** The folder that holds `path`; the empty string at the top. */
export function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) as BytePath;
}

/**
 * Path order: negative when `a` comes before `b`. Byte order of names, folder by folder, so that what a
 * folder holds follows it directly.
 */
export function comparePaths(a: BytePath, b: BytePath): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x === SLASH ? -1 : y === SLASH ? 1 : x - y;
  }
  return a.length - b.length;
}

const SLASH = 0x2f;
const ON_WINDOWS = process.platform === 'win32';

/**
 * What to hand to a file call for `path` below the folder `root`: a string where the bytes are text, else a
 * Buffer. On Windows names are text always, and only strings get past 260 characters.
 */
export function systemPath(root: string, path: BytePath): string | Buffer {
  if (path === '') return root;
  const parent = root.endsWith('/') || (ON_WINDOWS && root.endsWith('\\')) ? root : `${root}/`;
  if (ASCII.test(path)) return parent + path;
  return ON_WINDOWS
    ? parent + toBytes(path).toString('utf8')
    : Buffer.concat([Buffer.from(parent, 'utf8'), toBytes(path)]);
}
