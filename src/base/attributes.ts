// The form in which extended attributes are kept: `{"user.tag":"a2VlcA=="}`, names in byte order, values as base64, one
// character per byte; empty where there are none. It is what index lines say, docs/format.md.

/** One of them. */
export type Attribute = readonly [name: string, value: Buffer];

/** None, of a file whose member in an archive may have some. */
export const BARE = '{}';

/** @param attributes - Their names are text. */
export function formatAttributes(attributes: readonly Attribute[]): string {
  if (attributes.length === 0) return '';
  const fields = attributes.map(([name, value]): [Buffer, string] => [
    Buffer.from(name),
    `${JSON.stringify(name)}:"${value.toString('base64')}"`,
  ]);
  const inOrder = fields.toSorted(([a], [b]) => Buffer.compare(a, b)).map(([, field]) => field);
  return Buffer.from(`{${inOrder.join(',')}}`).toString('latin1');
}

/** What {@link formatAttributes} made of them. */
export function parseAttributes(text: string): readonly Attribute[] {
  if (text === '') return [];
  const fields = JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as Readonly<Record<string, string>>;
  return Object.entries(fields).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
}

/** Whether two files have the same ones. */
export function sameAttributes(a: string | undefined, b: string | undefined): boolean {
  return (a === BARE ? '' : (a ?? '')) === (b === BARE ? '' : (b ?? ''));
}
