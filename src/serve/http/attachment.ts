/** A text in each zip that is not all of what was asked for: what is missing, and why. */
export const LEFT_OUT = 'NOT IN THIS ZIP.txt';

/** The value of `Content-Disposition` that makes a browser save what it gets, under `name`; as RFC 8187 has it. */
export function attachment(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename*=UTF-8''${encoded}`;
}
