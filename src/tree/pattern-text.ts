// The text of a file of patterns, as editors and shells of any system write one.

const UTF_16: readonly (readonly [mark: readonly [number, number], encoding: string])[] = [
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/**
 * The text that `bytes` are: UTF-8, or UTF-16 with its mark, which is what `>` of the PowerShell of Windows writes.
 *
 * @throws when it is no text: patterns read from it would match nothing, and nobody would know.
 */
export function patternText(bytes: Uint8Array): string {
  const utf16 = UTF_16.find(([mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (utf16 !== undefined) return new TextDecoder(utf16[1]).decode(bytes);
  if (bytes.includes(0)) throw new Error('it is not text in UTF-8 or UTF-16');
  return new TextDecoder().decode(bytes);
}
