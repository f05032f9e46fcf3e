import { posix, win32 } from 'node:path';
import { homeFolder } from './home.ts';

/**
 * The folder for what this program remembers between runs on this machine: its log, a pending shutdown.
 *
 * Linux and all others: `$XDG_STATE_HOME/snapshot`, by default `~/.local/state/snapshot` (XDG Base Directory
 * 0.8, which also says that a relative value is to be ignored). macOS: `~/Library/Logs/snapshot`. Windows:
 * `%LOCALAPPDATA%\snapshot`, which does not roam. The folder need not exist yet.
 *
 * Without a home folder, it is one of the system's.
 *
 * @param home - The user's home folder, absolute; undefined for who has none.
 */
export function stateFolder(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  home: string | undefined,
): string {
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'] ?? '';
    if (win32.isAbsolute(local)) return win32.join(local, 'snapshot');
    const base = home === undefined ? String.raw`C:\ProgramData` : win32.join(home, 'AppData', 'Local');
    return win32.join(base, 'snapshot');
  }
  if (platform === 'darwin') {
    return home === undefined ? '/Library/Logs/snapshot' : posix.join(home, 'Library', 'Logs', 'snapshot');
  }
  const state = env['XDG_STATE_HOME'] ?? '';
  if (posix.isAbsolute(state)) return posix.join(state, 'snapshot');
  return home === undefined ? '/var/lib/snapshot' : posix.join(home, '.local', 'state', 'snapshot');
}

/** Where this user's log, what is known of destinations, and the announcement of a shutdown are. */
export function thisStateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return stateFolder(process.platform, env, homeFolder(env));
}
