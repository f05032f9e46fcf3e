// Paths in lines of JSON: as text, or in base64 where their bytes are no UTF-8.
import { type BytePath, fromBytes, fromText, toBytes, toText } from '../tree/path.ts';

export function pathField(key: string, path: BytePath): Readonly<Record<string, string>> {
  const text = toText(path);
  return text === undefined ? { [`${key}Base64`]: toBytes(path).toString('base64') } : { [key]: text };
}

/** @returns undefined when there is none, or one that leads elsewhere. */
export function pathOf(fields: Readonly<Record<string, unknown>>, key: string): BytePath | undefined {
  const [text, base64] = [fields[key], fields[`${key}Base64`]];
  const path =
    typeof text === 'string'
      ? fromText(text)
      : typeof base64 === 'string'
        ? fromBytes(Buffer.from(base64, 'base64'))
        : undefined;
  if (path === undefined || path === '') return path;
  const isOdd = path.split('/').some((name) => name === '' || name === '.' || name === '..');
  return isOdd ? undefined : path;
}
