import { readFileSync } from 'node:fs';

/**
 * A look-up from number to name over the text of a file like `/etc/passwd`: `name:password:number:...`, see
 * passwd(5) and group(5). The text is read at the first look-up, once. The first line of a number counts, as
 * in getpwuid(3); lines of any other form are passed over. A file that cannot be read knows no names.
 */
export function namesFrom(read: () => string): (id: number) => string | undefined {
  let names: ReadonlyMap<number, string> | undefined;
  return (id) => {
    names ??= parseNames(readOrNothing(read));
    return names.get(id);
  };
}

/**
 * The name of the user with this number, or undefined: unknown to `/etc/passwd` (LDAP, most users of macOS)
 * or no such file (Windows).
 */
export const userName: (uid: number) => string | undefined = namesFrom(() =>
  readFileSync('/etc/passwd', 'utf8'),
);

/** The name of the group with this number, or undefined: unknown to `/etc/group`, or no such file. */
export const groupName: (gid: number) => string | undefined = namesFrom(() =>
  readFileSync('/etc/group', 'utf8'),
);

/** The number of the user with this name on this machine, or undefined. */
export const userId: (name: string) => number | undefined = idsFrom(() =>
  readFileSync('/etc/passwd', 'utf8'),
);

/** The number of the group with this name on this machine, or undefined. */
export const groupId: (name: string) => number | undefined = idsFrom(() =>
  readFileSync('/etc/group', 'utf8'),
);

/** The other way round than {@link namesFrom}. */
export function idsFrom(read: () => string): (name: string) => number | undefined {
  let ids: ReadonlyMap<string, number> | undefined;
  return (name) => {
    ids ??= new Map([...parseNames(readOrNothing(read))].map(([id, known]) => [known, id]));
    return ids.get(name);
  };
}

function parseNames(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const found = /^([^#:+-][^:]*):[^:]*:(\d+):/.exec(line);
    if (found?.[1] === undefined || names.has(Number(found[2]))) continue;
    names.set(Number(found[2]), found[1]);
  }
  return names;
}

function readOrNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
