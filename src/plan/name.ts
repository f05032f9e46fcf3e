import { InvalidValue, quoted } from './problem.ts';

const LONGEST_BYTES = 100;

// https://learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved with any extension, too.
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;

// A series must be able to move to any disk and any system.
const REFUSALS: readonly { readonly test: (name: string) => boolean; readonly reason: string }[] = [
  { test: (name) => name === '' || name === '.' || name === '..', reason: 'is no name of its own' },
  {
    test: (name) => /[/\\:*?"<>|\p{Cc}]/u.test(name),
    reason: String.raw`has one of / \ : * ? " < > | or a control character`,
  },
  { test: (name) => /[. ]$/.test(name), reason: 'ends with a dot or a space' },
  { test: (name) => name.startsWith('-'), reason: 'begins with "-" and would read as an option in commands' },
  { test: (name) => DEVICE.test(name), reason: 'is a device name on Windows' },
  {
    test: (name) => Buffer.byteLength(name) > LONGEST_BYTES,
    reason: `is longer than ${LONGEST_BYTES} bytes`,
  },
];

/** Why `name` cannot name a series on every system, or undefined when it can. */
export function nameRefusal(name: string): string | undefined {
  return REFUSALS.find(({ test }) => test(name))?.reason;
}

/**
 * Reads a `name` cell.
 *
 * @throws {@link InvalidValue} when it is no portable folder name.
 */
export function parseName(text: string): string {
  const refusal = nameRefusal(text);
  if (refusal !== undefined) throw new InvalidValue(`${quoted(text)} ${refusal}`, 'choose another name');
  return text;
}

/** A portable name for a glob that matched nothing: its row fails, and something must name it in the report. */
export function nameForPattern(pattern: string): string {
  const plain = pattern
    .replaceAll(/[^\p{L}\p{N}._]+/gu, '_')
    .slice(0, 20)
    .replaceAll(/[. ]+$/g, '');
  return nameRefusal(plain) === undefined ? plain : `_${plain}_`;
}
