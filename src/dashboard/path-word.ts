// Paths in requests and answers: bytes in, bytes out, whatever a name holds.
import type { BytePath } from '../tree/path.ts';
import { Refusal } from '../serve/refusal.ts';

/** `path` with each byte that is no letter, digit or one of `._~/-` as `%E9`. Of a name in UTF-8, what encodeURI() would make. */
export function pathWord(path: BytePath): string {
  return path.replaceAll(
    /[^\w.~/-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/**
 * The path that `word` means; the empty one is the top.
 *
 * @throws {@link Refusal} 400 when it is none: it comes from elsewhere.
 */
export function pathOfWord(word: string): BytePath {
  const isWord = /^(?:[\w.~/-]|%[\dA-Fa-f]{2})*$/.test(word);
  const path = word.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const names = path.split('/');
  const leadsElsewhere = path !== '' && names.some((name) => name === '' || name === '.' || name === '..');
  if (isWord && !leadsElsewhere && !path.includes('\0')) return path as BytePath;
  throw new Refusal(400, 'The path is to be from the source on, as `photos/2026`, and encoded');
}
