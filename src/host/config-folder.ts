import { posix, win32 } from 'node:path';
import { homeFolder } from '../base/home.ts';

/**
 * The folder for what a user has set up for this program: its keys.
 *
 * Linux and all others: `$XDG_CONFIG_HOME/snapshot`, by default `~/.config/snapshot` (XDG Base Directory 0.8, which also says
 * that a relative value is to be ignored). macOS: `~/Library/Application Support/snapshot`. Windows: `%APPDATA%\snapshot`.
 * The folder need not exist yet. Without a home folder, it is one of the system's.
 *
 * @param home - The user's home folder, absolute; undefined for who has none.
 */
export function configFolder(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  home: string | undefined,
): string {
  if (platform === 'win32') {
    const roaming = env['APPDATA'] ?? '';
    if (win32.isAbsolute(roaming)) return win32.join(roaming, 'snapshot');
    const base = home === undefined ? String.raw`C:\ProgramData` : win32.join(home, 'AppData', 'Roaming');
    return win32.join(base, 'snapshot');
  }
  if (platform === 'darwin') {
    const library = home === undefined ? '/Library' : posix.join(home, 'Library');
    return posix.join(library, 'Application Support', 'snapshot');
  }
  const config = env['XDG_CONFIG_HOME'] ?? '';
  if (posix.isAbsolute(config)) return posix.join(config, 'snapshot');
  return home === undefined ? '/etc/snapshot' : posix.join(home, '.config', 'snapshot');
}

/** Where the keys of this user are. */
export function thisConfigFolder(): string {
  return configFolder(process.platform, process.env, homeFolder());
}
