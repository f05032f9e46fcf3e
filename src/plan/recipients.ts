// The column `encrypt`: whom the snapshots of a row are encrypted for.
import { readFile } from 'node:fs/promises';
import { reasonOf } from '../base/errors.ts';
import { parseIdentity, parseRecipient } from '../format/age/keys.ts';
import { InvalidValue, quoted } from './problem.ts';

const KEY_NEW = '`snapshot key new` makes one';

/** Reads a cell: recipients with white space, `,` or `|` between them; or the path of a file, alone. */
export function parseEncrypt(text: string): readonly string[] {
  const words = wordsOf(text);
  if (!words.some((word) => word.startsWith('age1') || parseIdentity(word) !== undefined))
    return [text.trim()];
  for (const word of words) check(word);
  return words;
}

/** Whether `encrypt` names a file. */
export function isFile(encrypt: readonly string[]): boolean {
  const [first] = encrypt;
  return first !== undefined && parseRecipient(first) === undefined;
}

/**
 * The recipients in a file: one to a line, and lines that begin with `#`, as age has them.
 *
 * @param file - Absolute.
 */
export async function readRecipients(file: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new InvalidValue(`cannot read the recipients in ${quoted(file)}: ${reasonOf(error)}`, KEY_NEW);
  }
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const words = wordsOf(lines.filter((line) => !line.trimStart().startsWith('#')).join('\n'));
  if (words.length === 0) throw new InvalidValue(`${quoted(file)} names no recipient`, KEY_NEW);
  for (const word of words) check(word, ` in ${quoted(file)}`);
  return words;
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[\s,|]+/).filter((word) => word !== '');
}

function check(word: string, where = ''): void {
  // It is in no message.
  if (parseIdentity(word) !== undefined) {
    throw new InvalidValue(
      `a secret key${where} where a recipient is to be`,
      'name its public key, `age1...`',
    );
  }
  if (word.startsWith('ssh-')) {
    throw new InvalidValue(
      `${quoted(word)}${where} is a key of ssh`,
      `only those of age can be used; ${KEY_NEW}`,
    );
  }
  if (parseRecipient(word) === undefined)
    throw new InvalidValue(`${quoted(word)}${where} is no recipient of age`, 'a letter of it may be wrong');
}
