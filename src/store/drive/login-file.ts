// The login of an account, as this machine keeps it.
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { thisStateFolder } from '../../base/state-folder.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A client, as Google's console makes it, and what it may do. */
export interface Login {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
}

/** Where what is remembered of Drive lies: logins, ids, small files. */
export function driveFolder(env: Environment): string {
  return join(thisStateFolder(env), 'gdrive');
}

/** The file with the login of `account`. */
export function loginFile(account: string, env: Environment): string {
  const named = env['SNAPSHOT_GDRIVE_LOGIN'] ?? '';
  return named === '' ? join(driveFolder(env), `${account}.json`) : named;
}

/** What is in the file; undefined when there is none. @throws {@link SnapshotError} `E_AUTH` when it cannot be used. */
export async function readLogin(account: string, env: Environment): Promise<Login | undefined> {
  const file = loginFile(account, env);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw new SnapshotError('E_AUTH', `Cannot read the login in "${file}": ${reasonOf(cause)}`, { cause });
  }
  const login = parsed(text);
  if (login !== undefined) return login;
  throw new SnapshotError('E_AUTH', `"${file}" holds no login`, {
    hint: `Log in anew: ${loginHint(account)}`,
  });
}

/** Writes the file: whole or not at all, and for this user alone. */
export async function writeLogin(account: string, login: Login, env: Environment): Promise<string> {
  const file = loginFile(account, env);
  const aside = `${file}.${process.pid}.part`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(aside, `${JSON.stringify(login, undefined, 2)}\n`, { mode: 0o600 });
    // One that was there keeps its own mode.
    await chmod(aside, 0o600);
    await rename(aside, file);
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {});
    throw new SnapshotError('E_HOST', `Cannot keep the login in "${file}": ${reasonOf(cause)}`, { cause });
  }
  return file;
}

/** The command that makes a login, for hints. */
export function loginHint(account: string): string {
  return `\`snapshot login gdrive${account === 'default' ? '' : ` --account ${account}`}\`.`;
}

function parsed(text: string): Login | undefined {
  try {
    const { clientId, clientSecret, refreshToken } = JSON.parse(text) as Partial<Record<string, unknown>>;
    const isWhole = [clientId, clientSecret, refreshToken].every((one) => typeof one === 'string');
    return isWhole ? ({ clientId, clientSecret, refreshToken } as Login) : undefined;
  } catch {
    return undefined;
  }
}
