// What a server says about files: https://www.rfc-editor.org/rfc/rfc4918#section-14.16. Pure.
import { elements, isWhole, textOf } from '../http/xml.ts';

/** The question for what every listing needs. */
export const LISTED: Buffer = question(['resourcetype', 'getcontentlength', 'getlastmodified', 'getetag']);
/** The question for room: https://www.rfc-editor.org/rfc/rfc4331 */
export const ROOM: Buffer = question(['resourcetype', 'quota-available-bytes']);

function question(names: readonly string[]): Buffer {
  const properties = names.map((name) => `<${name}/>`).join('');
  return Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop>${properties}</prop></propfind>`,
  );
}

export interface Resource {
  /** Decoded, without a slash at its end; of the server's own, which may be another one than was asked for. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Undefined when the server does not say. */
  readonly sizeBytes: number | undefined;
  readonly modifiedMs: number | undefined;
  readonly tag: string | undefined;
  readonly freeBytes: number | undefined;
}

/** All resources of an answer; undefined when it is none, or cut short. */
export function resourcesOf(body: Buffer): readonly Resource[] | undefined {
  const xml = plain(body.toString('utf8'));
  if (!isWhole(xml, 'multistatus')) return undefined;
  const resources: Resource[] = [];
  for (const response of elements(xml, 'response')) {
    const path = pathOf(textOf(response, 'href')?.trim() ?? '');
    if (path === undefined) return undefined;
    // What it does not know of stands in one of another status.
    const known = elements(response, 'propstat')
      .filter((part) => /^HTTP\/\S+ 200\b/.test(textOf(part, 'status')?.trim() ?? ''))
      .join('');
    const modifiedMs = Date.parse(textOf(known, 'getlastmodified') ?? '');
    resources.push({
      path,
      isFolder: elements(known, 'resourcetype').some((type) => /<collection[\s/>]/.test(type)),
      sizeBytes: numberOf(known, 'getcontentlength'),
      modifiedMs: Number.isNaN(modifiedMs) ? undefined : modifiedMs,
      tag: textOf(known, 'getetag')?.trim(),
      freeBytes: numberOf(known, 'quota-available-bytes'),
    });
  }
  return resources;
}

/** `xml` without what stands before the names of elements, comments and CDATA: each server has its own. */
function plain(xml: string): string {
  return xml
    .replace(/^\uFEFF/, '')
    .replaceAll(/<!--.*?-->/gs, '')
    .replaceAll(/<!\[CDATA\[(.*?)\]\]>/gs, (_, text: string) =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    )
    .replaceAll(/<(\/?)[\w.-]+:/g, '<$1');
}

function pathOf(href: string): string | undefined {
  const path = href.replace(/^[a-z][\w+.-]*:\/\/[^/]*/i, '').replace(/\/+$/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Negative numbers, as some servers have for what they do not know, are none. */
function numberOf(xml: string, name: string): number | undefined {
  const text = textOf(xml, name)?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
