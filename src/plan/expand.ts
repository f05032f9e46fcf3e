// Decides what a text means as a path. Pure: no disk, no process.
import type { PlatformPath } from 'node:path';
import { checkedAddress } from '../base/address.ts';
import { SnapshotError } from '../base/errors.ts';
import { InvalidValue, quoted } from './problem.ts';
import { remoteAdvice, remoteKind } from './remote.ts';

/** Where a path is read: the system's way of writing paths, and what stands behind `~`, `$VAR` and `.`. */
export interface Surroundings {
  /** `path.win32` reads backslashes, drive letters and UNC paths, on any system. */
  readonly path: PlatformPath;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined for who has none. */
  readonly home: string | undefined;
  /** Folder that relative paths start from: the plan's. */
  readonly base: string;
}

const VARIABLE = /\$\$|%%|\$\{([^}]*)\}|\$([A-Za-z_]\w*)|%([A-Za-z_][\w()]*)%/g;

/**
 * Makes the text of a `source` or `destination` cell an absolute path.
 *
 * `~` at the start is the home folder. `$VAR`, `${VAR}` and `%VAR%` work on every system; a variable that is not
 * set, or empty, is refused, because `$DISK/photos` must not become `/photos`. `$$` and `%%` stand for one plain
 * `$` and `%`. Any other `$` or `%` is a plain one: `\\server\C$\x`, `100%`. What a variable holds is not
 * looked at again.
 *
 * @throws {@link InvalidValue} when a variable is not set, or the text would silently mean another folder than
 * it says: `~user`, a name on another machine, `C:folder` on Windows, `C:\` elsewhere.
 */
export function expandPath(text: string, around: Surroundings): string {
  const { path, home, base } = around;
  const isWindows = path.sep === '\\';
  const filled = replaceVariables(text, around.env, isWindows);
  const tilde = isWindows ? /^~(?=$|[\\/])/ : /^~(?=$|\/)/;
  const startsAtHome = tilde.test(text);
  if (startsAtHome && home === undefined) {
    const variable = isWindows ? '`USERPROFILE`' : '`HOME`';
    throw new InvalidValue(
      `no home folder for the path ${quoted(text)}`,
      `set ${variable}, or write the whole path: who runs this has no account that says`,
    );
  }
  const place = startsAtHome ? `${home}${filled.slice(1)}` : filled;
  if (!startsAtHome && text.startsWith('~')) {
    throw new InvalidValue(
      `unreadable path ${quoted(text)}`,
      `only ${quoted('~/')} is a home folder; write ${quoted(`./${text}`)} for a folder of that name`,
    );
  }
  if (isWindows && /^[a-z]:(?![\\/])/i.test(place)) {
    throw new InvalidValue(
      `unclear path ${quoted(text)}`,
      `write ${quoted(`${place.slice(0, 2)}\\${place.slice(2)}`)}`,
    );
  }
  if (!isWindows && /^[a-z]:[\\/]/i.test(place)) {
    throw new InvalidValue(`the Windows path ${quoted(text)}`, 'use a path of this system');
  }
  const remote = startsAtHome ? undefined : remoteKind(place, isWindows);
  if (remote !== undefined) throw new InvalidValue(`${remote} ${quoted(text)}`, remoteAdvice(place));
  return path.resolve(base, place);
}

/**
 * The address in a `destination` cell. Only `${VAR}` is replaced in it: `%` and `$` mean something there.
 *
 * @throws {@link InvalidValue} when a variable is not set, or it cannot be used.
 */
export function expandAddress(text: string, { env, path }: Surroundings): string {
  const filled = text.replaceAll(/\$\{([^}]*)\}/g, (whole) =>
    replaceVariables(whole, env, path.sep === '\\'),
  );
  try {
    return checkedAddress(filled);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    throw new InvalidValue(error.message, error.hint ?? 'see docs/cli.md');
  }
}

function replaceVariables(text: string, env: Surroundings['env'], isWindows: boolean): string {
  const undefinedNames: string[] = [];
  const filled = text.replaceAll(
    VARIABLE,
    (whole: string, braced?: string, bare?: string, percent?: string) => {
      if (whole === '$$' || whole === '%%') return whole.charAt(0);
      const name = braced ?? bare ?? percent ?? '';
      const value = lookUp(name, env, isWindows);
      if (value === undefined || value === '') undefinedNames.push(name);
      return value ?? '';
    },
  );
  if (undefinedNames.length > 0) {
    const names = [...new Set(undefinedNames)].map(quoted).join(', ');
    throw new InvalidValue(
      `undefined variable ${names}`,
      'set it, or write `$$` for a plain `$` and `%%` for a plain `%`',
    );
  }
  return filled;
}

function lookUp(name: string, env: Surroundings['env'], isWindows: boolean): string | undefined {
  if (!isWindows) return Object.hasOwn(env, name) ? env[name] : undefined;
  const key = Object.keys(env).find((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : env[key];
}
