import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/**
 * The folder for what this program remembers between runs on this machine: its log, a pending shutdown.
 *
 * Linux and all others: `$XDG_STATE_HOME/snapshot`, by default `~/.local/state/snapshot` (XDG Base Directory
 * 0.8, which also says that a relative value is to be ignored). macOS: `~/Library/Logs/snapshot`. Windows:
 * `%LOCALAPPDATA%\snapshot`, which does not roam. The folder need not exist yet.
 *
 * @param home - The user's home folder, absolute.
 */
export function stateFolder(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'] ?? '';
    return win32.join(win32.isAbsolute(local) ? local : win32.join(home, 'AppData', 'Local'), 'snapshot');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Logs', 'snapshot');
  const state = env['XDG_STATE_HOME'] ?? '';
  return posix.join(posix.isAbsolute(state) ? state : posix.join(home, '.local', 'state'), 'snapshot');
}

/** Where this user's log, what is known of destinations, and the announcement of a shutdown are. */
export function thisStateFolder(): string {
  return stateFolder(process.platform, process.env, homedir());
}
