// What the server lists, as it says it, and where a page of it is. Pure.

export interface ListedFolder {
  readonly name: string;
  /** Missing where the name is no text: then it can be neither opened nor downloaded here. */
  readonly path?: string;
  readonly files: number;
  readonly bytes: number;
}

export interface ListedFile {
  readonly name: string;
  readonly path?: string;
  readonly size: number;
  /** Milliseconds since 1970, as {@link at}. */
  readonly modified: number;
  readonly blake3: string;
  /** Id of the token of who uploaded it; missing when it came by other means. */
  readonly by?: string;
  readonly at?: number;
}

export interface Listing {
  readonly folders: readonly ListedFolder[];
  readonly files: readonly ListedFile[];
  readonly next?: string;
}

/** What is looked at: a folder, or what a search finds. */
export interface View {
  readonly folder: string;
  readonly search: string;
}

/** The view that the fragment of an address says, so that Back goes back. */
export function viewOf(hash: string): View {
  const values = new URLSearchParams(hash.replace(/^#/, ''));
  return { folder: values.get('folder') ?? '', search: values.get('search') ?? '' };
}

export function hashOf({ folder, search }: View): string {
  const values = new URLSearchParams(search === '' ? { folder } : { search });
  return `#${values.toString()}`;
}

/** The folders on the way, the top first. */
export function crumbsOf(folder: string): readonly { readonly name: string; readonly path: string }[] {
  const names = folder === '' ? [] : folder.split('/');
  const crumbs = names.map((name, i) => ({ name, path: names.slice(0, i + 1).join('/') }));
  return [{ name: 'Everything', path: '' }, ...crumbs];
}

/** What a browser can show. No SVG: it can have scripts in it, and others uploaded it. */
const SHOWN: ReadonlyMap<string, string> = new Map([
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['avif', 'image/avif'],
]);
/** Larger ones take a phone too long to fetch. */
const MOST_SHOWN_BYTES = 25_000_000;

/** The type to show a file as; undefined where it has no picture. */
export function pictureType({ name, size }: Pick<ListedFile, 'name' | 'size'>): string | undefined {
  const type = SHOWN.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase());
  return size > 0 && size <= MOST_SHOWN_BYTES ? type : undefined;
}
