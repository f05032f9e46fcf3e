export interface Range {
  readonly start: number;
  /** The last byte. */
  readonly end: number;
}

/**
 * The one range that a `Range` header asks of `size` bytes (RFC 9110). Undefined: all of it, as for several ranges, or what is no
 * range; `none`: there are no such bytes.
 */
export function parseRange(header: string | undefined, size: number): Range | 'none' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'none';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
