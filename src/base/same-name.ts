/** Whether two names are one on some disk: case and the form of accents make no difference there. */
export function isSameName(one: string, other: string): boolean {
  return caseless(one) === caseless(other);
}

/** What `text` is called on a disk that ignores case. */
export function caseless(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
