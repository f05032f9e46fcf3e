import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';

/** The user's home folder, absolute; undefined for who has none, as a number without an account in a container. */
export function homeFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  ask: () => string = homedir,
): string | undefined {
  const named = env[process.platform === 'win32' ? 'USERPROFILE' : 'HOME'] ?? '';
  if (isAbsolute(named)) return named;
  try {
    // By the account. An empty variable is handed back as it is.
    const home = ask();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}
