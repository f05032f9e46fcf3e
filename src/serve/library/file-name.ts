// Which names a client may give to files: those that every system can have, so that the folder can move to any of them.
import { printable } from '../../base/errors.ts';
import { caseless } from '../../base/same-name.ts';
import { whyUnsafe } from '../../target/contained.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import { Refusal } from '../refusal.ts';

/** Of most file systems. */
const MOST_NAME_BYTES = 255;
/** With the folder before it, it stays below the 4,096 of Linux. */
const MOST_PATH_BYTES = 2048;

/** Names that mean something to this program, or to others that read the folder: it would look at less of it. */
const OWN: readonly string[] = ['.snapshotignore', '.snapshot-data', '.sync', '.sync.lock', 'cachedir.tag'];

/** A dot, a separator or the end of a text, encoded once more than a client has to. */
const ENCODED = /%(?:2e|2f|5c|00)/i;
/** C1 controls, and what reverses a line or is not seen: two names would look the same. */
// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/**
 * The path below a library that `text` means.
 *
 * @throws {@link Refusal} 403 when it leads elsewhere, or is none on some system; 400 when it is empty.
 */
export function checkName(text: string): BytePath {
  if (text === '') {
    throw new Refusal(400, 'Which name is the file to have? Add `?name=FOLDER/FILE` to the address.');
  }
  const why = whyRefused(text);
  if (why === undefined) return fromText(text);
  throw new Refusal(403, `"${printable(text)}" cannot be a name here: ${why}`, { status: 'name' });
}

/** Why `text` is refused as a path; undefined when it is not. */
export function whyRefused(text: string): string | undefined {
  if (/\p{Surrogate}/u.test(text)) return 'it is not Unicode';
  if (ENCODED.test(text)) return 'it is encoded twice';
  // The rules of Windows have those of all others in them.
  const unsafe = whyUnsafe(fromText(text), 'win32');
  if (unsafe !== undefined) return unsafe;
  if (UNSEEN.test(text)) return 'it has characters that are not seen';
  const names = text.split('/');
  if (names.some((name) => isOwn(caseless(name)))) return 'this program uses that name itself';
  if (names.some((name) => Buffer.byteLength(name) > MOST_NAME_BYTES)) return 'its name is too long';
  if (Buffer.byteLength(text) > MOST_PATH_BYTES) return 'its path is too long';
  return undefined;
}

function isOwn(name: string): boolean {
  return OWN.includes(name) || /^\.snapshot-.*\.part$/.test(name);
}

/** `a/b.jpg` as `a/b (2).jpg`. @param number - From 2 on. */
export function numbered(path: BytePath, number: number): BytePath {
  const slash = path.lastIndexOf('/') + 1;
  const dot = path.lastIndexOf('.');
  // The dot of `.profile` begins a name.
  const end = dot > slash ? dot : path.length;
  return `${path.slice(0, end)} (${number})${path.slice(end)}` as BytePath;
}
