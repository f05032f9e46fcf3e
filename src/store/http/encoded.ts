/**
 * One part of a path, or of a query, with all that is not unreserved as `%XX`: RFC 3986, 2.3, as signatures want it. JavaScript's own
 * leaves `!'()*` as they are.
 */
export function encoded(text: string): string {
  const plain = /[!'()*]/g;
  return encodeURIComponent(text).replaceAll(plain, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
