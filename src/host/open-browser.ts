import { spawn } from 'node:child_process';

/**
 * Opens `url` in the user's browser, where there is one: whether that works is not known.
 *
 * @returns Whether it was tried.
 */
export function openBrowser(
  url: string,
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const command = browserCommand(platform, env);
  if (command === undefined) return false;
  const [file = '', ...args] = command;
  const child = spawn(file, [...args, url], { stdio: 'ignore', detached: true });
  // The address is shown besides.
  child.on('error', () => {});
  child.unref();
  return true;
}

/** What opens an address; undefined on a machine without a screen. */
export function browserCommand(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  if (platform === 'darwin') return ['open'];
  const hasScreen = (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== '';
  return hasScreen ? ['xdg-open'] : undefined;
}
